package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var boss = bot.Author{Kind: bot.AuthorAgent, ID: "boss", Name: "Boss"}

// testDeskStop silences the bot: in mid answer, while nobody is there, and for as
// long as no person has had the conversation.
func testDeskStop(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	c := newConversation(t, s, workspace)
	ask(t, s, c, "x")
	run := claim(t, s, "p1")
	ev := placeholder(t, s, c, run)
	stop := func() (bot.Written, error) { return d.StopBot(t.Context(), workspace, c.ID, boss) }
	w, err := stop()
	if err != nil {
		t.Fatal(err)
	}
	// Nobody is there: kept, and the bot is silent all the same.
	d.is(t, c, bot.ServiceParked, bot.SpeakerHuman, "")
	wantState(t, s, run.ID, bot.RunCancelled)
	if len(w.Events) != 2 || w.Events[0].Body.Of != ev || w.Events[1].Body.Change != "bot_stopped" || w.Events[1].Body.AgentName != "Boss" {
		t.Errorf("events %+v", w.Events)
	}
	d.wantTold(t, c, "bot_stopped", "A person will answer instead of the assistant. Nobody is here right now.")
	if again, err := stop(); err != nil || len(again.Events) != 0 {
		t.Errorf("stopped twice: %+v, %v", again, err)
	}
	late := *update(run, bot.RunComplete)
	_, err = s.Timeline.Write(t.Context(), workspace, c.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{says(botAuthor, "late")}, Run: &late}, nil
	})
	wantKind(t, "a late answer", err, fault.Conflict)
	_, err = d.Leave(t.Context(), workspace, c.ID, bot.Key{})
	wantKind(t, "back to the bot", err, fault.Conflict)
	// Somebody comes: in line, then with them.
	d.hire(t, "lin", 1)
	d.sweep(t)
	if got := d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, ""); got.Reason != bot.ReasonTaken {
		t.Errorf("reason %q", got.Reason)
	}
	d.accept(t, "lin")
	_, err = stop()
	wantKind(t, "stop where a person speaks", err, fault.Conflict)
	// When they give it back the bot may speak again.
	if _, err := d.HandBack(t.Context(), workspace, c.ID, "lin", ""); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceBot, bot.SpeakerBot, "")
	// With somebody there it goes into line at once; in line it keeps its age.
	busy := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, busy.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stop(); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "")
	d.wantTold(t, c, "bot_stopped", "A person will answer instead of the assistant. You're 1st in line")
	waits := d.ask(t, nil)
	age := d.row(t, waits).Enqueued
	d.clock.pass(time.Second)
	if _, err := d.StopBot(t.Context(), workspace, waits.ID, boss); err != nil {
		t.Fatal(err)
	}
	if got := d.is(t, waits, bot.ServiceWaiting, bot.SpeakerHuman, ""); !got.Enqueued.Equal(age) || got.Reason != bot.ReasonAsked {
		t.Errorf("in line since %v with reason %q", got.Enqueued, got.Reason)
	}
	// Agents who go away lose it; it stays silent.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	d.sweep(t)
	d.recount(t)
}

// testDeskWatch notes once who reads along, and tells the visitor nothing.
func testDeskWatch(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	c := newConversation(t, s, workspace)
	watch := func() {
		t.Helper()
		if err := d.Watch(t.Context(), workspace, c.ID, boss); err != nil {
			t.Fatal(err)
		}
	}
	count := func(want int) {
		t.Helper()
		n := 0
		for _, e := range timeline(t, s, c, bot.ViewAgent, 500) {
			if e.Body.Change == "watched" {
				if n++; e.VSeq != 0 || e.Body.AgentName != "Boss" {
					t.Errorf("event %+v", e)
				}
			}
		}
		if n != want {
			t.Errorf("noted %d times, want %d", n, want)
		}
	}
	watch()
	watch()
	count(1)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	watch() // another speaker: another stretch
	count(2)
	if err := d.Watch(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}); err != nil {
		t.Fatal(err)
	}
	count(2) // one's own
	wantKind(t, "no conversation", d.Watch(t.Context(), workspace, "nobody", boss), fault.NotFound)
}

// testDeskNotes has notes tell colleagues at once, and visitors never.
func testDeskNotes(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	d.hire(t, "lin", 1)
	d.hire(t, "wei", 1)
	c := newConversation(t, s, workspace)
	_, err := d.Whisper(t.Context(), workspace, c.ID, boss, key(boss, "w0"), bot.Body{Text: "ask for the number"})
	wantKind(t, "whisper to nobody", err, fault.Conflict)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	w, err := d.Whisper(t.Context(), workspace, c.ID, boss, key(boss, "w1"), bot.Body{Text: "ask for the number"})
	if err != nil {
		t.Fatal(err)
	}
	if e := w.Events[0]; e.Kind != bot.EventNote || e.VSeq != 0 || !e.Body.Whisper || len(e.Body.Tell) != 1 || e.Body.Tell[0] != "lin" {
		t.Errorf("whisper %+v", e)
	}
	lin := bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}
	note := func(tell ...bot.AgentID) (bot.Written, error) {
		return d.Say(t.Context(), workspace, c.ID, lin, key(lin, fmt.Sprint(tell)), bot.Body{Text: "@Wei have a look", Tell: tell, Whisper: true}, true)
	}
	w, err = note("wei")
	if err != nil {
		t.Fatal(err)
	}
	if e := w.Events[0]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "wei" || e.Body.Whisper {
		t.Errorf("note %+v; only supervisors whisper", e)
	}
	// As it was stored.
	all := timeline(t, s, c, bot.ViewAgent, 500)
	if e := all[len(all)-1]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "wei" {
		t.Errorf("stored note %+v", e)
	}
	_, err = note("nobody")
	wantKind(t, "mention nobody", err, fault.Invalid)
	many := make([]bot.AgentID, 21)
	for i := range many {
		many[i] = "wei"
	}
	_, err = note(many...)
	wantKind(t, "mention everybody", err, fault.Invalid)
	// Words to the visitor tell nobody else.
	w, err = d.Say(t.Context(), workspace, c.ID, lin, key(lin, "m"), bot.Body{Text: "hello", Tell: []bot.AgentID{"wei"}}, false)
	if err != nil || len(w.Events[0].Body.Tell) != 0 {
		t.Errorf("message %+v, %v", w.Events, err)
	}
	// Who loses a chat to a supervisor is told.
	w, err = d.Take(t.Context(), workspace, c.ID, "wei", 0, handoff.TakeOptions{Supervisor: true})
	if err != nil || len(w.Events[0].Body.Tell) != 1 || w.Events[0].Body.Tell[0] != "lin" {
		t.Errorf("taken %+v, %v", w.Events, err)
	}
}

// testDeskPassBack has transfers to a colleague come back: declined, missed, with
// the colleague gone, and with nobody left to have it.
func testDeskPassBack(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	for _, a := range []bot.AgentID{"lin", "wei"} {
		d.hire(t, a, 2)
	}
	d.care(t, handoff.QueueSettings{PassBack: 30 * time.Second})
	c := newConversation(t, s, workspace)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	pass := func() handoff.Reservation {
		t.Helper()
		if _, err := d.Transfer(t.Context(), workspace, c.ID, "lin", "wei", "", "knows about customs"); err != nil {
			t.Fatal(err)
		}
		d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "lin")
		return d.offerOf(t, "wei")
	}
	back := func(change string) {
		t.Helper()
		d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
		d.wantTold(t, c, change, "Wei can't take over right now; Lin stays with you.")
		all := timeline(t, s, c, bot.ViewAgent, 500)
		if e := all[len(all)-1]; len(e.Body.Tell) != 1 || e.Body.Tell[0] != "lin" || e.Body.Agent != "wei" {
			t.Errorf("event %+v does not tell lin of wei", e)
		}
		d.noOffer(t, "wei")
		d.recount(t)
	}
	// Missed: back with who passed it on, who goes on writing and keeps it.
	pass()
	d.after(t, 25*time.Second, "lin", "wei")
	back("transfer_missed")
	if _, err := d.Say(t.Context(), workspace, c.ID, bot.Author{Kind: bot.AuthorAgent, ID: "lin"}, key(visitor, "1"), bot.Body{Text: "I am still here"}, false); err != nil {
		t.Fatal(err)
	}
	d.after(t, 2*time.Minute, "lin", "wei")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	// Declined: passed on again before the time is over.
	r := pass()
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	back("transfer_declined")
	r = pass()
	// The colleague goes off duty.
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOff); err != nil {
		t.Fatal(err)
	}
	back("transfer_rescinded")
	if _, err := d.Accept(t.Context(), workspace, r.ID, "wei"); !fault.Is(err, fault.Conflict) {
		t.Errorf("accepted a dead offer: %v", err)
	}
	// Nothing is done with it: into the line, and its agent answers for it until
	// somebody accepts.
	d.after(t, 20*time.Second, "lin")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	d.after(t, 10*time.Second, "lin")
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
	d.hire(t, "zoe", 1)
	d.sweep(t)
	r = d.offerOf(t, "zoe")
	// An offer out of the line that is declined stays in the line.
	if err := d.Decline(t.Context(), workspace, r.ID, "zoe"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "lin")
	// Passed on, and then the agent who passed it on is lost: no way back to them.
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	d.care(t, handoff.QueueSettings{OfferFor: 5 * time.Minute})
	r = pass()
	d.after(t, 100*time.Second, "wei")
	d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "")
	if err := d.Decline(t.Context(), workspace, r.ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceWaiting, bot.SpeakerHuman, "")
	d.recount(t)
}

// speak writes words at the desk's time.
func (d *desk) speak(t tester, c bot.Conversation, by bot.Author) bot.Written {
	t.Helper()
	e := says(by, "words")
	e.At = d.clock.now()
	return write(t, d.Stores, c, key(by, "words"), bot.Change{Events: []bot.NewEvent{e}})
}
