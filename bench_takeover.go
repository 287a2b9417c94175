package frontdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// TakeoverBench says what MeasureTakeover races.
type TakeoverBench struct {
	Seed     uint64
	Races    int
	Postgres string // DSN of an empty database; "": a fresh embedded store in Dir
	Dir      string
}

// TakeoverFigures are what MeasureTakeover found.
type TakeoverFigures struct {
	Races      int
	LateEvents int // events of the bot with a number after the take-over's
	LatePieces int // pieces of an answer that a reader was sent after the take-over
	Cut        int // races that stopped an answer of which words could be read
	Unbegun    int // … that stopped one before its first word
	Answered   int // … that came after the whole answer
	Took       time.Duration
}

// How races run.
const (
	takeoverBeside = 32
	takeoverPause  = 4 * time.Millisecond  // before each word of the model, on average
	takeoverStill  = 12 * time.Millisecond // at most, until a take-over that waits for no word
)

// What the bot knows: a page that a model writes from, and an entry that is given
// word for word.
const (
	takeoverPage   = "Green tea wants water of seventy degrees. Black tea wants boiling water. Rinse the pot with hot water first. Leave the leaves in the pot for two minutes."
	takeoverAsks   = "Which water does green tea want? Race %d."
	takeoverEntry  = "How long does delivery take?"
	takeoverAnswer = "Delivery takes two to four working days."
)

// race is one visitor, one question and one take-over.
type race struct {
	n      int
	moment int // word of the model at which the take-over begins; below 0: at some time after the question
	conv   bot.ConversationID
	run    bot.RunID
	peer   *live.Peer
	began  chan struct{} // closed when the model has come to the moment
	once   sync.Once

	told chan struct{} // closed when its reader was told of the take-over

	mu    sync.Mutex // guards what follows
	taken bool       // told is closed
	late  int        // pieces that came to its reader afterwards
}

// takeovers is an engine with people who interrupt it.
type takeovers struct {
	bench  TakeoverBench
	app    *App
	beside *handoff.Desk // of another node: its moves are not told to this node's engine
	mu     sync.Mutex    // guards what follows
	draws  *rand.Rand
	races  map[int]*race
}

// MeasureTakeover has agents and supervisors take conversations over while the bot
// answers, at random moments, and then looks in the store for words of the bot
// behind the take-over. Every other take-over comes from another node, which the
// engine learns of by the store alone. progress may be nil.
func MeasureTakeover(ctx context.Context, b TakeoverBench, progress func(step string, done, all int)) (_ TakeoverFigures, err error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	begun := time.Now()
	t := &takeovers{bench: b, draws: rand.New(rand.NewPCG(b.Seed, 0)), races: map[int]*race{}}
	c := Defaults()
	c.Storage.Dir, c.Storage.Postgres = b.Dir, Secret(b.Postgres)
	if t.app, err = Open(ctx, c, WithoutLimits(), WithModel(t)); err != nil {
		return TakeoverFigures{}, err
	}
	defer func() {
		if closed := t.app.Close(); err == nil {
			err = closed
		}
	}()
	a := t.app
	t.beside = handoff.New(a.db.handoff, a.db.conversations, a.hub, a.set.now, a.log, nil)
	for _, d := range []knowledge.Document{
		{Path: "tea", Kind: knowledge.KindPage, Language: "en", Status: knowledge.StatusPublished, Title: "Brewing tea", Sections: knowledge.Sections(takeoverPage)},
		{Path: "delivery", Kind: knowledge.KindEntry, Language: "en", Status: knowledge.StatusPublished, Question: takeoverEntry, Answer: takeoverAnswer},
	} {
		if err := a.AddDocument(ctx, d); err != nil {
			return TakeoverFigures{}, err
		}
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, running := errgroup.WithContext(running)
	answering, stopAnswering := context.WithCancel(running)
	defer stopAnswering()
	group.Go(func() error { return a.hub.Run(running) })
	engine := make(chan error, 1)
	go func() { engine <- a.engine.Run(answering) }()
	all, err := t.race(ctx, progress)
	stopAnswering()
	if ended := <-engine; err == nil { // every turn has ended: nothing more can come
		err = ended
	}
	if err != nil {
		return TakeoverFigures{}, err
	}
	fig, err := t.count(ctx, all)
	fig.Took = time.Since(begun)
	stop()
	if ended := group.Wait(); err == nil && ended != nil && running.Err() == nil {
		err = ended
	}
	return fig, err
}

// race runs all races, some at once.
func (t *takeovers) race(ctx context.Context, progress func(string, int, int)) ([]*race, error) {
	type seat struct {
		agent bot.AgentID
		last  *race // whose reader still looks
	}
	seats := make(chan seat, takeoverBeside)
	for i := range takeoverBeside {
		who := bot.AgentID(fmt.Sprintf("agent%02d", i))
		if _, err := t.app.desk.PutAgent(ctx, handoff.Agent{Workspace: id.DefaultWorkspace, ID: who, Name: "Agent", Capacity: 50}); err != nil {
			return nil, err
		}
		seats <- seat{agent: who}
	}
	all := make([]*race, t.bench.Races)
	words := len(strings.Fields(takeoverPage))
	var g errgroup.Group
	g.SetLimit(takeoverBeside)
	for i := range all {
		all[i] = &race{n: i, moment: -1, began: make(chan struct{}), told: make(chan struct{})}
		if t.drawn(4) > 0 {
			all[i].moment = t.drawn(words + 2)
		}
		if i%100 == 0 {
			progress("races", i, len(all))
		}
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			s := <-seats
			err := t.run(ctx, all[i], s.agent)
			if s.last != nil {
				t.app.hub.Disconnect(s.last.peer)
			}
			seats <- seat{s.agent, all[i]}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return all, ctx.Err()
}

// run is one race: a question, its reader, and a take-over at the moment. Every
// fourth visitor writes on at about that time.
func (t *takeovers) run(ctx context.Context, r *race, agent bot.AgentID) error {
	t.mu.Lock()
	t.races[r.n] = r
	t.mu.Unlock()
	visitor := bot.VisitorID(id.New())
	in := bot.Inbound{Workspace: id.DefaultWorkspace, Inbox: "site", Visitor: visitor, ClientConvID: id.New(), ClientMsgID: id.New(), Language: "en", Text: takeoverEntry}
	if r.moment >= 0 {
		in.Text = fmt.Sprintf(takeoverAsks, r.n)
	}
	w, err := t.app.engine.Receive(ctx, in)
	if err != nil {
		return err
	}
	r.conv, r.run = w.Conversation.ID, w.Run
	if err := t.read(ctx, r, visitor); err != nil {
		return err
	}
	if r.moment < 0 {
		r.wait(time.Duration(t.drawn(int(takeoverStill))))
	} else {
		r.wait(5 * time.Second) // the model may be done before: then the answer is
	}
	var g errgroup.Group
	if r.n%4 == 3 {
		g.Go(func() error {
			more := in
			more.ClientMsgID, more.Text = id.New(), "And black tea?"
			_, err := t.app.engine.Receive(ctx, more)
			return err
		})
	}
	g.Go(func() error {
		desk := t.app.desk
		if r.n%2 == 1 {
			desk = t.beside
		}
		_, err := desk.Take(ctx, id.DefaultWorkspace, r.conv, agent, 0, handoff.TakeOptions{Supervisor: r.n%3 == 0})
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	select {
	case <-r.told:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(10 * time.Second):
		return fault.New(fault.Internal, "race %d: the visitor was never told that somebody took over", r.n)
	}
	_, err = t.app.desk.Close(ctx, id.DefaultWorkspace, r.conv, bot.Author{Kind: bot.AuthorAgent, ID: string(agent)})
	return err
}

// wait waits for the moment, at most so long.
func (r *race) wait(atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-r.began:
	case <-timer.C:
	}
}

// read has the visitor follow the conversation, as a widget does.
func (t *takeovers) read(ctx context.Context, r *race, visitor bot.VisitorID) (err error) {
	who := live.Who{Workspace: id.DefaultWorkspace, View: bot.ViewVisitor, Visitor: visitor}
	if r.peer, err = t.app.hub.Connect(who, r); err != nil {
		return err
	}
	_, err = t.app.hub.Watch(ctx, r.peer, r.conv, live.Cursor{})
	return err
}

// Write implements live.Sink: it notes what comes after the take-over.
func (r *race) Write(frames [][]byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, data := range frames {
		var f struct {
			Type   string
			Events []struct{ Change string }
		}
		if err := json.Unmarshal(data, &f); err != nil {
			return err
		}
		switch f.Type {
		case "delta", "reset":
			if r.taken {
				r.late++
			}
		case "events":
			for _, e := range f.Events {
				if e.Change == "taken" && !r.taken {
					r.taken = true
					close(r.told)
				}
			}
		}
	}
	return nil
}

// Close implements live.Sink.
func (r *race) Close(int, string) {}

// Name implements bot.Model.
func (t *takeovers) Name() string { return "scripted" }

// Generate implements bot.Model: it writes the page word by word and, at the word
// that the race has drawn, lets the take-over begin.
func (t *takeovers) Generate(ctx context.Context, p bot.Prompt, emit func(string) error) (string, error) {
	n := -1
	asked := p.Messages[len(p.Messages)-1].Text
	if at := strings.LastIndex(asked, "Race "); at >= 0 {
		_, _ = fmt.Sscanf(asked[at:], "Race %d.", &n)
	}
	t.mu.Lock()
	r := t.races[n]
	t.mu.Unlock()
	words := strings.SplitAfter(takeoverPage, " ")
	for i, word := range words {
		r.come(i)
		pause := time.NewTimer(time.Duration(t.drawn(int(2 * takeoverPause))))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return "", ctx.Err()
		}
		if err := emit(word); err != nil {
			return "", err
		}
	}
	r.come(len(words))
	return takeoverPage, nil
}

// come lets the take-over begin when its word has come.
func (r *race) come(word int) {
	if r != nil && word >= r.moment {
		r.once.Do(func() { close(r.began) })
	}
}

func (t *takeovers) drawn(n int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.draws.IntN(n)
}

// count looks through what was stored.
func (t *takeovers) count(ctx context.Context, all []*race) (TakeoverFigures, error) {
	fig := TakeoverFigures{Races: len(all)}
	for _, r := range all {
		page, err := t.app.db.conversations.Events(ctx, bot.EventQuery{Workspace: id.DefaultWorkspace, Conversation: r.conv, View: bot.ViewAgent, Limit: 500})
		if err != nil {
			return fig, err
		}
		r.mu.Lock()
		fig.LatePieces += r.late
		r.mu.Unlock()
		taken, begun, whole := false, false, false
		for _, e := range page.Events {
			switch {
			case e.Kind == bot.EventService && e.Body.Change == "taken":
				taken = true
			case e.Author.Kind == bot.AuthorBot && taken:
				fig.LateEvents++
			case e.Kind == bot.EventAnswer:
				begun = true
			case e.Author.Kind == bot.AuthorBot:
				whole = whole || e.Kind == bot.EventMessage || e.Body.State == bot.RunComplete
			}
		}
		switch {
		case !taken:
			return fig, fault.New(fault.Internal, "race %d: nobody took the conversation over", r.n)
		case whole:
			fig.Answered++
		case begun:
			fig.Cut++
		default:
			fig.Unbegun++
		}
	}
	return fig, nil
}
