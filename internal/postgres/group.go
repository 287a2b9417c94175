package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Bounds of group commit. Nobody is kept waiting for company: while fewer than
// groupsUnderWay transactions run, a message has one of its own at once; those that
// arrive meanwhile share the next. Two of them keep the database busy while its
// answers travel. On 2 shared cores with a synchronous standby (T-05) one node's
// transactions took 4 ms each, so that alone they end at 500 messages a second.
const (
	groupsUnderWay = 2
	groupSize      = 32
)

// group has messages of different conversations share a transaction.
type group struct {
	mu      sync.Mutex // guards the fields below
	running int
	waiting []*message
}

// message is a write on its way: what a client sends, under a key.
type message struct {
	ctx    context.Context
	ws     bot.WorkspaceID
	conv   bot.ConversationID
	key    bot.Key
	decide bot.Decide

	done  chan struct{} // closed when what follows is settled
	w     bot.Written
	err   error
	alone bool // it takes more than a shared transaction does
}

// send carries a message out, alone or in company.
func (s *Conversations) send(m *message) (bot.Written, error) {
	g := &s.db.group
	m.done = make(chan struct{})
	g.mu.Lock()
	if g.running < groupsUnderWay {
		g.running++
		g.mu.Unlock()
		s.carryOut([]*message{m})
		<-m.done
		return m.w, m.err
	}
	g.waiting = append(g.waiting, m)
	g.mu.Unlock()
	select {
	case <-m.done:
	case <-m.ctx.Done():
		if g.abandon(m) {
			return bot.Written{}, m.ctx.Err()
		}
		<-m.done // on its way, and its outcome is awaited
	}
	return m.w, m.err
}

// abandon takes a message back; false when it is being carried out already.
func (g *group) abandon(m *message) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, m)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// next takes the messages of the next transaction: of one workspace, one a
// conversation. Nil when nobody waits.
func (g *group) next() []*message {
	g.mu.Lock()
	defer g.mu.Unlock()
	var batch []*message
	convs := make(map[bot.ConversationID]bool)
	g.waiting = slices.DeleteFunc(g.waiting, func(m *message) bool {
		if len(batch) == groupSize || convs[m.conv] || len(batch) > 0 && batch[0].ws != m.ws {
			return false
		}
		convs[m.conv] = true
		batch = append(batch, m)
		return true
	})
	if batch == nil {
		g.running--
	}
	return batch
}

// carryOut stores the messages and hands its place to those that wait. What has to wait
// for a lock does so without a place, or a few locked conversations would hold up all.
func (s *Conversations) carryOut(batch []*message) {
	defer func() {
		if next := s.db.group.next(); next != nil {
			go s.carryOut(next)
		}
	}()
	start := time.Now()
	sent, err := s.share(batch)
	lost := sent && errors.Is(err, errLost)
	shared := 0
	for _, m := range batch {
		switch {
		case lost:
			m.w, m.err = bot.Written{}, unknown(err)
		case err != nil, m.alone: // nothing of it was stored, perhaps because of another
			go s.settle(m)
			continue
		case m.err == nil:
			shared++
		}
		close(m.done)
	}
	if shared > 0 {
		s.db.told(shared, time.Since(start))
	}
}

// settle gives a message a transaction of its own.
func (s *Conversations) settle(m *message) {
	defer close(m.done)
	m.w, m.err = s.alone(m.ctx, m.ws, m.conv, m.key, m.decide)
}

// share stores the messages in one transaction. Those whose conversation is locked
// by others, that were sent before, or whose change is more than one event, are
// left for later: nobody waits for another's lock here. On an error nothing is
// stored, or it is not known when the commit was sent.
func (s *Conversations) share(batch []*message) (sent bool, err error) {
	return s.db.attempt(context.Background(), batch[0].ws, func(ctx context.Context, t *tx) error {
		rows := make([]held, len(batch))
		for i, m := range batch {
			m.w, m.err, m.alone = bot.Written{}, nil, false
			one(t, &rows[i].row, &rows[i].found, scanConversation, `
				SELECT `+conversationColumns+` FROM conversations WHERE workspace = $1 AND id = $2 FOR UPDATE SKIP LOCKED`, m.ws, m.conv)
			behind(t, &rows[i], m.ws, m.conv, m.key)
		}
		if err := t.flush(ctx); err != nil {
			return err
		}
		for i, m := range batch {
			h := rows[i]
			if !h.found || h.send.found {
				m.alone = true
				continue
			}
			ch, err := m.asked(h.row)
			switch {
			case err != nil:
				m.err = translate(err)
			case !plain(ch):
				m.alone = true
			default:
				if m.w, err = s.db.store(ctx, t, h, m.key, ch); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// asked calls decide; a panic of one message must not fail the others.
func (m *message) asked(row bot.Conversation) (ch bot.Change, err error) {
	err = guard(func() (err error) {
		ch, err = m.decide(row)
		return err
	})
	return ch, err
}

// plain reports whether a change is one event and no more than that.
func plain(ch bot.Change) bool {
	return len(ch.Events) == 1 && ch.Row == nil && ch.Run == nil && !ch.Cancel && ch.Trace == nil
}

// unknown is the error of a write whose commit was sent and not answered.
func unknown(err error) error {
	return fault.Wrap(fault.Unavailable, err, "The connection to the database was lost while saving, so it is not known whether it was saved. Please try again.")
}
