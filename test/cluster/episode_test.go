package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// episode is one fault under load: from everybody being up to date until they
// are again, with the history of all in between.
type episode struct {
	t       testing.TB
	log     *history.Log
	clients []*history.Client
	ctx     context.Context // of the load
	started time.Time
}

// outcome is what an episode showed.
type outcome struct {
	history.Report
	Took    time.Duration
	Settled time.Duration // from the end of the load until everybody was up to date
	Late    time.Duration // of the generator
	Resumes load.Resumes
	PutOff  int // sends that were not taken for now, over sockets
	clients []*history.Client
}

// quiesce bounds how long people may take to be up to date after a fault.
const quiesce = 90 * time.Second

// play runs nemesis under a load of so many sends a second, waits until everybody
// is up to date, and checks the histories.
func (b *bed) play(t testing.TB, p *people, rate float64, nemesis func(e *episode)) outcome {
	t.Helper()
	all := p.everybody()
	if !until(quiesce/3, func() bool { return p.synced() == len(all) }) {
		t.Fatalf("before the fault only %d of %d people are up to date", p.synced(), len(all))
	}
	e := &episode{t: t, log: history.NewLog(), started: time.Now()}
	from := map[*load.User]map[string]int64{}
	for _, u := range all {
		view := history.Visitor
		if p.isAgent(u) {
			view = history.Agent
		}
		c := e.log.Client(p.names[u], view)
		e.clients = append(e.clients, c)
		from[u] = map[string]int64{}
		for _, conv := range u.Conversations() {
			from[u][conv] = u.Cursor(conv)
		}
		u.Record(c)
	}
	var talkers []load.Talker
	for _, s := range p.seats {
		// Nine in ten messages are a visitor's: an agent who has many chats and writes
		// more than one a second is no person.
		for range 9 {
			talkers = append(talkers, load.Talker{User: s.visitor, Conversation: s.conversation})
		}
		talkers = append(talkers, load.Talker{User: s.agent, Conversation: s.conversation})
	}
	ctx, stop := context.WithCancel(t.Context())
	e.ctx = ctx
	var out outcome
	generated := make(chan struct{})
	go func() {
		defer close(generated)
		if rate > 0 {
			_, out.Late = load.Generator{Log: e.log, Talkers: talkers, Rate: rate, Seed: 1}.Run(ctx)
		}
	}()
	nemesis(e)
	stop()
	<-generated
	calm := time.Now()
	if !until(quiesce, func() bool { return p.synced() == len(all) }) {
		for _, u := range all {
			if !u.Synced() {
				t.Logf("%s is not up to date: %s", p.names[u], u.State())
			}
		}
		t.Errorf("%d of %d people are up to date %v after the load", p.synced(), len(all), quiesce)
	}
	out.Settled = time.Since(calm)
	finals := b.finals(t, p, from)
	out.Report = history.Check(e.clients, finals)
	out.Took, out.clients = time.Since(e.started), e.clients
	for _, u := range all {
		r := u.Resumes()
		out.Resumes.Delta += r.Delta
		out.Resumes.Snapshot += r.Snapshot
		out.PutOff += u.PutOff()
	}
	return out
}

func (p *people) isAgent(u *load.User) bool {
	for _, a := range p.agents {
		if a == u {
			return true
		}
	}
	return false
}

// finals reads every conversation in both views, once every reader has had the
// time to see its tail.
func (b *bed) finals(t testing.TB, p *people, from map[*load.User]map[string]int64) []history.Final {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	var (
		mu    sync.Mutex
		out   []history.Final
		wg    sync.WaitGroup
		slots = make(chan struct{}, 8)
	)
	read := func(u *load.User, conv string) {
		defer wg.Done()
		slots <- struct{}{}
		defer func() { <-slots }()
		f, err := u.ReadFinal(ctx, conv, from[u][conv])
		if err != nil {
			t.Errorf("final read of %s by %s: %v", conv, p.names[u], err)
			return
		}
		if k := len(f.Events); k > 0 {
			// A lost tail has to be noticed within 1.5 s; ten leave no doubt.
			until(10*time.Second, func() bool { return u.Cursor(conv) >= f.Events[k-1].N })
		}
		mu.Lock()
		out = append(out, f)
		mu.Unlock()
	}
	for _, s := range p.seats {
		wg.Add(2)
		go read(s.visitor, s.conversation)
		go read(s.agent, s.conversation)
	}
	wg.Wait()
	return out
}

// wait lets the load go on for so long.
func (e *episode) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.ctx.Done():
	}
}

// clean fails the test unless nothing was lost, doubled, disordered, missing or
// torn, and something was sent.
func (o outcome) clean(t testing.TB) {
	t.Helper()
	if !o.Clean() {
		t.Errorf("the histories are not clean: %d lost, %d doubled, %d disordered, %d gaps, %d torn", o.Lost, o.Doubled, o.Disordered, o.Gaps, o.Torn)
		for _, x := range o.Examples {
			t.Log(x)
		}
	}
	if o.Acked == 0 {
		t.Error("nothing was sent")
	}
	if o.Refused > 0 || o.Unknown > 0 {
		t.Errorf("%d sends were refused for good, %d never answered", o.Refused, o.Unknown)
	}
}

// within fails the test when a figure is above its bar.
func within(t testing.TB, what string, got, bar time.Duration) {
	t.Helper()
	if got > bar {
		t.Errorf("%s is %s, the bar is %s", what, ms(got), ms(bar))
	}
}

// ms prints a duration for tables.
func ms(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}
