package load

import (
	"context"
	"fmt"
	"sync"
)

// Hold opens count sockets, each with a session of its own, calls opened, and
// keeps them until ctx ends. dialling at once: 64.
func Hold(ctx context.Context, base, inbox string, count int, opened func()) error {
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
	for i := range count {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			c, err := open(ctx, base, inbox, i)
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

func open(ctx context.Context, base, inbox string, i int) (*Client, error) {
	s, err := NewSession(ctx, base, inbox)
	if err != nil {
		return nil, err
	}
	dialer := dialerFrom(i)
	dialer.ReadBufferSize, dialer.WriteBufferSize = 512, 512
	return Dial(ctx, base, s.Token, nil, dialer, func(Frame) {})
}
