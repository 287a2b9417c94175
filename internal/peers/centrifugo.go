package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// centrifugoPeer is Centrifugo with its memory engine. Channels keep their last 300
// messages, the most that a client may recover, and every subscription recovers.
type centrifugoPeer struct{ binary, version string }

func (p centrifugoPeer) name() string { return "Centrifugo " + p.version }

func (p centrifugoPeer) start(ctx context.Context, dir string, env ...string) (server, error) {
	addr, err := free()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	on := map[string]any{"enabled": true}
	config, err := json.Marshal(map[string]any{
		"http_server": map[string]any{"address": "127.0.0.1", "port": port},
		"client":      map[string]any{"allow_anonymous_connect_without_token": true},
		"channel": map[string]any{"without_namespace": map[string]any{
			"history_size": 300, "history_ttl": "10m", "force_recovery": true,
			"allow_subscribe_for_client": true, "allow_subscribe_for_anonymous": true,
			"allow_publish_for_subscriber": true, "allow_publish_for_anonymous": true,
		}},
		"health": on, "prometheus": on, "debug": on, "usage_stats": map[string]any{"disabled": true}, "log": map[string]any{"level": "warn"},
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	base := "http://" + addr
	proc, err := launch(ctx, env, base+"/health", p.binary, "-c", file)
	if err != nil {
		return nil, err
	}
	proc.base, proc.debug = base, base
	return centrifugoServer{proc}, nil
}

type centrifugoServer struct{ p *process }

func (s centrifugoServer) process() *process { return s.p }

func (s centrifugoServer) hold(ctx context.Context, count int, follow bool, opened func()) error {
	var (
		mu    sync.Mutex
		wires []*wire
		errs  []error
		wg    sync.WaitGroup
		slots = make(chan struct{}, 64) // as load.Hold
	)
	for i := range count {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			w, err := s.idle(ctx, i, follow)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("socket %d: %w", i, err))
				return
			}
			wires = append(wires, w)
		})
	}
	wg.Wait()
	defer func() {
		for _, w := range wires {
			w.Close()
		}
	}()
	if len(errs) > 0 {
		return errs[0]
	}
	opened()
	<-ctx.Done()
	for _, w := range wires {
		select {
		case <-w.done:
			return errors.New("a socket was closed")
		default:
		}
	}
	return nil
}

// idle opens one socket. One that follows has a channel of its own with two messages.
func (s centrifugoServer) idle(ctx context.Context, i int, follow bool) (*wire, error) {
	channel := ""
	if follow {
		channel = fmt.Sprintf("c%d", i)
	}
	dialer := load.DialerFrom(i)
	dialer.ReadBufferSize, dialer.WriteBufferSize = 512, 512
	pushes := 0
	told := make(chan struct{})
	v, err := join(ctx, s.p.base, channel, dialer, func(line []byte) {
		if bytes.HasPrefix(line, []byte(`{"push":`)) {
			if pushes++; pushes == 2 {
				close(told)
			}
		}
	})
	if err != nil || !follow {
		return v.wire, err
	}
	for _, text := range []string{"What can you help me with?", "I answer from the help pages and bring in a person when they do not say."} {
		if err := v.Say(text); err != nil {
			return nil, err
		}
	}
	select {
	case <-told:
		return v.wire, nil
	case <-v.done:
		return nil, errors.New("the socket ended before its messages came")
	case <-time.After(startWait):
		return nil, errors.New("its messages did not come")
	}
}

func (s centrifugoServer) fanout(_ context.Context, groups, readers int) (load.Fanout, error) {
	return load.Fanout{Groups: groups, Readers: readers, Join: func(ctx context.Context, group, reader int, saw func([]byte)) (load.Voice, error) {
		return join(ctx, s.p.base, fmt.Sprintf("c%d", group), load.DialerFrom(group*readers+reader), saw)
	}}, nil
}

// seat has a client for every visitor and one for all agents. The client protocol
// has no key by which the server would know a message again, so of the visitors'
// clients half leave it at one try, as the SDKs do, and half try until acknowledged.
func (s centrifugoServer) seat(ctx context.Context, count int, door func(i int) string, book *ledger) ([]talk, error) {
	desk := newChatter(s.p.base, agent, book)
	out := make([]talk, count)
	everybody := []*chatter{desk}
	for i := range out {
		channel := fmt.Sprintf("c%d", i)
		desk.follow(channel)
		v := newChatter(door(i), visitor, book)
		v.follow(channel)
		everybody = append(everybody, v)
		again := i/doors%2 == 1 // at every door as many of each
		out[i] = talk{policy: "sent once", say: func(from side, id string) {
			who, repeat := v, again
			if from == agent {
				who, repeat = desk, false
			}
			book.wg.Go(func() { who.publish(ctx, channel, id, repeat) })
		}}
		if again {
			out[i].policy = "sent again until acknowledged"
		}
	}
	for _, c := range everybody {
		book.wg.Go(func() { c.run(ctx) })
	}
	for _, c := range everybody {
		if c.online(ctx, startWait) == nil {
			return nil, errors.New("not everybody is subscribed before the test")
		}
	}
	return out, nil
}
