package handoff

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Accept makes the agent responsible for the conversation that was offered to
// them. A second call of the same agent changes nothing. Errors: NotFound;
// Denied when it was offered to another; Conflict when it is too late.
func (d *Desk) Accept(ctx context.Context, ws bot.WorkspaceID, reservation string, agent bot.AgentID) (bot.Written, error) {
	return d.answer(ctx, ws, reservation, agent, func(s *step) error {
		old := s.next.Agent
		if !s.holds(reservation) {
			if old == agent && s.next.Service == bot.ServiceActive {
				return nil
			}
			return errTooLate()
		}
		a, err := s.known(agent)
		if err != nil {
			return err
		}
		if !s.locked.Offer.Deadline.After(s.now) {
			return errTooLate()
		}
		s.endOffer(ReservationAccepted)
		s.learn(func(m Measures) Measures { return m.accepted(s.now.Sub(s.locked.Offer.OfferedAt)) })
		s.give(a, s.locked.Offer.takes())
		s.served()
		text := sayJoined(s.next.Language, s.name(agent))
		if old != "" {
			text = sayTaken(s.next.Language, s.name(agent), s.name(old))
		}
		s.happened("accepted", agent, text)
		return nil
	})
}

// Decline gives an offer back. Errors as of Accept.
func (d *Desk) Decline(ctx context.Context, ws bot.WorkspaceID, reservation string, agent bot.AgentID) error {
	_, err := d.answer(ctx, ws, reservation, agent, func(s *step) error {
		if !s.holds(reservation) {
			return errTooLate()
		}
		s.endOffer(ReservationDeclined)
		if !s.comesBack(agent, "transfer_declined") {
			s.queue()
			s.happened("declined", agent, "")
		}
		return nil
	})
	return err
}

func errTooLate() error {
	return fault.New(fault.Conflict, "This offer has ended. The conversation goes to somebody else.")
}

// holds reports whether that offer is the open one.
func (s *step) holds(reservation string) bool {
	return s.locked.Offer != nil && s.locked.Offer.ID == reservation
}

// answer decides an offer as the agent it was made to.
func (d *Desk) answer(ctx context.Context, ws bot.WorkspaceID, reservation string, agent bot.AgentID, decide func(s *step) error) (bot.Written, error) {
	r, err := d.store.Reservation(ctx, ws, reservation)
	if err != nil {
		return bot.Written{}, err
	}
	if r.Agent != agent {
		return bot.Written{}, fault.New(fault.Denied, "This conversation was offered to somebody else.")
	}
	return d.looking(ctx, Ask{Workspace: ws, Conversation: r.Conversation, Agents: []bot.AgentID{agent}}, decide)
}

// lapse ends an open offer that nobody will answer: missed past its deadline,
// rescinded because its agent went away.
func (d *Desk) lapse(ctx context.Context, r Reservation, state ReservationState, still func(s *step) bool) error {
	_, err := d.looking(ctx, Ask{Workspace: r.Workspace, Conversation: r.Conversation}, func(s *step) error {
		if !s.holds(r.ID) || !still(s) {
			return nil
		}
		s.endOffer(state)
		if !s.comesBack(r.Agent, "transfer_"+string(state)) {
			s.queue()
			s.happened(string(state), r.Agent, "")
		}
		return nil
	})
	return err
}

// offerTo makes one offer of a match, if everything it stood on is still so.
func (d *Desk) offerTo(ctx context.Context, ws bot.WorkspaceID, p pair) error {
	_, err := d.looking(ctx, Ask{Workspace: ws, Conversation: p.conversation, Agents: []bot.AgentID{p.agent}}, func(s *step) error {
		a, ok := s.agent(p.agent)
		a.Heartbeat = d.alive(a)
		if !ok || s.next.Service != bot.ServiceWaiting || s.locked.Offer != nil || a.ID == s.next.Agent || !a.Present(s.now) || a.room(s.now) < a.takes(s.share()) {
			return nil
		}
		s.offer(a, s.queueOf(s.next.Queue))
		s.happened("offered", a.ID, "").Routing = &p.routing
		return nil
	})
	return err
}
