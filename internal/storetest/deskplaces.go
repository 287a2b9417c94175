package storetest

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// testDeskPlaces gives chats of several channels, which take different parts of an
// agent's places.
func testDeskPlaces(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.channel(t, "mail", 50)
	d.channel(t, "phone", 300)
	d.hire(t, "lin", 2)
	asks := func(inbox bot.InboxID) bot.Conversation {
		return d.enqueue(t, conversationIn(t, s, workspace, inbox), nil).Conversation
	}
	offered := func() int {
		all, err := d.Offers(t.Context(), workspace, "lin")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	left := func(want int) {
		t.Helper()
		if a := d.agent(t, "lin"); a.Left() != want {
			t.Errorf("%d hundredths of a place are left, want %d", a.Left(), want)
		}
		d.recount(t)
	}
	site := asks("site")
	for range 3 {
		asks("mail")
	}
	d.sweep(t)
	if n := offered(); n != 3 {
		t.Fatalf("%d offers; a chat and two mails fill two places", n)
	}
	left(0)
	late := asks("site")
	offers, err := d.Offers(t.Context(), workspace, "lin")
	if err != nil {
		t.Fatal(err)
	}
	mail := bot.Conversation{}
	for _, r := range offers {
		if want := map[bool]int{true: 100, false: 50}[r.Conversation == site.ID]; r.Takes != want {
			t.Errorf("an offer holds %d, want %d", r.Takes, want)
		}
		if _, err := d.Accept(t.Context(), workspace, r.ID, "lin"); err != nil {
			t.Fatal(err)
		}
		if r.Conversation != site.ID {
			mail.ID = r.Conversation
		}
	}
	left(0)
	// What is decided of a channel now changes nothing of what was taken before.
	d.channel(t, "mail", 200)
	if _, err := d.Close(t.Context(), workspace, mail.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
		t.Fatal(err)
	}
	left(50)
	d.channel(t, "mail", 50)
	d.after(t, time.Second, "lin")
	left(0) // the third mail; the chat behind it wants a whole place
	r := d.offerOf(t, "lin")
	if r.Conversation == late.ID {
		t.Error("a whole chat was given half a place")
	}
	if err := d.Decline(t.Context(), workspace, r.ID, "lin"); err != nil {
		t.Fatal(err)
	}
	left(50)
	// An idle half counts for a quarter.
	d.after(t, 12*time.Minute, "lin")
	for _, c := range []bot.Conversation{site, late} {
		if got := d.row(t, c); got.Agent == "lin" {
			if w := d.wait(t, got); w.Takes != 100 || w.Relief != 50 {
				t.Errorf("an idle chat that takes %d gives back %d", w.Takes, w.Relief)
			}
		}
	}
	d.recount(t)
	// Who has one place takes what wants three, alone.
	d.hire(t, "wei", 1)
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	f, err := s.Desk.Floor(t.Context(), workspace, start, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Line {
		if _, err := d.Leave(t.Context(), workspace, x.Conversation.ID, bot.Key{}); err != nil {
			t.Fatal(err)
		}
	}
	call := asks("phone")
	d.after(t, time.Second, "wei")
	if r := d.offerOf(t, "wei"); r.Conversation != call.ID || r.Takes != 100 {
		t.Errorf("offered %+v; what wants more than anybody has must not wait for ever", r)
	}
	asks("mail")
	d.after(t, time.Second, "wei")
	d.offerOf(t, "wei") // and nothing beside it
	d.recount(t)
}
