package handoff

import (
	"context"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// passTo puts the conversation in line, of another queue if one is named, and offers
// it to a colleague if one is named. Errors: NotFound; Conflict when the colleague is
// not there or has no room.
func (d *Desk) passTo(s *step, to bot.AgentID, queue bot.QueueID) error {
	if err := s.intoLine(queue); err != nil || to == "" {
		return err
	}
	a, err := s.known(to)
	if err != nil {
		return err
	}
	switch {
	case a.Duty != DutyOn || s.now.Sub(d.alive(a)) >= freshFor:
		return fault.New(fault.Conflict, "%s is not on duty now.", s.name(to))
	case a.room(s.now) < a.takes(s.share()):
		return fault.New(fault.Conflict, "%s has no room for another chat.", s.name(to))
	}
	s.offer(a, s.queueOf(s.next.Queue))
	if s.next.Agent != "" {
		s.wait.PassedTo = to
	}
	return nil
}

// comesBack leaves the conversation with who passed it on, because the colleague
// will not have it: everybody reads so, and nobody else is asked for a while. It
// counts in full, for they are to go on with it. It reports false when that agent
// was not asked by a colleague.
func (s *step) comesBack(asked bot.AgentID, change string) bool {
	if s.wait.PassedTo == "" || s.wait.PassedTo != asked || s.next.Agent == "" {
		return false
	}
	s.wait.PassedTo = ""
	s.next.Service, s.next.Enqueued = bot.ServiceActive, time.Time{}
	s.wake()
	s.wait.Timer = Timer{s.now.Add(s.queueOf(s.next.Queue).passBack()), TimerReturned}
	s.happened(change, asked, sayStays(s.next.Language, s.name(s.next.Agent), s.name(asked))).Tell = []bot.AgentID{s.next.Agent}
	return true
}

// stays leaves the conversation with who was passing it on and thought better of it.
func (s *step) stays(agent bot.AgentID) {
	s.endOffer(ReservationRescinded)
	s.wait.PassedTo = ""
	s.next.Service, s.next.Enqueued = bot.ServiceActive, time.Time{}
	s.wait.Timer = s.idle.look(s.now)
	s.happened("kept", agent, sayKept(s.next.Language, s.name(agent)))
}

// leftLying puts a chat into the line that its agent wanted to pass on, that came
// back, and in which they have written nothing since. They answer for it until
// somebody accepts.
func (d *Desk) leftLying(ctx context.Context, x Standing) error {
	c := x.Conversation
	wrote, err := d.wentOn(ctx, c)
	if err != nil {
		return err
	}
	_, err = d.move(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
		if s.wait.Timer != x.Wait.Timer {
			return nil // it was set anew
		}
		s.wait.Timer = s.idle.look(s.now)
		if wrote || s.next.Service != bot.ServiceActive || s.next.Agent != c.Agent {
			return nil
		}
		s.queue()
		s.happened("transferred", c.Agent, sayTransferred(s.next.Language, s.name(c.Agent))).Tell = []bot.AgentID{c.Agent}
		return nil
	})
	return err
}

// wentOn reports whether the agent has written to the visitor since the
// conversation came back to them.
func (d *Desk) wentOn(ctx context.Context, c bot.Conversation) (bool, error) {
	page, err := d.timeline.Events(ctx, bot.EventQuery{Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewVisitor, Latest: true, Limit: 100})
	if err != nil {
		return false, err
	}
	for i := len(page.Events) - 1; i >= 0; i-- {
		switch e := page.Events[i]; {
		case e.Kind == bot.EventMessage && e.Author.Kind == bot.AuthorAgent && e.Author.ID == string(c.Agent):
			return true, nil
		case e.Kind == bot.EventService && strings.HasPrefix(e.Body.Change, "transfer_"):
			return false, nil
		}
	}
	return true, nil // so long ago that more than a hundred messages have passed
}
