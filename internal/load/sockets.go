package load

import (
	"context"
	"fmt"
	"sync"
)

// HoldPlan is what the clients of a sockets bench are told.
type HoldPlan struct {
	Base   string `json:"base"`
	Inbox  string `json:"inbox"`
	Count  int    `json:"count"`  // sockets, each with a session of its own
	Follow bool   `json:"follow"` // each has asked something, was answered, and follows its conversation
}

// Hold opens the sockets, 64 at a time, calls opened, and keeps them until ctx ends.
func Hold(ctx context.Context, plan HoldPlan, opened func()) error {
	var (
		mu      sync.Mutex
		clients []*Client
		first   error
		wg      sync.WaitGroup
	)
	defer func() {
		for _, c := range clients {
			c.Close()
		}
	}()
	slots := make(chan struct{}, 64)
	for i := range plan.Count {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			c, err := plan.open(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if first == nil {
					first = fmt.Errorf("socket %d: %w", i, err)
				}
				return
			}
			clients = append(clients, c)
		}()
	}
	wg.Wait()
	if first != nil {
		return first
	}
	opened()
	<-ctx.Done()
	for i, c := range clients {
		select {
		case <-c.Done():
			return fmt.Errorf("socket %d was closed: %w", i, c.Err())
		default:
		}
	}
	return nil
}

func (p HoldPlan) open(ctx context.Context, i int) (*Client, error) {
	s, err := NewSession(ctx, p.Base, p.Inbox)
	if err != nil {
		return nil, err
	}
	dialer := DialerFrom(i)
	dialer.ReadBufferSize, dialer.WriteBufferSize = 512, 512
	if !p.Follow {
		return Dial(ctx, p.Base, s.Token, nil, dialer, func(Frame) {})
	}
	conv, err := OpenConversation(ctx, p.Base, s.Token, "What can you help me with?")
	if err != nil {
		return nil, err
	}
	answered := make(chan struct{})
	var once sync.Once
	c, err := Dial(ctx, p.Base, s.Token, []Cursor{{ID: conv}}, dialer, func(f Frame) {
		for _, e := range f.Events {
			if e.Author.Kind == "bot" {
				once.Do(func() { close(answered) })
			}
		}
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-answered:
		return c, nil
	case <-c.Done():
		return nil, c.Err()
	case <-ctx.Done():
		c.Close()
		return nil, ctx.Err()
	}
}
