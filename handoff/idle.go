package handoff

import (
	"cmp"
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Idle says when a chat asks less of its agent: its visitor owes the next word and
// has been silent for a while. It counts in full again with their next message,
// also when the agent has more than they should then: that keeps new offers away
// and takes nothing from them. The zero Idle is the default.
type Idle struct {
	After time.Duration // of silence; 0: 10 min; negative: chats always count in full
	Share int           // of what a chat takes while its visitor is there that an idle one takes, in percent, 1…100; 0: 50
}

// idleLook is how often an idle chat is looked at, in case nobody told this desk
// that its visitor wrote.
const idleLook = time.Minute

func (i Idle) filled() Idle {
	return Idle{After: cmp.Or(i.After, 10*time.Minute), Share: min(cmp.Or(max(i.Share, 0), 50), whole)}
}

// timer is the next look at a chat that is not idle.
func (i Idle) timer(from time.Time) Timer {
	if i.After < 0 {
		return Timer{}
	}
	return Timer{from.Add(i.After), TimerIdle}
}

// look is a look at a chat with the next sweep.
func (i Idle) look(now time.Time) Timer {
	if i.After < 0 {
		return Timer{}
	}
	return Timer{now, TimerIdle}
}

// doze has the conversation count less, but never for nothing.
func (s *step) doze() {
	if _, ok := s.agent(s.next.Agent); ok && !s.wait.idle() {
		s.counts((s.wait.takes()*s.idle.Share + 99) / 100)
	}
}

// wake has the conversation count in full.
func (s *step) wake() {
	if s.next.Agent != "" && s.wait.idle() {
		s.counts(s.wait.takes())
	}
}

// looksIdle sees whether the visitor of an agent's chat is silent.
func (d *Desk) looksIdle(ctx context.Context, x Standing) error {
	c := x.Conversation
	spoke, theirs, err := d.spoke(ctx, c)
	if err != nil {
		return err
	}
	_, err = d.move(ctx, Ask{Workspace: c.Workspace, Conversation: c.ID}, func(s *step) error {
		if s.wait.Timer != x.Wait.Timer {
			return nil // it was set anew
		}
		since := spoke
		if since.IsZero() {
			since = s.wait.Accepted // they came by a button and have not spoken yet
		}
		switch {
		case s.next.Agent == "" || s.next.Service != bot.ServiceActive && s.next.Service != bot.ServiceWaiting && s.next.Service != bot.ServiceOffered:
			s.wait.Timer = Timer{}
		case theirs || s.now.Sub(since) < s.idle.After:
			s.wake()
			s.wait.Timer = s.idle.timer(since)
			if !s.wait.Timer.At.After(s.now) { // they wait for an answer: that is no silence of theirs
				s.wait.Timer = s.idle.timer(s.now)
			}
		default:
			s.doze()
			s.wait.Timer = Timer{s.now.Add(idleLook), TimerIdle}
		}
		return nil
	})
	return err
}

// spoke is when the visitor wrote last, zero when they never did, and whether the
// last word is theirs.
func (d *Desk) spoke(ctx context.Context, c bot.Conversation) (at time.Time, theirs bool, err error) {
	page, err := d.timeline.Events(ctx, bot.EventQuery{Workspace: c.Workspace, Conversation: c.ID, View: bot.ViewVisitor, Latest: true, Limit: 100})
	if err != nil {
		return time.Time{}, false, err
	}
	last := true
	for i := len(page.Events) - 1; i >= 0; i-- {
		e := page.Events[i]
		switch {
		case e.Kind != bot.EventMessage:
		case e.Author.Kind == bot.AuthorVisitor:
			return e.At, last, nil
		default:
			last = false
		}
	}
	if page.More && len(page.Events) > 0 { // whatever they wrote is older than all of these
		return page.Events[0].At, false, nil
	}
	return time.Time{}, false, nil
}

// Heard tells the desk what visitors wrote, so that their chats count in full
// again at once. It does not block.
func (d *Desk) Heard(w bot.Written) {
	if w.Dup || w.Conversation.Agent == "" {
		return
	}
	for _, e := range w.Events {
		if e.Kind != bot.EventMessage || e.Author.Kind != bot.AuthorVisitor {
			continue
		}
		d.mu.Lock()
		known := d.silent[w.Conversation.ID]
		if known {
			delete(d.silent, w.Conversation.ID)
			d.back = append(d.back, Standing{Conversation: w.Conversation})
		}
		d.mu.Unlock()
		if known {
			d.wake(w.Conversation.Workspace)
		}
		return
	}
}

// noteIdle remembers which chats are idle.
func (d *Desk) noteIdle(conv bot.ConversationID, w Wait) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w.idle() {
		d.silent[conv] = true
	} else {
		delete(d.silent, conv)
	}
}

// awake has chats count in full whose visitors this desk heard.
func (d *Desk) awake(ctx context.Context, ws bot.WorkspaceID, _ view) (bool, error) {
	d.mu.Lock()
	var due, rest []Standing
	for _, x := range d.back {
		if x.Conversation.Workspace == ws {
			due = append(due, x)
		} else {
			rest = append(rest, x)
		}
	}
	d.back = rest
	d.mu.Unlock()
	return each(due, func(x Standing) error {
		_, err := d.move(ctx, Ask{Workspace: ws, Conversation: x.Conversation.ID}, func(s *step) error {
			if s.wait.idle() {
				s.wake()
				s.wait.Timer = s.idle.timer(s.now)
			}
			return nil
		})
		return err
	})
}
