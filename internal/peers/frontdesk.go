package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

const (
	inbox    = "peers"
	password = "a comparison's password"
	agents   = 8  // a console may send ten frames a second
	perAgent = 50 // the most chats that one may serve
)

func email(i int) string { return fmt.Sprintf("agent%d@peers.example", i) }

// serveFrontdesk is the whole of the child process: the server on its embedded
// store, without rate limits, and Go's profiles at another address.
func serveFrontdesk(ctx context.Context, dir, addr, debugAddr string) error {
	cfg := frontdesk.Defaults()
	cfg.Storage.Dir, cfg.Server.Addr, cfg.Log.Level = filepath.Join(dir, "data"), addr, "warn"
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithoutLimits(), frontdesk.WithLog(os.Stderr))
	if err != nil {
		return err
	}
	defer app.Close()
	if err := app.AddInbox(ctx, inbox, "Peers"); err != nil {
		return err
	}
	for i := range agents {
		if err := app.AddPerson(ctx, frontdesk.Person{Email: email(i), Name: "Agent", Password: password, Roles: []string{"agent"}, Capacity: perAgent}); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	debug := &http.Server{Addr: debugAddr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- debug.ListenAndServe() }()
	err = app.Run(ctx, func(string) {})
	err = errors.Join(err, debug.Close())
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// frontdeskPeer is this project's server.
type frontdeskPeer struct{}

func (frontdeskPeer) name() string { return "frontdesk" }

func (frontdeskPeer) start(ctx context.Context, dir string, env ...string) (server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := free()
	if err != nil {
		return nil, err
	}
	debug, err := free()
	if err != nil {
		return nil, err
	}
	p, err := launch(ctx, env, "http://"+addr+"/readyz", self, "-serve", dir, "-addr", addr, "-debug", debug)
	if err != nil {
		return nil, err
	}
	p.base, p.debug = "http://"+addr, "http://"+debug
	return frontdeskServer{p}, nil
}

type frontdeskServer struct{ p *process }

func (s frontdeskServer) process() *process { return s.p }

func (s frontdeskServer) hold(ctx context.Context, count int, follow bool, opened func()) error {
	return load.Hold(ctx, load.HoldPlan{Base: s.p.base, Inbox: inbox, Count: count, Follow: follow}, opened)
}

func (s frontdeskServer) fanout(ctx context.Context, groups, readers int) (load.Fanout, error) {
	seats, err := load.SeatsPlan{Base: s.p.base, Inbox: inbox, Count: groups, Email: email, Password: password, PerAgent: perAgent}.Make(ctx)
	if err != nil {
		return load.Fanout{}, err
	}
	return load.DeliveriesPlan{Base: s.p.base, Seats: seats, Readers: readers}.Fanout(), nil
}

// seat has visitors and agents behave as widget and console do.
func (s frontdeskServer) seat(ctx context.Context, count int, door func(i int) string, book *ledger) ([]talk, error) {
	crew := make([]*load.User, agents)
	for i := range crew {
		crew[i] = load.NewUser(load.UserOptions{Base: s.p.base, View: history.Agent, Saw: book.reader(agent)})
		if err := crew[i].SignIn(ctx, email(i), password); err != nil {
			return nil, err
		}
	}
	talks := make([]talk, count)
	users := append([]*load.User(nil), crew...)
	for i := range talks {
		v := load.NewUser(load.UserOptions{Base: door(i), View: history.Visitor, Saw: book.reader(visitor)})
		a := crew[i%agents]
		conv, err := open(ctx, v, a)
		if err != nil {
			return nil, err
		}
		talks[i] = talk{policy: "sent again until acknowledged", say: func(from side, id string) {
			who := v
			if from == agent {
				who = a
			}
			who.Say(conv, words(id), 0)
		}}
		users = append(users, v)
	}
	for _, u := range users {
		book.wg.Go(func() { u.Run(ctx) })
	}
	for end := time.Now().Add(startWait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ready := 0
		for _, u := range users {
			if u.Synced() {
				ready++
			}
		}
		if ready == len(users) {
			return talks, nil
		}
	}
	return nil, errors.New("not everybody is up to date before the test")
}

// open begins a visitor's conversation and has the agent take it.
func open(ctx context.Context, v, a *load.User) (conversation string, err error) {
	if err := v.Arrive(ctx, inbox); err != nil {
		return "", err
	}
	if conversation, err = load.OpenConversation(ctx, v.Base(), v.Token(), "hello"); err != nil {
		return "", err
	}
	if _, err := a.Post(ctx, "/conversations/"+conversation+"/take", map[string]any{}, nil); err != nil {
		return "", err
	}
	v.Watch(conversation, 0)
	a.Watch(conversation, 0)
	return conversation, nil
}

// reader notes the messages that a user is shown.
func (b *ledger) reader(at side) func(string, load.Event) {
	return func(_ string, e load.Event) {
		if id, ok := strings.CutPrefix(e.Text, wordsBefore); ok {
			id, _, _ = strings.Cut(id, " #") // the client's own id
			b.saw(at, id)
		}
	}
}
