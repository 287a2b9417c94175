package handoff

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// waiting parks those whom nobody can come to, and those who left.
func (d *Desk) waiting(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []bot.Conversation
	v.see(func(b *board) {
		duty := b.onDuty(now)
		for _, e := range b.line {
			if e.parks(duty, now) != "" {
				due = append(due, e.Conversation)
			}
		}
	})
	return each(due, func(c bot.Conversation) error {
		_, err := d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID, Tickets: true}, func(s *step) error {
			var why Parking
			s.view.see(func(b *board) {
				why = b.entry(Standing{Conversation: s.next, Wait: s.wait}).parks(b.onDuty(s.now), s.now)
			})
			switch why {
			case ParkedNobody:
				_, at := s.waits()
				s.endOffer(ReservationRescinded)
				s.park(ParkedNobody)
				mark := s.keep(TicketNobody, "", Contact{}, nil)
				body := s.happened("parked", "", sayNobody(s.next.Language, at, s.now))
				body.Ticket, body.Why = mark, string(ParkedNobody)
			case ParkedAway:
				s.endOffer(ReservationRescinded)
				s.leaves()
				s.park(ParkedAway)
				s.happened("parked", "", sayAway(s.next.Language)).Why = string(ParkedAway)
			}
			return nil
		})
		return err
	})
}

// parks says why a conversation in line should leave it now, "" when it should
// not. One that an agent still answers for stays.
func (e *entry) parks(duty set, now time.Time) Parking {
	if !inLine(e.Conversation) || e.Conversation.Agent != "" {
		return ""
	}
	if e.pool.stageAt(0, duty) < 0 && !e.pool.queue.Hours.Open(now) {
		return ParkedNobody
	}
	if !e.Wait.Promised && !e.Wait.Away.IsZero() && now.Sub(e.Wait.Away) >= awayFor {
		return ParkedAway
	}
	return ""
}

// parked brings those back to whom an answer was promised, when somebody is
// there.
func (d *Desk) parked(ctx context.Context, _ bot.WorkspaceID, v view) (bool, error) {
	now := d.now()
	var due []bot.Conversation
	v.see(func(b *board) {
		duty := b.onDuty(now)
		for _, s := range b.parked {
			if s.Wait.Why != ParkedAway && b.poolOf(s.Conversation).stageAt(0, duty) >= 0 {
				due = append(due, s.Conversation)
			}
		}
	})
	slices.SortFunc(due, func(a, b bot.Conversation) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return each(due, func(c bot.Conversation) error {
		_, err := d.looking(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
			helps := false
			s.view.see(func(b *board) { helps = b.helps(s.next, s.now) })
			if s.next.Service != bot.ServiceParked || s.wait.Why == ParkedAway || !helps {
				return nil
			}
			s.queue()
			p := s.joining()
			s.tells(p)
			s.happened("enqueued", "", sayBack(s.next.Language, p))
			return nil
		})
		return err
	})
}
