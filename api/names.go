package api

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// names remembers what visitors and agents are called, so that a frame does not
// cost a look into the accounts. It forgets everything when it has grown large.
type names struct {
	load loadNames

	mu       sync.Mutex // guards what follows
	visitors map[bot.VisitorID]Person
	agents   map[bot.AgentID]string
	pages    map[bot.ConversationID]string // where the visitor wrote from last, as far as this node knows
}

// loadNames looks names up; Accounts has them.
type loadNames struct {
	visitor func(ctx context.Context, ws bot.WorkspaceID, v bot.VisitorID) (Person, error)
	agent   func(ctx context.Context, ws bot.WorkspaceID, a bot.AgentID) (string, error)
}

// maxNames bounds each map.
const maxNames = 20_000

func newNames(load loadNames) *names {
	return &names{load: load, visitors: make(map[bot.VisitorID]Person), agents: make(map[bot.AgentID]string), pages: make(map[bot.ConversationID]string)}
}

// visitor returns who a visitor is. A stranger has no name.
func (n *names) visitor(ws bot.WorkspaceID, v bot.VisitorID) *Person {
	n.mu.Lock()
	p, ok := n.visitors[v]
	n.mu.Unlock()
	if !ok {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var err error
		if p, err = n.load.visitor(ctx, ws, v); err != nil {
			return &Person{ID: string(v)} // a row without a name is better than none
		}
		n.setVisitor(v, p)
	}
	return &p
}

func (n *names) setVisitor(v bot.VisitorID, p Person) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.visitors) >= maxNames {
		clear(n.visitors)
	}
	n.visitors[v] = p
}

// agent returns what an agent is called, "" when the account is gone.
func (n *names) agent(ws bot.WorkspaceID, a bot.AgentID) string {
	n.mu.Lock()
	name, ok := n.agents[a]
	n.mu.Unlock()
	if ok {
		return name
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	name, err := n.load.agent(ctx, ws, a)
	if err != nil {
		return ""
	}
	n.setAgent(a, name)
	return name
}

func (n *names) setAgent(a bot.AgentID, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.agents) >= maxNames {
		clear(n.agents)
	}
	n.agents[a] = name
}

func (n *names) setPage(c bot.ConversationID, url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.pages) >= maxNames {
		clear(n.pages)
	}
	n.pages[c] = url
}

func (n *names) page(c bot.ConversationID) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pages[c]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
