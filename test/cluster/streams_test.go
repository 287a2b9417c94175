package cluster

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fakemodel"
	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// killStreams kills a node while answers are being streamed, at a random word.
func killStreams(t *testing.T, b *bed, p *people, r *result) {
	const each = 5
	rounds := size(b, 2, 20)
	log := history.NewLog()
	b.model.Play(fakemodel.Script{Pause: time.Millisecond})
	b.healBreaker(t, p, log)
	var worst time.Duration
	var mu sync.Mutex
	streamed := 0
	for round := range rounds {
		b.model.Play(fakemodel.Script{Pause: 40 * time.Millisecond})
		var askers []*asker
		for i := range each {
			a := b.newAsker(t, p, log, fmt.Sprintf("asker %d.%d", round, i))
			a.user.Begin(newID(), questions[i%2], log.Now())
			askers = append(askers, a)
		}
		if !until(10*time.Second, func() bool { return b.model.Running() > 0 }) {
			t.Fatal("nothing is being streamed")
		}
		pause(t.Context(), time.Duration(rand.IntN(2500))*time.Millisecond)
		n := b.nodes[round%len(b.nodes)]
		n.proc.kill()
		at := time.Now()
		var wg sync.WaitGroup
		for _, a := range askers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				e, err := a.outcome(0, 40*time.Second)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("round %d: %v in 40 s after the kill; seen: %s", round, err, told(a.events()))
					return
				}
				worst = max(worst, time.Since(at))
				if e.Kind == "finished" {
					streamed++
				}
				if e.Kind == "finished" && (e.State != "complete" || e.Text == "") {
					t.Errorf("round %d: the answer ended %s with %q", round, e.State, e.Text)
				}
			}()
		}
		wg.Wait()
		n.start(t)
		pause(t.Context(), 2*time.Second)
		for _, a := range askers {
			ends := map[string]int{}
			for _, e := range a.events() {
				if e.Kind == "finished" {
					ends[e.Of]++
				}
			}
			for _, k := range ends {
				if k != 1 {
					t.Errorf("an answer has %d ends", k)
				}
			}
			if len(ends) > 1 {
				t.Errorf("one question has %d answers", len(ends))
			}
			for _, op := range a.record.Ops() {
				if op.Kind == history.Torn {
					t.Error("a stream is not what was stored")
				}
			}
			r.Sends++
			a.leave()
		}
	}
	taken := b.query(t, `SELECT count(*) FROM runs WHERE attempt > 1`)
	r.note("answers", "%d, of them streamed %d; taken over %s", rounds*each, streamed, taken[0][0])
	r.note("worst from the kill to the whole answer", "%s", ms(worst))
	// Eight seconds to take over, and the answer is generated anew.
	within(t, "the time from the kill to the whole answer", worst, 8*time.Second+8*time.Second)
	if streamed == 0 || taken[0][0] == "0" {
		t.Error("no stream was taken over")
	}
	b.model.Play(fakemodel.Script{})
}

func told(events []load.Event) string {
	out := ""
	for _, e := range events {
		out += fmt.Sprintf("[%d %s %s %s] ", e.N, e.Author.Kind, e.Kind, e.State)
	}
	return out
}

// takeStreams has an agent take a chat while the bot streams, with a slow bus
// between the nodes: no word of the bot may follow.
func takeStreams(t *testing.T, b *bed, p *people, r *result) {
	log := history.NewLog()
	b.model.Play(fakemodel.Script{Pause: time.Millisecond})
	b.healBreaker(t, p, log)
	for _, x := range b.toRedis {
		x.Delay(faultproxy.Down, 3*time.Second)
	}
	defer func() {
		for _, x := range b.toRedis {
			x.Delay(faultproxy.Down, 0)
		}
	}()
	b.model.Play(fakemodel.Script{Pause: 60 * time.Millisecond})
	agent := p.agents[len(p.agents)-1]
	var wg sync.WaitGroup
	var mu sync.Mutex
	cancelled := 0
	slots := make(chan struct{}, 5)
	rounds := size(b, 5, 60)
	for i := range rounds {
		a := b.newAsker(t, p, log, fmt.Sprintf("taken %d", i))
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			defer a.leave()
			a.user.Begin(newID(), questions[i%2], log.Now())
			if !until(15*time.Second, func() bool { return len(a.user.Conversations()) > 0 }) {
				t.Error("no conversation came of the question")
				return
			}
			conv := a.user.Conversations()[0]
			pause(t.Context(), time.Duration(500+rand.IntN(3000))*time.Millisecond)
			if status, err := agent.Post(t.Context(), "/conversations/"+conv+"/take", map[string]any{}, nil); err != nil {
				t.Errorf("take: status %d, %v", status, err)
				return
			}
			pause(t.Context(), 8*time.Second) // longer than the bus and the rest of the stream
			var page struct{ Events []load.Event }
			if _, err := agent.Get(t.Context(), "/conversations/"+conv+"/events?limit=200", &page); err != nil {
				t.Error(err)
				return
			}
			taken := int64(0)
			mu.Lock()
			defer mu.Unlock()
			for _, e := range page.Events {
				switch {
				case e.Kind == "service" && e.Speaker == "human":
					taken = e.N
				case taken > 0 && e.Author.Kind == "bot" && (e.Kind == "message" || e.Kind == "answer" || e.Kind == "finished" && e.State == "complete"):
					t.Errorf("the bot speaks at %d, behind the takeover at %d: %s %s %q", e.N, taken, e.Kind, e.State, e.Text)
				case e.Kind == "finished" && e.State != "complete":
					cancelled++
				}
			}
			if taken == 0 {
				t.Errorf("no takeover in %s", told(page.Events))
			}
			r.Sends++
			if status, err := agent.Post(t.Context(), "/conversations/"+conv+"/close", map[string]any{}, nil); err != nil && status != http.StatusConflict {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	r.note("takeovers", "%d, of them in mid-stream %d", rounds, cancelled)
	b.model.Play(fakemodel.Script{})
}
