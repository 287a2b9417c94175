package handoff

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Bounds of a report, and how far before it is looked for the beginnings of what
// ended in it.
const (
	maxReportDays = 92
	maxReportRows = 1_000_000 // of each kind; beyond them a report is refused rather than wrong
	lookBack      = day
)

// ReportStore reads what reports are made of. Each calls each with one row after the
// other and ends with the first error of each.
type ReportStore interface {
	// Happenings reads the changes of service, the ratings and the changes of tickets
	// from inclusive, to exclusive, in order of time, those of a conversation in order.
	Happenings(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(Happening) error) error

	// Begun reads the conversations that began from inclusive, to exclusive.
	Begun(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(Begun) error) error

	// Made reads the tickets that were made, or solved and not opened again, from
	// inclusive, to exclusive, and those that are unfinished now.
	Made(ctx context.Context, ws bot.WorkspaceID, from, to time.Time, each func(Made) error) error
}

// Happening is an event as reports look at it.
type Happening struct {
	Conversation bot.ConversationID
	Inbox        string
	Queue        bot.QueueID // of the conversation, or of the ticket, as it is now
	At           time.Time
	Kind         bot.EventKind
	Noted
	Replied time.Time   // of "accepted", "taken" and "reopened": when an agent first wrote afterwards; zero: nobody did
	ReplyBy bot.AgentID // … and who
}

// Noted is what reports read of the body of an event, by the names of bot.Body.
type Noted struct {
	Change   string
	Service  bot.Service
	Agent    bot.AgentID // of the change of a ticket: its assignee as it is now
	Why      Parking
	Code     string
	CodeName string
	Score    int
	About    bot.AuthorKind
	Routing  *struct{ Queue bot.QueueID }
}

// Begun is a conversation as reports look at it.
type Begun struct {
	Conversation bot.ConversationID
	Inbox        string
	Queue        bot.QueueID
	At           time.Time
	Answered     bool // the bot answered something, and its last turn was an answer or small talk
}

// Made is a ticket as reports look at it.
type Made struct {
	Inbox    string
	Queue    bot.QueueID
	Assignee bot.AgentID
	At       time.Time
	Solved   time.Time     // zero: not, or opened again
	First    bool          // answered
	NextTook time.Duration // the longest of the later answers; 0: none was owed
	Due      time.Time
	DueFor   Level

	FirstLate, NextLate, ResolveLate bool

	Open bool // unfinished now: open or pending
}

// ReportQuery says what a report is about.
type ReportQuery struct {
	Workspace bot.WorkspaceID
	From, To  string       // dates such as "2026-03-04", both in it; at most 92 days. "": the seven days until To, today
	Queue     *bot.QueueID // nil: all
	Agent     bot.AgentID  // "": all
	Inbox     string       // "": all
}

// Report is what became of conversations and tickets in a stretch of days.
type Report struct {
	From, To time.Time // from inclusive, to exclusive
	Zone     string    // in which days begin: that of the queue asked for, or of the main one; "": UTC
	Total    Figures
	Days     []Group // every day, in order; ID is the date
	Queues   []Group // those with something to tell, in order of ID
	Agents   []Group // … of whom only what they did is counted
	Inboxes  []Group
	Codes    []CodeCount // most frequent first; of ended talks with people
	Backlog  Backlog
	Past     bool    // the span ended: nothing in it goes on
	Before   *Before // to compare with; nil: nothing happened then, or more than a report holds
}

// Before is what became of conversations and tickets in as many days directly before a
// span. While the span goes on, they end at the same time of day as it does now, so
// that a morning is compared with a morning.
type Before struct {
	From, To time.Time // from inclusive, to exclusive
	Figures
}

// Backlog counts the tickets that are unfinished now, whenever they were made.
type Backlog struct {
	Open int
	Late int // of them, past a service level
}

// Group is the figures of one day, queue, agent or inbox.
type Group struct {
	ID string
	Figures
}

// Figures count what happened in a span. A talk is what people have to do with a
// conversation: from the wish for one, or the take-over, to its end.
type Figures struct {
	Begun  int // conversations that began
	Bot    int // of them, those that the bot settled alone
	Handed int // of them, those in which a person was wished for or took over

	Handled   int     // talks that ended after an agent had them; of an agent: their part of talks
	Handle    Spread  // how long agents had these, with the time for notes
	Transfers int     // times that an agent passed a chat on
	Reply     Spread  // from the beginning of the wait to the first words of an agent
	Wait      Spread  // in line, of those who got an agent
	InTime    int     // of them, within the service level of the queue
	Abandoned int     // who left while they waited
	Messages  int     // talks kept for later: a message left, or nobody there
	OfBot     Ratings // of the talks that the bot settled alone
	OfPeople  Ratings // of the talks with people that ended

	Made     int // tickets that were made
	Solved   int // tickets that were solved and are still
	Reopened int // times that a solved ticket was opened again
	First    Kept
	Next     Kept
	Resolve  Kept
}

// Spread is how durations are distributed. The zero Spread is of none.
type Spread struct {
	N        int
	P50, P90 time.Duration // nearest rank
}

// Ratings are how content visitors were.
type Ratings struct {
	N    int // who said so
	Good int // of them, with 4 or 5 of 5
	Sum  int // of their scores
}

// Kept is how often a service level of the tickets that were made was kept. What may
// still be kept is not counted.
type Kept struct{ N, Kept int }

// CodeCount is how often a wrap-up code was given.
type CodeCount struct {
	Code, Name string // "": none was given
	N          int
}

// Report computes a report from the events, conversations and tickets of its days.
// Errors: Invalid, naming the field; Unavailable when the desk keeps no reports.
func (d *Desk) Report(ctx context.Context, q ReportQuery) (Report, error) {
	if d.reports == nil {
		return Report{}, fault.New(fault.Unavailable, "This desk makes no reports.")
	}
	queues, err := d.store.Queues(ctx, q.Workspace)
	if err != nil {
		return Report{}, err
	}
	now := d.now()
	r, err := q.span(queues, now)
	if err != nil {
		return Report{}, err
	}
	r.Past = !r.To.After(now)
	before := r.before(now)
	var of, then *fold
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		of, err = d.fold(ctx, newFold(q, &r, queues, now))
		return err
	})
	g.Go(func() (err error) {
		if !before.To.After(before.From) {
			return nil
		}
		then, err = d.fold(ctx, newFold(q, &Report{From: before.From, To: before.To}, queues, now))
		if errors.Is(err, errTooMuch) {
			return nil
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return Report{}, err
	}
	of.fill()
	if then != nil {
		if before.Figures = then.total.figures(); before.Figures != (Figures{}) {
			r.Before = &before
		}
	}
	return r, nil
}

// before is the span to compare with.
func (r *Report) before(now time.Time) Before {
	days := len(r.Days)
	end := r.To
	if !r.Past {
		end = now.In(r.To.Location())
	}
	return Before{From: r.From.AddDate(0, 0, -days), To: end.AddDate(0, 0, -days)}
}

var errTooMuch = fault.New(fault.Invalid, "There is too much in these days for one report. Choose fewer days.").WithField("to", "a shorter span")

// fold reads what happened in the span of a fold into it. It returns nil with an error.
func (d *Desk) fold(ctx context.Context, f *fold) (*fold, error) {
	ws, r := f.q.Workspace, f.r
	rows := 0
	counted := func() error {
		if rows++; rows > maxReportRows {
			return errTooMuch
		}
		return nil
	}
	err := d.reports.Happenings(ctx, ws, r.From.Add(-lookBack), r.To, func(h Happening) error {
		f.happened(h)
		return counted()
	})
	if err != nil {
		return nil, err
	}
	f.end()
	rows = 0
	err = d.reports.Begun(ctx, ws, r.From, r.To, func(b Begun) error {
		f.begun(b)
		return counted()
	})
	if err != nil {
		return nil, err
	}
	rows = 0
	err = d.reports.Made(ctx, ws, r.From, r.To, func(m Made) error {
		f.made(m)
		return counted()
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// span reads the days, in the zone of the queue asked for or of the main one.
func (q ReportQuery) span(queues []Queue, now time.Time) (r Report, err error) {
	var hours Hours
	of := func(id bot.QueueID) bool {
		i := slices.IndexFunc(queues, func(x Queue) bool { return x.ID == id })
		if i >= 0 && queues[i].Hours.Zone != "" {
			hours = queues[i].Hours
		}
		return i >= 0 || id == ""
	}
	of("")
	if q.Queue != nil && !of(*q.Queue) {
		return r, fault.New(fault.Invalid, "There is no queue %q.", *q.Queue).WithField("queue", "a queue that exists")
	}
	zone := hours.location()
	last, err := time.ParseInLocation(time.DateOnly, cmp.Or(q.To, now.In(zone).Format(time.DateOnly)), zone)
	if err != nil {
		return r, fault.Wrap(fault.Invalid, err, "%q is not a date.", q.To).WithField("to", "a date such as 2026-03-04")
	}
	from, err := time.ParseInLocation(time.DateOnly, cmp.Or(q.From, last.AddDate(0, 0, -6).Format(time.DateOnly)), zone)
	if err != nil {
		return r, fault.Wrap(fault.Invalid, err, "%q is not a date.", q.From).WithField("from", "a date such as 2026-03-04")
	}
	to := last.AddDate(0, 0, 1)
	switch {
	case last.Before(from):
		return r, fault.New(fault.Invalid, "The last day comes before the first.").WithField("to", "the first day or a later one")
	case from.AddDate(0, 0, maxReportDays).Before(to):
		return r, fault.New(fault.Invalid, "A report covers 92 days at most.").WithField("to", "at most 92 days from the first")
	}
	r.From, r.To, r.Zone = from, to, hours.Zone
	for date := from; date.Before(to); date = date.AddDate(0, 0, 1) {
		r.Days = append(r.Days, Group{ID: date.Format(time.DateOnly)})
	}
	return r, nil
}

// spread sorts durations and takes their middle and what nine in ten are below.
func spread(all []time.Duration) (s Spread) {
	if len(all) == 0 {
		return s
	}
	slices.Sort(all)
	rank := func(p float64) time.Duration { return all[int(math.Ceil(p*float64(len(all))))-1] }
	return Spread{len(all), rank(.5), rank(.9)}
}

// sums are figures in the making.
type sums struct {
	Figures
	handle, reply, wait []time.Duration
}

func (s *sums) figures() Figures {
	s.Handle, s.Reply, s.Wait = spread(s.handle), spread(s.reply), spread(s.wait)
	return s.Figures
}

// groups makes a list of the sums by name.
func groups[K ~string](of map[K]*sums) []Group {
	var out []Group
	for id, s := range of {
		out = append(out, Group{string(id), s.figures()})
	}
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// counts makes a list of codes, the most frequent first.
func counts(of map[string]*CodeCount) []CodeCount {
	var out []CodeCount
	for _, c := range of {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b CodeCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Code, b.Code))
	})
	return out
}
