package main

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
)

// The drop test: visitors are cut off for 2 s in every 10 s, at eight doors in
// turn, over a line that takes 50 ms each way. Without that delay hardly a message
// would be on its way when the line is cut.
const (
	doors    = 8
	talks    = 40
	downFor  = 2 * time.Second
	upFor    = 8 * time.Second
	lineTime = 50 * time.Millisecond
	sayEvery = time.Second      // and side, in each conversation
	grace    = 15 * time.Second // for what is still to come after the last cut
)

// dropTest runs the test against a server that has just started.
func dropTest(ctx context.Context, s server, length time.Duration) (map[origin]tally, error) {
	book := newLedger()
	clients, leave := context.WithCancel(ctx)
	defer func() { leave(); book.wg.Wait() }()
	fronts := make([]*faultproxy.Proxy, doors)
	for i := range fronts {
		var err error
		if fronts[i], err = faultproxy.Listen(strings.TrimPrefix(s.process().base, "http://")); err != nil {
			return nil, err
		}
		defer fronts[i].Close()
	}
	lines, err := s.seat(clients, talks, func(i int) string { return "http://" + fronts[i%doors].Addr() }, book)
	if err != nil {
		return nil, err
	}
	for _, f := range fronts {
		f.Delay(faultproxy.Up, lineTime)
		f.Delay(faultproxy.Down, lineTime)
	}
	test, end := context.WithTimeout(ctx, length)
	defer end()
	var wg sync.WaitGroup
	for i, f := range fronts {
		wg.Go(func() { cut(test, f, time.Duration(i)*(downFor+upFor)/doors) })
	}
	for i, t := range lines {
		wg.Go(func() { chat(test, t, i, book) })
	}
	wg.Wait()
	for end := time.Now().Add(grace); !book.complete() && time.Now().Before(end) && ctx.Err() == nil; {
		pause(ctx, 100*time.Millisecond)
	}
	pause(ctx, 2*time.Second) // for what comes a second time
	return book.tally(), ctx.Err()
}

// cut cuts a door off again and again.
func cut(ctx context.Context, f *faultproxy.Proxy, after time.Duration) {
	pause(ctx, after)
	for ctx.Err() == nil {
		f.Refuse(true)
		f.Cut()
		pause(ctx, downFor)
		f.Refuse(false)
		pause(ctx, upFor)
	}
}

// chat has both ends of a conversation speak, whatever becomes of it.
func chat(ctx context.Context, t talk, i int, book *ledger) {
	pause(ctx, sayEvery*time.Duration(i)/talks) // not all at once
	for n := 0; ctx.Err() == nil; n++ {
		for _, from := range []side{visitor, agent} {
			id := strconv.Itoa(i) + "." + strconv.Itoa(n) + "." + strconv.Itoa(int(from))
			policy := t.policy
			if from == agent {
				policy = "" // never cut: nothing to send again
			}
			book.says(id, origin{from, policy})
			t.say(from, id)
		}
		pause(ctx, sayEvery)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
