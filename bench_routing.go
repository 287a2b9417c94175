package frontdesk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

// RoutingBench says what MeasureRouting measures.
type RoutingBench struct {
	Seed                    uint64
	Waiting, Agents, Skills int
	Rate                    int           // assignments a second of the open loop
	For                     time.Duration // of each part
	Postgres                string        // DSN of an empty database; "": a fresh embedded store in Dir
	Dir                     string
}

// RoutingFigures are what MeasureRouting found.
type RoutingFigures struct {
	PerSecond  float64       // assignments a second, as fast as it goes, with everybody waiting
	Freed      time.Duration // p99 from an agent's being free to the offer, at the rate, with everybody waiting
	Came       time.Duration // p99 from an arrival to the offer, at the rate, with nobody waiting
	Assigned   int
	Doubles    int // conversations that were given twice
	Overshoots int // agents seen with more than they may have
	Lost       int // conversations that are nowhere in the end
}

// crowd is a full desk under load.
type crowd struct {
	bench RoutingBench
	desk  *handoff.Desk
	store routed

	mu       sync.Mutex // guards the fields below
	draws    *rand.Rand
	active   []bot.ConversationID
	holder   map[bot.ConversationID]bot.AgentID
	since    map[bot.AgentID][]time.Time // when places became free
	came     map[bot.ConversationID]time.Time
	open     map[bot.ConversationID]string // the open offer
	waits    []time.Duration
	fig      RoutingFigures
	accepted atomic.Int64
	taking   int        // offers being accepted
	idle     *sync.Cond // taking fell to zero
	failed   error
}

// routed is what the bench needs of an engine.
type routed struct {
	handoff  handoff.Store
	timeline conversationStore
	close    func() error
}

func openRouted(ctx context.Context, b RoutingBench) (routed, error) {
	if b.Postgres != "" {
		db, err := postgres.Open(ctx, b.Postgres, nil)
		if err != nil {
			return routed{}, err
		}
		return routed{db.Handoff(), db.Conversations(), db.Close}, nil
	}
	lock, err := sqlite.Lock(b.Dir)
	if err != nil {
		return routed{}, err
	}
	db, err := sqlite.Open(ctx, b.Dir, &sqlite.Options{Lock: lock})
	if err != nil {
		return routed{}, err
	}
	return routed{db.Handoff(), db.Conversations(), db.Close}, nil
}

// besides is how many calls of the bench run at once.
const besides = 32

// MeasureRouting fills a desk and keeps agents becoming free and visitors coming.
// Every conversation and every offer goes through the store. progress may be nil.
func MeasureRouting(ctx context.Context, b RoutingBench, progress func(step string, done, all int)) (RoutingFigures, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	store, err := openRouted(ctx, b)
	if err != nil {
		return RoutingFigures{}, err
	}
	defer store.close() //nolint:errcheck // everything was committed
	c := &crowd{
		bench: b, store: store, draws: rand.New(rand.NewPCG(b.Seed, 0)), holder: map[bot.ConversationID]bot.AgentID{},
		since: map[bot.AgentID][]time.Time{}, came: map[bot.ConversationID]time.Time{}, open: map[bot.ConversationID]string{},
	}
	c.idle = sync.NewCond(&c.mu)
	c.desk = handoff.New(store.handoff, store.timeline, silentPublisher{}, time.Now, nil, &handoff.Options{Notifier: c, OfferFor: time.Minute})
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.desk.Run(running) }()
	err = c.measure(ctx, progress)
	stop()
	if err := <-ended; err != nil {
		return c.fig, err
	}
	if err != nil {
		return c.fig, err
	}
	c.drain() // nothing moves any more
	return c.fig, c.count(ctx)
}

func (c *crowd) measure(ctx context.Context, progress func(string, int, int)) error {
	b := c.bench
	places, err := c.hire(ctx)
	if err != nil {
		return err
	}
	all := places + b.Waiting
	if err := c.arrive(ctx, all, func(done int) { progress("conversations", done, all) }); err != nil {
		return err
	}
	// Fast: whoever is free gets the next one, and somebody else comes.
	begun, from := time.Now(), c.accepted.Load()
	if err := c.beat(ctx, func(ctx context.Context) error {
		var g errgroup.Group
		for range besides {
			g.Go(func() error {
				for time.Since(begun) < b.For && ctx.Err() == nil {
					if err := c.turn(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return g.Wait()
	}); err != nil {
		return err
	}
	c.fig.PerSecond = float64(c.accepted.Load()-from) / time.Since(begun).Seconds()
	c.drain()
	progress("at the rate, everybody waiting", 0, 1)
	if err := c.beat(ctx, func(ctx context.Context) error { return c.atRate(ctx, c.turn) }); err != nil {
		return err
	}
	c.fig.Freed = c.p99()
	progress("at the rate, nobody waiting", 0, 1)
	if err := c.empty(ctx); err != nil {
		return err
	}
	c.drain()
	if err := c.beat(ctx, func(ctx context.Context) error { return c.atRate(ctx, c.visit) }); err != nil {
		return err
	}
	c.fig.Came = c.p99()
	return nil
}

// hire makes the agents, each with three of the skills and four places.
func (c *crowd) hire(ctx context.Context) (places int, err error) {
	for i := range c.bench.Agents {
		var skills []string
		for _, k := range c.draws.Perm(c.bench.Skills)[:min(3, c.bench.Skills)] {
			skills = append(skills, fmt.Sprintf("skill%d=%d", k, 1+c.draws.IntN(5)))
		}
		a := handoff.Agent{Workspace: id.DefaultWorkspace, ID: bot.AgentID(fmt.Sprintf("agent%04d", i)), Name: "Agent", Capacity: 4, Skills: skills}
		if _, err := c.desk.PutAgent(ctx, a); err != nil {
			return 0, err
		}
		if _, err := c.desk.SetDuty(ctx, a.Workspace, a.ID, handoff.DutyOn); err != nil {
			return 0, err
		}
		places += a.Capacity
	}
	return places, nil
}

// beat keeps consoles alive while something runs.
func (c *crowd) beat(ctx context.Context, while func(context.Context) error) error {
	agents, err := c.desk.Agents(ctx, id.DefaultWorkspace)
	if err != nil {
		return err
	}
	ids := make([]bot.AgentID, len(agents))
	for i, a := range agents {
		ids[i] = a.ID
	}
	ctx, stop := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() {
		for tick := time.Tick(5 * time.Second); ; {
			if err := c.desk.Beat(ctx, id.DefaultWorkspace, ids); err != nil && ctx.Err() == nil {
				c.fail(err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick:
			}
		}
	})
	err = while(ctx)
	stop()
	beats.Wait()
	c.drain()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		err = c.failed
	}
	return err
}

// arrive brings visitors until so many are there.
func (c *crowd) arrive(ctx context.Context, n int, done func(int)) error {
	return c.beat(ctx, func(ctx context.Context) error {
		var g errgroup.Group
		g.SetLimit(besides)
		for i := range n {
			if i%500 == 0 {
				done(i)
			}
			g.Go(func() error { return c.visit(ctx) })
		}
		return g.Wait()
	})
}

// visit is a visitor who asks for a person with one of the skills.
func (c *crowd) visit(ctx context.Context) error {
	c.mu.Lock()
	skill := fmt.Sprintf("skill%d", c.draws.IntN(c.bench.Skills))
	c.mu.Unlock()
	w, err := c.store.timeline.Open(ctx, bot.Conversation{
		Workspace: id.DefaultWorkspace, Inbox: "site", Visitor: bot.VisitorID(id.New()), ClientConvID: id.New(),
	}, bot.Key{}, func(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil })
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.came[w.Conversation.ID] = time.Now()
	c.mu.Unlock()
	_, err = c.desk.Enqueue(ctx, bot.Escalation{Workspace: id.DefaultWorkspace, Conversation: w.Conversation.ID, Reason: bot.ReasonAsked, Skills: []string{skill}})
	return err
}

// turn ends a chat, so that its agent is free, and brings another visitor.
func (c *crowd) turn(ctx context.Context) error {
	if err := c.finish(ctx); err != nil {
		return err
	}
	return c.visit(ctx)
}

// finish ends some chat.
func (c *crowd) finish(ctx context.Context) error {
	c.mu.Lock()
	if len(c.active) == 0 {
		c.mu.Unlock()
		return nil
	}
	i := c.draws.IntN(len(c.active))
	conv := c.active[i]
	c.active[i] = c.active[len(c.active)-1]
	c.active = c.active[:len(c.active)-1]
	agent := c.holder[conv]
	delete(c.holder, conv)
	c.since[agent] = append(c.since[agent], time.Now())
	c.mu.Unlock()
	_, err := c.desk.Close(ctx, id.DefaultWorkspace, conv, bot.Author{Kind: bot.AuthorAgent, ID: string(agent)})
	return err
}

// atRate does something so many times a second, each when it is due whatever
// became of those before.
func (c *crowd) atRate(ctx context.Context, do func(context.Context) error) error {
	c.mu.Lock()
	c.waits = nil
	c.mu.Unlock()
	var g errgroup.Group
	begun := time.Now()
	for i := range int(c.bench.For.Seconds() * float64(c.bench.Rate)) {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(c.bench.Rate))
		if d := time.Until(due); d > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
			}
		}
		g.Go(func() error { return do(ctx) })
	}
	return g.Wait()
}

// empty ends chats until nobody waits and half the places are free.
func (c *crowd) empty(ctx context.Context) error {
	return c.beat(ctx, func(ctx context.Context) error {
		for {
			line, err := c.desk.Line(ctx, id.DefaultWorkspace)
			if err != nil {
				return err
			}
			c.mu.Lock()
			left := len(c.active)
			c.mu.Unlock()
			if len(line) == 0 && left <= 2*c.bench.Agents {
				return nil
			}
			var g errgroup.Group
			g.SetLimit(besides)
			for range min(500, left) {
				g.Go(func() error { return c.finish(ctx) })
			}
			if err := g.Wait(); err != nil {
				return err
			}
			c.drain()
		}
	})
}

// drain waits until no offer is being accepted.
func (c *crowd) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.taking > 0 {
		c.idle.Wait()
	}
}

// Offered accepts each offer at once, and notes how long it took to come.
func (c *crowd) Offered(r handoff.Reservation, conv bot.Conversation) {
	now := time.Now()
	c.mu.Lock()
	from := c.came[r.Conversation]
	if free := c.since[r.Agent]; len(free) > 0 {
		if free[0].After(from) {
			from = free[0]
		}
		c.since[r.Agent] = free[1:]
	}
	if !from.IsZero() {
		c.waits = append(c.waits, now.Sub(from))
	}
	if c.open[r.Conversation] != "" || c.holder[r.Conversation] != "" {
		c.fig.Doubles++
	}
	c.open[r.Conversation] = r.ID
	c.taking++
	c.mu.Unlock()
	go func() {
		defer c.taken()
		w, err := c.desk.Accept(context.Background(), id.DefaultWorkspace, r.ID, r.Agent)
		if err != nil {
			c.fail(err)
			return
		}
		c.accepted.Add(1)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, r.Conversation)
		c.holder[r.Conversation] = w.Conversation.Agent
		c.active = append(c.active, r.Conversation)
		c.fig.Assigned++
	}()
}

// taken counts an acceptance that is over.
func (c *crowd) taken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taking--; c.taking == 0 {
		c.idle.Broadcast()
	}
}

// AgentChanged looks whether an agent has more than they may.
func (c *crowd) AgentChanged(a handoff.Agent) {
	if a.Load+a.Reserved > a.Capacity {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fig.Overshoots++
	}
}

func (c *crowd) OfferEnded(handoff.Reservation)                 {}
func (c *crowd) PlacesChanged(bot.WorkspaceID, []handoff.Place) {}

func (c *crowd) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = err
	}
}

func (c *crowd) p99() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waits) == 0 {
		return 0
	}
	slices.Sort(c.waits)
	return c.waits[len(c.waits)*99/100]
}

// count looks for everybody who came in the store: with an agent, in line, or done.
func (c *crowd) count(ctx context.Context) error {
	f, err := c.store.handoff.Floor(ctx, id.DefaultWorkspace, time.Now(), time.Now())
	if err != nil {
		return err
	}
	inLine := map[bot.ConversationID]bool{}
	for _, s := range f.Line {
		inLine[s.Conversation.ID] = true
	}
	held := 0
	for _, a := range f.Agents {
		held += a.Load
		if a.Load+a.Reserved > a.Capacity {
			c.fig.Overshoots++
		}
	}
	for conv := range c.came {
		got, err := c.store.timeline.Conversation(ctx, id.DefaultWorkspace, conv)
		if err != nil {
			return err
		}
		switch got.Service {
		case bot.ServiceActive:
			held--
		case bot.ServiceClosed:
		default:
			if !inLine[conv] {
				c.fig.Lost++
			}
		}
	}
	if held != 0 {
		return fault.New(fault.Internal, "agents count %d chats more than there are", held)
	}
	return nil
}

type silentPublisher struct{}

func (silentPublisher) Published(bot.Written) {}
func (silentPublisher) Delta(bot.Delta)       {}
func (silentPublisher) Typing(bot.Typing)     {}
