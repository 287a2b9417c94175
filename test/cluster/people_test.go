package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// inbox is the one of the sample shop.
const inbox = "shop"

// seat is one visitor and the conversation that an agent serves, so that the bot
// is silent there.
type seat struct {
	visitor, agent *load.User
	conversation   string
}

// people are those who use the bed.
type people struct {
	visitors, agents []*load.User
	names            map[*load.User]string
	seats            []seat
	next             int // next source address

	run  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

// address is the next source address of the loopback.
func (p *people) address() string {
	p.next++
	return fmt.Sprintf("127.%d.%d.%d", 1+p.next/40000, p.next/200%200, 1+p.next%200)
}

// join lets a user connect and stay.
func (p *people) join(u *load.User) {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		u.Run(p.run)
	}()
}

// everybody are all who have joined.
func (p *people) everybody() []*load.User {
	return append(append([]*load.User(nil), p.visitors...), p.agents...)
}

// administrator signs the sample shop's administrator in.
func (b *bed) administrator(t testing.TB) *load.User {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.nodes[0].dir, "demo-sign-ins.json"))
	if err != nil {
		t.Fatal(err)
	}
	var made []struct{ Role, Email, Password string }
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if m.Role == "administrator" {
			u := load.NewUser(load.UserOptions{Base: b.door(0), Address: "127.200.0.1", View: history.Agent})
			if err := u.SignIn(t.Context(), m.Email, m.Password); err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	t.Fatalf("no administrator in %s", text)
	return nil
}

// populate seats visitors with agents, each agent with the same number, and has all
// connect.
func (b *bed) populate(t testing.TB, visitors, agents int) *people {
	t.Helper()
	p := b.seat(t, visitors, agents, true)
	for _, u := range p.everybody() {
		p.join(u)
	}
	if !until(60*time.Second, func() bool { return p.synced() == len(p.visitors)+len(p.agents) }) {
		t.Fatalf("%d of %d people are up to date after a minute", p.synced(), len(p.visitors)+len(p.agents))
	}
	return p
}

// seat gives visitors conversations with agents, who follow the list of all
// conversations if feed is set.
func (b *bed) seat(t testing.TB, visitors, agents int, feed bool) *people {
	t.Helper()
	p := &people{names: map[*load.User]string{}}
	p.run, p.stop = context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() { p.stop(); p.wg.Wait() })
	boss := b.administrator(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for i := range agents {
		p.agents = append(p.agents, b.hire(t, ctx, p, boss, fmt.Sprintf("agent%d", i), 50, feed))
	}
	for i := range visitors {
		u := load.NewUser(load.UserOptions{Base: b.door(p.next), Address: p.address(), View: history.Visitor})
		p.names[u] = fmt.Sprintf("visitor%d", i)
		p.visitors = append(p.visitors, u)
	}
	p.seats = make([]seat, visitors)
	errs := make(chan error, visitors)
	slots := make(chan struct{}, 8)
	for i, v := range p.visitors {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			agent := p.agents[i%agents]
			conv, err := b.sit(ctx, v, agent)
			p.seats[i] = seat{v, agent, conv}
			errs <- err
		}()
	}
	for range visitors {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// hire makes an agent's account and signs the agent in.
func (b *bed) hire(t testing.TB, ctx context.Context, p *people, boss *load.User, name string, capacity int, feed bool) *load.User {
	t.Helper()
	const password = "a test bed's password"
	email := fmt.Sprintf("%s-%s@bed.example", name, id.New()[24:])
	if _, err := boss.Post(ctx, "/accounts", map[string]any{
		"email": email, "name": name, "password": password, "roles": []string{"agent"}, "skills": []string{}, "capacity": capacity,
	}, nil); err != nil {
		t.Fatal(err)
	}
	u := load.NewUser(load.UserOptions{Base: b.door(p.next), Address: p.address(), View: history.Agent, Feed: feed})
	if err := u.SignIn(ctx, email, password); err != nil {
		t.Fatal(err)
	}
	p.names[u] = name
	return u
}

// sit begins a conversation of a visitor and has the agent take it.
func (b *bed) sit(ctx context.Context, v, agent *load.User) (string, error) {
	if err := v.Arrive(ctx, inbox); err != nil {
		return "", err
	}
	var ack struct {
		Conversation string `json:"conversation"`
	}
	if _, err := v.Post(ctx, "/visitor/messages", map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": "hello"}, &ack); err != nil {
		return "", err
	}
	if _, err := agent.Post(ctx, "/conversations/"+ack.Conversation+"/take", map[string]any{}, nil); err != nil {
		return "", err
	}
	v.Watch(ack.Conversation, 0)
	agent.Watch(ack.Conversation, 0)
	return ack.Conversation, nil
}

// synced counts the people who are up to date.
func (p *people) synced() int {
	n := 0
	for _, u := range p.everybody() {
		if u.Synced() {
			n++
		}
	}
	return n
}

// online counts the people who are up to date, whatever they have left to send.
func (p *people) online() int {
	n := 0
	for _, u := range p.everybody() {
		if u.UpToDate() {
			n++
		}
	}
	return n
}

// crowd is a number of further tabs of the visitors.
type crowd struct {
	tabs []*load.User
	stop context.CancelFunc
	wg   *sync.WaitGroup
}

// gather opens tabs until so many sockets are open, and waits until all are synced.
// They pass by the doors: a proxy needs two files for each socket of theirs.
func (b *bed) gather(t testing.TB, p *people, sockets int) *crowd {
	t.Helper()
	ctx, stop := context.WithCancel(p.run)
	c := &crowd{stop: stop, wg: &sync.WaitGroup{}}
	seated := len(p.visitors)
	for i := range max(0, sockets-len(p.everybody())) {
		v := p.visitors[i%seated]
		tab := v.Tab(p.address(), nil)
		tab.Move("http://" + b.front)
		p.names[tab] = fmt.Sprintf("tab%d of %s", i/seated, p.names[v])
		c.tabs = append(c.tabs, tab)
		if i%20 == 0 {
			time.Sleep(50 * time.Millisecond) // they come one after the other; all at once is a fault of its own
		}
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			tab.Run(ctx)
		}()
	}
	p.visitors = append(p.visitors, c.tabs...)
	if !until(2*time.Minute, func() bool { return p.online() == len(p.everybody()) }) {
		t.Fatalf("%d of %d sockets are up to date after two minutes", p.online(), len(p.everybody()))
	}
	return c
}

// cut breaks every line at once, those of the doors and those of the crowd.
func (b *bed) cut(c *crowd) {
	for _, f := range b.fronts {
		f.Cut()
	}
	for _, tab := range c.tabs {
		tab.Cut()
	}
}

// leave closes the tabs.
func (c *crowd) leave(p *people) {
	c.stop()
	c.wg.Wait()
	p.visitors = p.visitors[:len(p.visitors)-len(c.tabs)]
}
