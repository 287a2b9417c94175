package bottest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Store keeps conversations in memory. It passes the suite that the engines of
// the product pass, and what it hands out shares nothing with what it keeps.
type Store struct {
	now func() time.Time

	mu     sync.Mutex // guards all below
	epoch  string
	convs  map[convKey]*kept
	order  []convKey // as they were made
	runs   []*bot.Run
	log    []convKey     // of every event, as they were written: the feed
	down   error         // what every call returns while the store is down; nil: up
	fails  int           // how many writes still fail
	failed error         // what they return
	moved  chan struct{} // closed and replaced at every write

	translations map[translationKey]bot.Translation
}

var (
	_ bot.Timeline   = (*Store)(nil)
	_ bot.RunStore   = (*Store)(nil)
	_ bot.TraceStore = (*Store)(nil)
	_ bot.Feed       = (*Store)(nil)
)

type convKey struct {
	ws bot.WorkspaceID
	id bot.ConversationID
}

// kept is one conversation with everything under it.
type kept struct {
	row    bot.Conversation
	events []bot.Event
	sends  map[sendKey]sent
	traces map[bot.EventID]bot.Trace
}

type sendKey struct {
	kind   bot.AuthorKind
	sender string
	msg    string
}

type sent struct {
	digest      string
	first, last int64
	run         bot.RunID
}

// NewStore returns an empty store. now is the clock of what the store itself
// writes; nil: the process's.
func NewStore(now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }, epoch: id.New(), convs: map[convKey]*kept{}, translations: map[translationKey]bot.Translation{}, moved: make(chan struct{})}
}

// Break makes every call return err until Break(nil): a store that is away.
func (s *Store) Break(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// FailWrites makes the next n writes return err: a disk that is full for a while.
func (s *Store) FailWrites(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails, s.failed = n, err
}

// Changed returns a channel that is closed at the next write.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.moved
}

// tell wakes who waits for a write. s.mu is held.
func (s *Store) tell() {
	close(s.moved)
	s.moved = make(chan struct{})
}

// Open implements bot.Timeline.
func (s *Store) Open(_ context.Context, c bot.Conversation, key bot.Key, decide bot.Decide) (bot.Written, error) {
	switch {
	case c.Workspace == "", c.Inbox == "", c.Visitor == "":
		return bot.Written{}, fault.New(fault.Invalid, "A conversation needs a workspace, an inbox and a visitor.")
	case c.ClientConvID == "":
		return bot.Written{}, fault.New(fault.Invalid, "A new conversation needs an id of its own.").WithField("client_conv_id", "send a UUID")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return bot.Written{}, s.down
	}
	for _, k := range s.order {
		have := s.convs[k]
		if k.ws == c.Workspace && have.row.Visitor == c.Visitor && have.row.ClientConvID == c.ClientConvID {
			return s.write(have, key, decide)
		}
	}
	at := c.CreatedAt.UTC().Truncate(time.Microsecond)
	if c.CreatedAt.IsZero() {
		at = s.now()
	}
	fresh := &kept{
		row: bot.Conversation{
			Workspace: c.Workspace, ID: c.ID, Inbox: c.Inbox, Visitor: c.Visitor, ClientConvID: c.ClientConvID, Version: 1,
			Speaker: bot.SpeakerBot, Service: bot.ServiceBot, Language: c.Language, CreatedAt: at, UpdatedAt: at,
		},
		sends: map[sendKey]sent{}, traces: map[bot.EventID]bot.Trace{},
	}
	if fresh.row.ID == "" {
		fresh.row.ID = bot.ConversationID(id.New())
	}
	w, err := s.write(fresh, key, decide)
	if err != nil {
		return w, err
	}
	k := convKey{c.Workspace, fresh.row.ID}
	s.convs[k] = fresh
	s.order = append(s.order, k)
	w.Created = true
	return w, nil
}

// Write implements bot.Timeline.
func (s *Store) Write(_ context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.get(ws, conv)
	if err != nil {
		return bot.Written{}, err
	}
	return s.write(k, key, decide)
}

// get finds a conversation. s.mu is held.
func (s *Store) get(ws bot.WorkspaceID, conv bot.ConversationID) (*kept, error) {
	if s.down != nil {
		return nil, s.down
	}
	k, ok := s.convs[convKey{ws, conv}]
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no such conversation.")
	}
	return k, nil
}

// write decides and stores. Nothing is changed when anything is refused. s.mu
// is held.
func (s *Store) write(k *kept, key bot.Key, decide bot.Decide) (bot.Written, error) {
	if s.fails > 0 {
		s.fails--
		return bot.Written{}, s.failed
	}
	at := sendKey{key.Sender.Kind, key.Sender.ID, key.ClientMsgID}
	if key.ClientMsgID != "" {
		if was, ok := k.sends[at]; ok {
			if was.digest != key.Digest {
				return bot.Written{}, fault.New(fault.Conflict, "The id %s was used for another message.", key.ClientMsgID)
			}
			return bot.Written{Conversation: clone(k.row), Events: clone(k.events[was.first-1 : was.last]), Dup: true, Run: was.run}, nil
		}
	}
	ch, err := decide(clone(k.row))
	if err != nil {
		return bot.Written{}, err
	}
	if ch.Empty() {
		return bot.Written{Conversation: clone(k.row)}, nil
	}
	if (ch.Owe || ch.Trace != nil && ch.Trace.Event == "") && len(ch.Events) == 0 {
		return bot.Written{}, fault.New(fault.Internal, "A change that owes an answer or leaves a trace needs an event.")
	}
	now := s.now()
	defer s.tell()
	if ch.Run != nil {
		if err := s.moveRun(k.row, *ch.Run, now); err != nil {
			return bot.Written{}, err
		}
	}
	var stopped []bot.Run
	if ch.Cancel {
		for _, r := range s.runs {
			if r.Workspace == k.row.Workspace && r.Conversation == k.row.ID && !r.State.Done() {
				r.State, r.UpdatedAt = bot.RunCancelled, now
				stopped = append(stopped, *r)
			}
		}
	}
	after, events, first := clone(k.row).Append(ch, key, stopped, id.New, now)
	w := bot.Written{Conversation: clone(after), Events: clone(events)}
	k.row = clone(after)
	k.events = append(k.events, clone(events)...)
	for range events {
		s.log = append(s.log, convKey{k.row.Workspace, k.row.ID})
	}
	for _, e := range events {
		if e.Kind == bot.EventFeedback {
			if t, ok := k.traces[e.Body.Of]; ok {
				helpful := e.Body.Helpful
				t.Helpful, t.Why = &helpful, e.Body.Why
				k.traces[e.Body.Of] = t
			}
		}
	}
	if ch.Owe {
		w.Run = s.owe(k.row, events[first], now)
	}
	if ch.Trace != nil {
		s.keepTrace(k, *ch.Trace, events, first, now)
	}
	if key.ClientMsgID != "" {
		k.sends[at] = sent{key.Digest, after.Seq - int64(len(events)) + 1, after.Seq, w.Run}
	}
	return w, nil
}

func (s *Store) keepTrace(k *kept, t bot.Trace, events []bot.Event, first int, now time.Time) {
	var e bot.Event
	if first < len(events) {
		e = events[first]
	}
	t = clone(t)
	t.Event = t.Traced(e)
	t.Workspace, t.Conversation = k.row.Workspace, k.row.ID
	if t.At.IsZero() {
		t.At = now
	}
	t.At = t.At.UTC().Truncate(time.Microsecond)
	if was, ok := k.traces[t.Event]; ok {
		t.Helpful, t.Why = was.Helpful, was.Why
	}
	k.traces[t.Event] = t
}

// Conversation implements bot.Timeline.
func (s *Store) Conversation(_ context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.get(ws, conv)
	if err != nil {
		return bot.Conversation{}, err
	}
	return clone(k.row), nil
}

// Events implements bot.Timeline.
func (s *Store) Events(_ context.Context, q bot.EventQuery) (bot.EventPage, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return bot.EventPage{}, fault.New(fault.Invalid, "A stretch has 1 to 500 events, not %d.", q.Limit)
	}
	if q.View != bot.ViewAgent && q.View != bot.ViewVisitor {
		return bot.EventPage{}, fault.New(fault.Internal, "A timeline is read as a visitor or as an agent.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.get(q.Workspace, q.Conversation)
	if err != nil {
		return bot.EventPage{}, err
	}
	number := func(e bot.Event) int64 {
		if q.View == bot.ViewVisitor {
			return e.VSeq
		}
		return e.Seq
	}
	p := bot.EventPage{Conversation: clone(k.row), Top: k.row.Seq}
	if q.View == bot.ViewVisitor {
		p.Top = k.row.VSeq
	}
	backward := q.Before > 0 || q.Latest
	before := q.Before
	if before <= 0 || before > p.Top {
		before = p.Top + 1
	}
	var in []bot.Event
	for _, e := range k.events {
		n := number(e)
		if n == 0 || (backward && n >= before) || (!backward && n <= max(q.After, 0)) {
			continue
		}
		in = append(in, e)
	}
	if len(in) > q.Limit {
		p.More = true
		if backward {
			in = in[len(in)-q.Limit:]
		} else {
			in = in[:q.Limit]
		}
	}
	p.Events = clone(in)
	p.Run = s.owed(k.row)
	return p, nil
}

// Conversations implements bot.Timeline.
func (s *Store) Conversations(_ context.Context, q bot.ConversationQuery) ([]bot.Conversation, error) {
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 200 rows, not %d.", q.Limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	var out []bot.Conversation
	for _, k := range s.order {
		c := s.convs[k].row
		switch {
		case k.ws != q.Workspace,
			len(q.Services) > 0 && !slices.Contains(q.Services, c.Service),
			q.Agent != "" && c.Agent != q.Agent,
			q.Visitor != "" && c.Visitor != q.Visitor,
			q.Inbox != "" && c.Inbox != q.Inbox,
			q.Text != "" && !strings.Contains(strings.ToLower(c.LastText), strings.ToLower(q.Text)),
			!q.Before.IsZero() && !older(c, q.Before, q.BeforeID):
			continue
		}
		out = append(out, clone(c))
	}
	slices.SortFunc(out, func(a, b bot.Conversation) int {
		if n := b.UpdatedAt.Compare(a.UpdatedAt); n != 0 {
			return n
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	if len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

func older(c bot.Conversation, at time.Time, id bot.ConversationID) bool {
	at = at.UTC().Truncate(time.Microsecond)
	return c.UpdatedAt.Before(at) || (c.UpdatedAt.Equal(at) && c.ID < id)
}

// Epoch implements bot.Timeline.
func (s *Store) Epoch(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch, s.down
}

// Head implements bot.Feed.
func (s *Store) Head(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(len(s.log)), s.down
}

// Changes implements bot.Feed. A cursor is the number of events before it.
func (s *Store) Changes(_ context.Context, after string, limit int) (bot.FeedPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := strconv.Atoi(after)
	switch {
	case s.down != nil:
		return bot.FeedPage{}, s.down
	case err != nil || at < 0 || at > len(s.log):
		return bot.FeedPage{}, fault.New(fault.Invalid, "%q is no cursor of the feed.", after)
	case limit < 1 || limit > 2000:
		return bot.FeedPage{}, fault.New(fault.Invalid, "A page of the feed has 1 to 2,000 rows, not %d.", limit)
	}
	end := min(at+limit, len(s.log))
	p := bot.FeedPage{Next: strconv.Itoa(end), More: end < len(s.log)}
	seen := map[convKey]bool{}
	for _, k := range s.log[at:end] {
		if !seen[k] {
			seen[k] = true
			row := clone(s.convs[k].row)
			row.Memory = bot.Memory{}
			p.Rows = append(p.Rows, row)
		}
	}
	return p, nil
}

// Trace implements bot.TraceStore.
func (s *Store) Trace(_ context.Context, ws bot.WorkspaceID, conv bot.ConversationID, event bot.EventID) (bot.Trace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, err := s.get(ws, conv); err == nil {
		if t, ok := k.traces[event]; ok {
			return clone(t), nil
		}
	}
	return bot.Trace{}, fault.New(fault.NotFound, "There is no trace of this message.")
}

// Turns implements bot.TraceStore.
func (s *Store) Turns(_ context.Context, q bot.TurnQuery) ([]bot.Trace, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 500 rows, not %d.", q.Limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	before := q.Before
	if before.IsZero() {
		before = s.now().Add(time.Microsecond)
	}
	var out []bot.Trace
	for _, key := range s.order {
		if key.ws != q.Workspace {
			continue
		}
		for _, t := range s.convs[key].traces {
			if t.At.Before(q.Since) || !t.At.Before(before) ||
				(len(q.Decisions) > 0 && !slices.Contains(q.Decisions, t.Decision)) || (q.Unhelpful && (t.Helpful == nil || *t.Helpful)) {
				continue
			}
			out = append(out, clone(t))
		}
	}
	slices.SortFunc(out, func(a, b bot.Trace) int {
		if n := b.At.Compare(a.At); n != 0 {
			return n
		}
		return strings.Compare(string(b.Event), string(a.Event))
	})
	if len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

// clone copies a value deeply, as a trip to a disk would.
func clone[T any](v T) T {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // every stored type can be written as JSON
	}
	var out T
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}
