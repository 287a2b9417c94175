package storetest

import (
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// A supervisor gives chats to colleagues, whoever has them or waits.
func testDeskReassign(t *testing.T, s Stores) {
	d := newDesk(s, workspace)
	for _, a := range []bot.AgentID{"lin", "wei", "zoe"} {
		d.hire(t, a, 1)
	}
	mei := bot.Author{Kind: bot.AuthorAgent, ID: "mei", Name: "Mei"}
	give := func(c bot.Conversation, to bot.AgentID) error {
		_, err := d.Reassign(t.Context(), workspace, c.ID, mei, to, "", "they know each other")
		return err
	}
	// One that an agent has: they keep it until the colleague accepts, and read of it.
	c := newConversation(t, s, workspace)
	wantKind(t, "while the bot has it", give(c, "wei"), fault.Conflict)
	if _, err := d.Take(t.Context(), workspace, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "to who has it", give(c, "lin"), fault.Invalid)
	wantKind(t, "to nobody there is", give(c, "nobody"), fault.NotFound)
	wantKind(t, "to a colleague", give(c, "wei"), "")
	d.is(t, c, bot.ServiceOffered, bot.SpeakerHuman, "lin")
	d.wantTold(t, c, "transferred", "Lin is passing you on to a colleague")
	told := timeline(t, s, c, bot.ViewAgent, 100)
	last := told[len(told)-1]
	if last.Body.AgentName != "Mei" || len(last.Body.Tell) != 1 || last.Body.Tell[0] != "lin" || told[len(told)-2].Body.Text != "they know each other" {
		t.Errorf("the agents read %+v", last.Body)
	}
	if err := d.Decline(t.Context(), workspace, d.offerOf(t, "wei").ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "lin")
	wantKind(t, "to another", give(c, "zoe"), "")
	d.accept(t, "zoe")
	d.is(t, c, bot.ServiceActive, bot.SpeakerHuman, "zoe")
	d.recount(t)

	// One in line, out of its turn; when the colleague does not take it, it waits on at its age.
	if _, err := d.SetDuty(t.Context(), workspace, "lin", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyAway); err != nil {
		t.Fatal(err)
	}
	first, second := newConversation(t, s, workspace), newConversation(t, s, workspace)
	for _, c := range []bot.Conversation{first, second} {
		d.enqueue(t, c, func(*bot.Escalation) {})
		d.after(t, time.Second, "zoe")
	}
	wantKind(t, "to one who is away", give(second, "wei"), fault.Conflict)
	if _, err := d.SetDuty(t.Context(), workspace, "wei", handoff.DutyOn); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "out of turn", give(second, "wei"), "")
	since := d.wait(t, second).Since
	if err := d.Decline(t.Context(), workspace, d.offerOf(t, "wei").ID, "wei"); err != nil {
		t.Fatal(err)
	}
	d.is(t, second, bot.ServiceWaiting, bot.SpeakerBot, "")
	if got := d.wait(t, second).Since; !got.Equal(since) {
		t.Errorf("it waits since %v, want %v", got, since)
	}
	wantKind(t, "to one who is full", give(second, "zoe"), fault.Conflict)
	d.recount(t)
}
