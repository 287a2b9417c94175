package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// The crowd of a storm.
const (
	stormAgents  = 24
	stormChats   = 160
	stormDesks   = 3
	stormWorkers = 32
)

// RunDeskStorm lets 32 workers do so many operations at random on three desks
// that run over one store, and then wants everybody served: nobody given twice
// (I-15), no agent with more than they may (I-16), nobody lost or stuck (I-17, I-18).
func RunDeskStorm(t *testing.T, s Stores, operations int, seed uint64) {
	st := &storm{desk: &desk{Stores: s, ws: workspace, heard: &heard{open: map[string]int{}, ended: map[string]int{}}}, t: t}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range stormDesks {
		d := handoff.New(s.Desk, s.Timeline, st.heard, time.Now, nil, &handoff.Options{Notifier: st, Observer: st, OfferFor: 2 * time.Second})
		st.desks = append(st.desks, d)
		running.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	st.Desk = st.desks[0]
	st.clock = &clock{at: time.Now()}
	for i := range stormAgents {
		st.hire(t, bot.AgentID(fmt.Sprintf("agent%02d", i)), 1+i%4, [][]string{nil, {"lang:en"}, {"lang:zh", "billing=2"}, {"billing=4"}}[i%4]...)
	}
	st.channel(t, "mail", 50)
	st.channel(t, "phone", 150)
	for i := range stormChats {
		st.chats = append(st.chats, conversationIn(t, s, workspace, []bot.InboxID{"site", "mail", "phone"}[i%3]).ID)
	}
	running.Go(func() { st.beat(ctx) })
	var workers sync.WaitGroup
	for i := range stormWorkers {
		workers.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for range operations / stormWorkers {
				st.act(r)
			}
		})
	}
	workers.Wait()
	st.settle()
	stop()
	running.Wait()
	st.clock = &clock{at: time.Now()}
	st.recount(t)
	if n := st.over.Load(); n > 0 {
		t.Errorf("agents were offered more than they may have %d times (I-16)", n)
	}
	if n := st.doubled.Load(); n > 0 {
		t.Errorf("conversations were given twice %d times (I-15)", n)
	}
	t.Logf("seed %d: %d operations, %d refused as they should, %d assignments, %d doubled, %d over capacity, and everybody served",
		seed, st.done.Load(), st.refused.Load(), st.given.Load(), st.doubled.Load(), st.over.Load())
}

type storm struct {
	*desk
	t                                   *testing.T
	desks                               []*handoff.Desk
	chats                               []bot.ConversationID
	done, refused, given, over, doubled atomic.Int64
}

// Moved looks whether each offer kept its agent within what they may have. A person
// may take more; then open offers go back.
func (s *storm) Moved(m handoff.Moved) {
	for _, r := range m.Offers {
		if r.State == handoff.ReservationAccepted && m.Before.Service != bot.ServiceOffered {
			s.doubled.Add(1)
		}
		if r.State != handoff.ReservationOpen {
			continue
		}
		for _, a := range m.Agents {
			if a.ID == r.Agent && a.Left() < 0 {
				s.over.Add(1)
			}
		}
	}
}
func (s *storm) Seen(bot.WorkspaceID, handoff.Floor, time.Time) {}

func (s *storm) Offered(r handoff.Reservation, c bot.Conversation) { s.heard.Offered(r, c) }
func (s *storm) OfferEnded(r handoff.Reservation) {
	if r.State == handoff.ReservationAccepted {
		s.given.Add(1)
	}
	s.heard.OfferEnded(r)
}
func (s *storm) PlacesChanged(bot.WorkspaceID, []handoff.Place) {}
func (s *storm) AgentChanged(handoff.Agent)                     {}

func (s *storm) beat(ctx context.Context) {
	var all []bot.AgentID
	for i := range stormAgents {
		all = append(all, bot.AgentID(fmt.Sprintf("agent%02d", i)))
	}
	for tick := time.Tick(time.Second); ; {
		if err := s.desks[0].Beat(ctx, s.ws, all); err != nil && ctx.Err() == nil {
			s.t.Errorf("beat: %v", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
	}
}

// act does one thing at random on one of the desks. What comes too late is
// refused; nothing else may go wrong.
func (s *storm) act(r *rand.Rand) {
	ctx, d := s.t.Context(), s.desks[r.IntN(len(s.desks))]
	agent, chat := bot.AgentID(fmt.Sprintf("agent%02d", r.IntN(stormAgents))), s.chats[r.IntN(len(s.chats))]
	var err error
	switch n := r.IntN(100); {
	case n < 25:
		skills := [][]string{nil, {"billing>=3"}, {"billing?"}, {"lang:zh"}}[r.IntN(4)]
		_, err = d.Enqueue(ctx, bot.Escalation{
			Workspace: s.ws, Conversation: chat, Reason: bot.ReasonAsked, Language: "en", Skills: skills, Priority: r.IntN(4),
		})
	case n < 60:
		err = s.answer(ctx, d, agent, r)
	case n < 66:
		_, err = d.Take(ctx, s.ws, chat, agent, 0, handoff.TakeOptions{Supervisor: r.IntN(3) == 0})
	case n < 85:
		err = s.end(ctx, d, chat, r)
	case n < 88:
		_, err = d.Leave(ctx, s.ws, chat, bot.Key{})
	case n < 90:
		_, err = d.LeaveMessage(ctx, s.ws, chat, bot.Key{}, handoff.Contact{Text: "please write"})
	case n < 95:
		err = d.Presence(ctx, s.ws, chat, r.IntN(2) == 0)
	case n == 95:
		s.channel(s.t, []bot.InboxID{"mail", "phone"}[r.IntN(2)], 50*(1+r.IntN(4)))
	default:
		_, err = d.SetDuty(ctx, s.ws, agent, []handoff.Duty{handoff.DutyOn, handoff.DutyOn, handoff.DutyAway, handoff.DutyOff}[r.IntN(4)])
	}
	s.done.Add(1)
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Denied, fault.Invalid:
		s.refused.Add(1)
		err = nil
	}
	if err != nil {
		s.t.Errorf("operation: %v", err)
	}
}

// answer accepts or declines an offer to an agent.
func (s *storm) answer(ctx context.Context, d *handoff.Desk, agent bot.AgentID, r *rand.Rand) error {
	offers, err := d.Offers(ctx, s.ws, agent)
	if err != nil || len(offers) == 0 {
		return err
	}
	if o := offers[r.IntN(len(offers))]; r.IntN(5) > 0 {
		_, err = d.Accept(ctx, s.ws, o.ID, agent)
	} else {
		err = d.Decline(ctx, s.ws, o.ID, agent)
	}
	return err
}

// end closes a chat, hands it back or passes it on, as the one who has it.
func (s *storm) end(ctx context.Context, d *handoff.Desk, chat bot.ConversationID, r *rand.Rand) error {
	c, err := s.Timeline.Conversation(ctx, s.ws, chat)
	if err != nil || c.Agent == "" {
		return err
	}
	switch r.IntN(4) {
	case 0:
		_, err = d.HandBack(ctx, s.ws, chat, c.Agent, "")
	case 1:
		to := bot.AgentID("")
		if r.IntN(2) == 0 {
			to = bot.AgentID(fmt.Sprintf("agent%02d", r.IntN(stormAgents)))
		}
		_, err = d.Transfer(ctx, s.ws, chat, c.Agent, to, "", "")
	default:
		_, err = d.Close(ctx, s.ws, chat, bot.Author{Kind: bot.AuthorAgent, ID: string(c.Agent)})
	}
	return err
}

// settle puts everybody on duty, has every offer accepted and every chat closed,
// until the line is empty.
func (s *storm) settle() {
	ctx, d := s.t.Context(), s.desks[0]
	deadline := time.Now().Add(2 * time.Minute)
	for {
		for i := range stormAgents {
			if _, err := d.SetDuty(ctx, s.ws, bot.AgentID(fmt.Sprintf("agent%02d", i)), handoff.DutyOn); err != nil {
				s.t.Fatalf("duty: %v", err)
			}
		}
		open := 0
		for _, chat := range s.chats {
			c, err := s.Timeline.Conversation(ctx, s.ws, chat)
			if err != nil {
				s.t.Fatalf("conversation: %v", err)
			}
			switch c.Service {
			case bot.ServiceBot, bot.ServiceClosed:
				continue
			case bot.ServiceParked: // the visitor is back
				err = d.Presence(ctx, s.ws, chat, true)
			case bot.ServiceActive:
				_, err = d.Close(ctx, s.ws, chat, bot.Author{Kind: bot.AuthorAgent, ID: string(c.Agent)})
			}
			open++
			if err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Conflict) {
				s.t.Fatalf("%s: %v", c.Service, err)
			}
		}
		if open == 0 {
			return
		}
		for i := range stormAgents {
			agent := bot.AgentID(fmt.Sprintf("agent%02d", i))
			offers, err := d.Offers(ctx, s.ws, agent)
			if err != nil {
				s.t.Fatalf("offers: %v", err)
			}
			for _, o := range offers {
				if _, err := d.Accept(ctx, s.ws, o.ID, agent); err != nil && !fault.Is(err, fault.Conflict) {
					s.t.Fatalf("accept: %v", err)
				}
			}
		}
		if time.Now().After(deadline) {
			for _, chat := range s.chats {
				if c, err := s.Timeline.Conversation(ctx, s.ws, chat); err == nil && c.Service != bot.ServiceBot && c.Service != bot.ServiceClosed {
					s.t.Errorf("%s is stuck: %s, agent %q, skills %v (I-18)", chat, c.Service, c.Agent, c.Skills)
				}
			}
			return
		}
	}
}
