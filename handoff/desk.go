package handoff

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// How long the desk waits for whom.
const (
	offerFor    = 25 * time.Second // to answer an offer, when neither queue nor options say
	freshFor    = 30 * time.Second // an agent silent for longer gets no offers
	graceFor    = 55 * time.Second // … and for so much longer still loses their chats: 90 s are promised, signs of life are stored up to 3 s late
	awayFor     = 2 * time.Minute  // a visitor who left while waiting is parked then
	keptFor     = 30 * time.Minute // and finds the old place on coming back within this
	excludedFor = 60 * time.Second // an agent who declined or missed it is not asked again
	restart     = 10 * time.Minute // heartbeats this old at our start stopped because we did
	maxMissed   = 2                // offers missed in a row before an agent gets none
	sweepEach   = 500 * time.Millisecond
)

// Notifier tells consoles and visitors what changed at the desk. Its methods must
// not block; what they lose is read again from the desk.
type Notifier interface {
	Offered(r Reservation, c bot.Conversation)
	OfferEnded(r Reservation)
	PlacesChanged(ws bot.WorkspaceID, places []Place)
	AgentChanged(a Agent)
}

// Options tunes a desk. nil and the zero value are the defaults.
type Options struct {
	Notifier  Notifier      // nil: nobody is told
	Observer  Observer      // nil: nobody is told
	Customers Customers     // for rules; nil: nobody is known
	OfferFor  time.Duration // to answer an offer, when the queue does not say; 0: 25 s
	Idle      Idle          // when chats count less
	Grace     time.Duration // how much longer than the 30 s without a sign of life, after which an agent gets no offers, one keeps their chats; 0: 55 s
	// Seen gets the desk of a workspace as each sweep left it, so that a node among
	// others can make good what it was not told. It must not block. nil: nobody looks.
	Seen    func(ws bot.WorkspaceID, f Floor)
	Tickets TicketStore // keeps tickets; nil: the desk makes none
	Reports ReportStore // what reports are made of; nil: there are none
	Mails   bool        // answers to tickets go by e-mail too, where there is an address
	// Here reports whether a visitor's connection to this node follows the
	// conversation: another node may have seen an older connection of theirs end,
	// and noted them as away, after this one opened. nil: nobody is known to be here.
	Here func(ws bot.WorkspaceID, conv bot.ConversationID) bool
}

// Desk brings visitors and people together. It keeps nothing in memory that
// matters: several desks over one store agree. Its methods are safe for
// concurrent use.
type Desk struct {
	store     Store
	tickets   TicketStore // nil: none are made
	reports   ReportStore // nil: there are none
	mails     bool
	timeline  bot.Timeline
	publisher bot.Publisher
	notifier  Notifier
	observer  Observer
	customers Customers
	seen      func(bot.WorkspaceID, Floor)
	here      func(bot.WorkspaceID, bot.ConversationID) bool
	now       func() time.Time
	log       *slog.Logger
	offerFor  time.Duration
	idle      Idle
	goneAfter time.Duration // of silence: an agent loses their chats
	started   time.Time
	boards    boards
	zones     zones
	kick      chan struct{} // holds one token when something may be matched

	mu     sync.Mutex                    // guards the fields below
	silent map[bot.ConversationID]bool   // idle, as far as is known here
	back   []Standing                    // idle ones whose visitor has written
	looked map[bot.WorkspaceID]time.Time // when pending tickets were looked at
	woken  map[bot.WorkspaceID]bool      // where something may be matched
	places map[bot.WorkspaceID][]Place
	walls  walls
}

var _ bot.Escalator = (*Desk)(nil)

// New returns a desk. It does nothing by itself until Run.
func New(store Store, timeline bot.Timeline, publisher bot.Publisher, now func() time.Time, logger *slog.Logger, o *Options) *Desk {
	if logger == nil {
		logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	d := &Desk{
		store: store, timeline: timeline, publisher: publisher, now: now, log: logger, started: now(),
		kick: make(chan struct{}, 1), boards: boards{of: map[bot.WorkspaceID]*kept{}},
		woken: map[bot.WorkspaceID]bool{}, silent: map[bot.ConversationID]bool{}, looked: map[bot.WorkspaceID]time.Time{},
		places: map[bot.WorkspaceID][]Place{}, walls: walls{},
	}
	if o == nil {
		o = &Options{}
	}
	d.tickets, d.mails, d.reports = o.Tickets, o.Mails, o.Reports
	d.customers = o.Customers
	d.offerFor, d.goneAfter = cmp.Or(o.OfferFor, offerFor), freshFor+cmp.Or(o.Grace, graceFor)
	d.idle = o.Idle.filled()
	if d.notifier = o.Notifier; d.notifier == nil {
		d.notifier = silent{}
	}
	if d.observer = o.Observer; d.observer == nil {
		d.observer = unobserved{}
	}
	if d.seen = o.Seen; d.seen == nil {
		d.seen = func(bot.WorkspaceID, Floor) {}
	}
	if d.here = o.Here; d.here == nil {
		d.here = func(bot.WorkspaceID, bot.ConversationID) bool { return false }
	}
	return d
}

type silent struct{}

func (silent) Offered(Reservation, bot.Conversation)  {}
func (silent) OfferEnded(Reservation)                 {}
func (silent) PlacesChanged(bot.WorkspaceID, []Place) {}
func (silent) AgentChanged(Agent)                     {}

// wake asks Run for a match soon.
func (d *Desk) wake(ws bot.WorkspaceID) {
	d.mu.Lock()
	d.woken[ws] = true
	d.mu.Unlock()
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// floor reads the desk and forgives agents the silence that was ours: consoles
// need a moment to come back after a restart.
func (d *Desk) floor(ctx context.Context, ws bot.WorkspaceID) (Floor, error) {
	now := d.now()
	f, err := d.store.Floor(ctx, ws, now.Add(-excludedFor), now)
	f.Agents, f.gone, f.zones = slices.Clone(f.Agents), d.goneAfter, &d.zones
	for i, a := range f.Agents {
		f.Agents[i].Heartbeat = d.alive(a)
	}
	return f, err
}

// alive is the agent's last sign of life, or the latest that they could have
// given while nobody listened.
func (d *Desk) alive(a Agent) time.Time {
	excused := d.started.Add(-freshFor)
	if a.Heartbeat.Before(excused) && a.Heartbeat.After(d.started.Add(-restart)) {
		return excused
	}
	return a.Heartbeat
}

// Outlook says what a visitor would meet in line if Enqueue were called now: where
// the rules would put them.
func (d *Desk) Outlook(ctx context.Context, e bot.Escalation) (bot.Outlook, error) {
	c := bot.Conversation{Workspace: e.Workspace}
	if e.Conversation != "" { // a question of the test bench has no conversation: it asks as somebody new would
		var err error
		if c, err = d.timeline.Conversation(ctx, e.Workspace, e.Conversation); err != nil {
			return bot.Outlook{}, err
		}
	}
	asked := d.ask(ctx, e)
	v, err := d.view(ctx, e.Workspace)
	if err != nil {
		return bot.Outlook{}, err
	}
	var o bot.Outlook
	v.see(func(b *board) {
		s, now := Standing{Conversation: c, Wait: b.waitOf(c.ID)}, d.now()
		p := b.joins(&s, asked, e, now)
		o = b.outlook(s, now)
		o.Ticket = instead(p, c)
	})
	return o, nil
}

// outlook is what a conversation meets that waits since s.Wait.Since, or would
// join the line now.
func (b *board) outlook(s Standing, now time.Time) bot.Outlook {
	o := bot.Outlook{Known: true}
	if o.Open, o.Opens = b.waits(s.Conversation, now); !o.Open {
		return o
	}
	if s.Wait.Since.IsZero() {
		s.Wait.Since = now
	}
	p := b.joining(s, now)
	o.Position, o.Wait, o.WaitUpper = p.Position, p.Wait, p.WaitUpper
	if pool := b.poolOf(s.Conversation); !p.Unserved {
		who := pool.stages[pool.stageAt(now.Sub(s.Wait.Since), b.onDuty(now))].who
		for i, a := range b.agents {
			if a.Present(now) && who.has(i) {
				o.Agents++
			}
		}
	}
	return o
}

// Line lists who waits for their turn, the next one first.
func (d *Desk) Line(ctx context.Context, ws bot.WorkspaceID) ([]InLine, error) {
	v, err := d.view(ctx, ws)
	if err != nil {
		return nil, err
	}
	var out []InLine
	v.see(func(b *board) { out = b.lineOf(d.now()) })
	return out, nil
}

// PlaceOf returns where a conversation stands. Error: NotFound when it is not in
// line.
func (d *Desk) PlaceOf(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (Place, error) {
	v, err := d.view(ctx, ws)
	if err != nil {
		return Place{}, err
	}
	var place Place
	found := false
	v.see(func(b *board) {
		if e := b.entries[conv]; e != nil {
			place, found = b.joining(e.Standing, d.now()), true
		}
	})
	if !found {
		return Place{}, fault.New(fault.NotFound, "This conversation is not in line.")
	}
	return place, nil
}

// Offers lists the open offers to an agent, the oldest first.
func (d *Desk) Offers(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) ([]Reservation, error) {
	return d.store.Offers(ctx, ws, agent)
}
