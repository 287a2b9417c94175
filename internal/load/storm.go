package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// StormPlan is what the clients of a reconnect bench are told: Count sockets, which
// share the seats, all come back at the same moment.
type StormPlan struct {
	Base  string `json:"base"`
	Seats []Seat `json:"seats"`
	Count int    `json:"count"`
}

// StormReport is what they saw.
type StormReport struct {
	SyncedMS []float64 `json:"synced_ms"` // from the moment when all came back, by socket
	Refused  int       `json:"refused"`   // handshakes that were told to come later
	Failed   int       `json:"failed"`    // sockets that were not synced within two minutes, or broke
	Reason   string    `json:"reason"`    // of one that failed
}

// Storm runs the plan and returns what the clients saw.
func Storm(ctx context.Context, plan StormPlan) (*StormReport, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cursors := make([]Cursor, len(plan.Seats))
	for i, seat := range plan.Seats {
		var err error
		if cursors[i], err = standing(ctx, plan.Base, seat); err != nil {
			return nil, fmt.Errorf("seat %d: %w", i, err)
		}
	}
	var (
		mu      sync.Mutex
		report  StormReport
		clients []*Client
		wg      sync.WaitGroup
	)
	begin := make(chan struct{})
	var start time.Time
	for i := range plan.Count {
		wg.Go(func() {
			<-begin
			n := i % len(plan.Seats)
			c, refused, err := comeBack(ctx, plan.Base, plan.Seats[n].Token, cursors[n], i)
			took := float64(time.Since(start).Microseconds()) / 1000
			mu.Lock()
			defer mu.Unlock()
			report.Refused += refused
			if c != nil {
				clients = append(clients, c)
			}
			if err != nil {
				report.Failed++
				report.Reason = err.Error()
				return
			}
			report.SyncedMS = append(report.SyncedMS, took)
		})
	}
	start = time.Now()
	close(begin)
	wg.Wait()
	for _, c := range clients {
		c.Close()
		<-c.Done()
	}
	return &report, nil
}

// standing reads where a seat's conversation stands, as a client that was
// connected knows it.
func standing(ctx context.Context, base string, seat Seat) (Cursor, error) {
	frames := make(chan Cursor, 1)
	c, err := dial(ctx, base, seat.Token, []Cursor{{ID: seat.Conversation}}, nil)
	if err != nil {
		return Cursor{}, err
	}
	defer c.Close()
	go c.stream(func(data []byte) {
		var f struct {
			Type string `json:"type"`
			N    int64  `json:"n"`
		}
		if json.Unmarshal(data, &f) == nil && f.Type == "synced" {
			frames <- Cursor{ID: seat.Conversation, Epoch: c.epoch, N: f.N}
		}
	})
	select {
	case at := <-frames:
		return at, nil
	case <-c.Done():
		return Cursor{}, c.Err()
	case <-ctx.Done():
		return Cursor{}, ctx.Err()
	}
}

// comeBack connects as often as it takes and returns when the socket is synced.
func comeBack(ctx context.Context, base, token string, at Cursor, i int) (c *Client, refused int, err error) {
	for {
		c, err = dial(ctx, base, token, []Cursor{at}, DialerFrom(i))
		var no *Refusal
		if !errors.As(err, &no) || no.Status != http.StatusServiceUnavailable || no.After == 0 {
			break
		}
		refused++
		// The server says whole seconds, rounded up; within the last one everybody
		// picks a moment of their own.
		select {
		case <-time.After(no.After - rand.N(time.Second)):
		case <-ctx.Done():
			return nil, refused, ctx.Err()
		}
	}
	if err != nil {
		return nil, refused, err
	}
	synced := make(chan struct{})
	var once sync.Once
	go c.stream(func(data []byte) {
		if isFrame(data, "synced") {
			once.Do(func() { close(synced) })
		}
	})
	select {
	case <-synced:
		return c, refused, nil
	case <-c.Done():
		return c, refused, c.Err()
	case <-ctx.Done():
		return c, refused, ctx.Err()
	}
}
