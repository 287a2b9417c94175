package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// testTimelineModel performs random writes, retries, claims and take-overs on
// two conversations and compares both views with a plain list after each step.
func testTimelineModel(t *testing.T, s Stores) {
	check := 0
	rapid.Check(t, func(t *rapid.T) {
		check++
		m := &timelineModel{s: s, ws: bot.WorkspaceID(fmt.Sprint("model", check)), now: start}
		for range 2 {
			c := newConversation(t, s, m.ws)
			m.convs = append(m.convs, &modelConversation{row: c})
		}
		// Claims see the whole database: leave nothing to the next check.
		defer func() {
			for _, c := range m.convs {
				_ = tryWrite(t, s, c.row, bot.Key{}, bot.Change{Cancel: true})
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"send":      m.send,
			"retry":     m.retry,
			"reuse":     m.reuse,
			"several":   m.several,
			"refused":   m.refused,
			"claim":     m.claim,
			"stream":    m.stream,
			"reply":     m.reply,
			"late":      m.late,
			"take over": m.takeOver,
			"hand back": m.handBack,
			"renew":     m.renew,
			"release":   m.release,
			"die":       func(*rapid.T) { m.life++ },
			"pass": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "seconds")) * time.Second)
			},
			"resume": m.resume,
		})
	})
}

type timelineModel struct {
	s     Stores
	ws    bot.WorkspaceID
	convs []*modelConversation
	life  int // of the process that claims
	now   time.Time
}

func (m *timelineModel) owner() string { return fmt.Sprint(m.ws, m.life) }

// modelConversation is what a conversation should be.
type modelConversation struct {
	row     bot.Conversation // identity only
	events  []modelEvent
	visible int64
	epoch   int64
	human   bool
	sent    []modelSend
	queued  *modelRun
	active  *modelRun
	past    []bot.Run // claims that are over
	ended   map[bot.EventID]int
	streams []bot.EventID
}

type modelEvent struct {
	seq, vseq, epoch int64
	by               bot.AuthorKind
	text             string
}

type modelSend struct {
	key    bot.Key
	change bot.Change
	first  int // index of its events
	last   int
}

type modelRun struct {
	id   bot.RunID
	from int64
	run  bot.Run // as claimed; while queued only the placeholder of an earlier claim
	text string
}

// stop ends a run that will not speak any more: its placeholder gets its end.
func (c *modelConversation) stop(r *modelRun) {
	if r == nil || r.run.Placeholder == "" {
		return
	}
	c.add([]bot.NewEvent{{Author: botAuthor, Visible: true, Body: bot.Body{Text: r.text}}})
	c.end(r.run.Placeholder)
}

func (m *timelineModel) pick(t *rapid.T) *modelConversation {
	return m.convs[rapid.IntRange(0, len(m.convs)-1).Draw(t, "conversation")]
}

// add notes events that a successful write must have stored.
func (c *modelConversation) add(events []bot.NewEvent) {
	for _, e := range events {
		x := modelEvent{seq: int64(len(c.events) + 1), epoch: c.epoch, by: e.Author.Kind, text: e.Body.Text}
		if e.Visible {
			c.visible++
			x.vseq = c.visible
		}
		c.events = append(c.events, x)
	}
}

var modelAuthors = []bot.Author{
	visitor,
	{Kind: bot.AuthorAgent, ID: "a1", Name: "Lin"},
	{Kind: bot.AuthorAgent, ID: "a2", Name: "Wei"},
}

func (m *timelineModel) send(t *rapid.T) {
	c := m.pick(t)
	by := rapid.SampledFrom(modelAuthors).Draw(t, "by")
	text := rapid.StringN(0, 20, 60).Draw(t, "text")
	e := says(by, text)
	if by.Kind == bot.AuthorAgent && rapid.Bool().Draw(t, "note") {
		e.Kind, e.Visible = bot.EventNote, false
	}
	ch := bot.Change{Events: []bot.NewEvent{e}, Owe: by.Kind == bot.AuthorVisitor && !c.human}
	k := key(by, text)
	w := write(t, m.s, c.row, k, ch)
	if w.Dup {
		t.Fatalf("a new key was taken for a repetition")
	}
	first := len(c.events)
	c.add(ch.Events)
	c.sent = append(c.sent, modelSend{k, ch, first, len(c.events)})
	if ch.Owe {
		if c.queued == nil {
			c.queued = &modelRun{id: w.Run, from: w.Events[0].Seq}
		}
		if w.Run != c.queued.id {
			t.Fatalf("run %s, want the queued one %s", w.Run, c.queued.id)
		}
	}
}

func (m *timelineModel) retry(t *rapid.T) {
	c := m.pick(t)
	if len(c.sent) == 0 {
		t.Skip("nothing sent")
	}
	x := rapid.SampledFrom(c.sent).Draw(t, "send")
	w := write(t, m.s, c.row, x.key, x.change)
	if !w.Dup || len(w.Events) != x.last-x.first {
		t.Fatalf("a retry wrote: %+v", w)
	}
	for i, e := range w.Events {
		if want := c.events[x.first+i]; e.Seq != want.seq || e.VSeq != want.vseq || e.Body.Text != want.text {
			t.Fatalf("a retry answered %d/%d %q, want %+v", e.Seq, e.VSeq, e.Body.Text, want)
		}
	}
}

func (m *timelineModel) reuse(t *rapid.T) {
	c := m.pick(t)
	if len(c.sent) == 0 {
		t.Skip("nothing sent")
	}
	k := rapid.SampledFrom(c.sent).Draw(t, "send").key
	k.Digest += "!"
	wantKind(t, "reused key", tryWrite(t, m.s, c.row, k, bot.Change{Events: []bot.NewEvent{says(k.Sender, "other")}}), fault.Conflict)
}

// several writes some events of mixed visibility at once, without a key.
func (m *timelineModel) several(t *rapid.T) {
	c := m.pick(t)
	var ch bot.Change
	for i := range rapid.IntRange(1, 4).Draw(t, "n") {
		e := says(bot.Author{Kind: bot.AuthorSystem}, fmt.Sprint("system ", i))
		e.Visible = rapid.Bool().Draw(t, "visible")
		ch.Events = append(ch.Events, e)
	}
	write(t, m.s, c.row, bot.Key{}, ch)
	c.add(ch.Events)
}

func (m *timelineModel) refused(t *rapid.T) {
	c := m.pick(t)
	_, err := m.s.Timeline.Write(t.Context(), m.ws, c.row.ID, key(visitor, "x"), func(row bot.Conversation) (bot.Change, error) {
		if row.Seq != int64(len(c.events)) || row.ControlEpoch != c.epoch {
			t.Errorf("decide saw %d in epoch %d, want %d in %d", row.Seq, row.ControlEpoch, len(c.events), c.epoch)
		}
		return bot.Change{Events: []bot.NewEvent{says(visitor, "x")}, Owe: true}, fault.New(fault.Denied, "No.")
	})
	wantKind(t, "refused", err, fault.Denied)
}

// claim takes a run that waits in a quiet conversation, or one whose lease ended.
func (m *timelineModel) claim(t *rapid.T) {
	r, ok, err := m.s.Runs.ClaimRun(t.Context(), m.owner(), lease, m.now)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	for _, c := range m.convs {
		if !ok && (c.active == nil && c.queued != nil || c.active != nil && !m.now.Before(c.active.run.LeaseUntil)) {
			t.Fatalf("nothing to claim, but there is: queued %+v, active %+v", c.queued, c.active)
		}
		if !ok || c.row.ID != r.Conversation {
			continue
		}
		if c.active == nil {
			c.active, c.queued = c.queued, nil
		} else if m.now.Before(c.active.run.LeaseUntil) {
			t.Fatalf("claimed %+v at %v beside %+v", r, m.now, c.active.run)
		} else {
			c.past = append(c.past, c.active.run)
		}
		a := c.active
		if a == nil || r.ID != a.id || r.From != a.from || r.Epoch != c.epoch || r.Placeholder != a.run.Placeholder ||
			r.Attempt != a.run.Attempt+1 || r.Owner != m.owner() || !r.LeaseUntil.Equal(m.now.Add(lease)) || r.State != bot.RunActive {
			t.Fatalf("claimed %+v of %+v, epoch %d", r, a, c.epoch)
		}
		if newest := c.newestQuestion(); r.Through != newest {
			t.Fatalf("claimed through %d, want %d", r.Through, newest)
		}
		a.run = r
	}
}

// renew asks for every active run; only those of this life are held.
func (m *timelineModel) renew(t *rapid.T) {
	var ids, want []bot.RunID
	for _, c := range m.convs {
		if c.active == nil {
			continue
		}
		ids = append(ids, c.active.id)
		if c.active.run.Owner == m.owner() {
			want = append(want, c.active.id)
			c.active.run.LeaseUntil = m.now.Add(lease)
		}
	}
	held := renew(t, m.s, m.owner(), m.now, ids...)
	slices.Sort(held)
	slices.Sort(want)
	wantSame(t, "held", held, want)
}

func (c *modelConversation) newestQuestion() (seq int64) {
	for _, e := range c.events {
		if e.by == bot.AuthorVisitor {
			seq = e.seq
		}
	}
	return seq
}

func (m *timelineModel) stream(t *rapid.T) {
	c := m.pick(t)
	if c.active == nil {
		t.Skip("nothing claimed")
	}
	if c.active.run.State == bot.RunActive && c.active.run.Placeholder == "" {
		ev := bot.EventID(id.New())
		u := update(c.active.run, bot.RunStreaming)
		u.Placeholder = ev
		e := bot.NewEvent{ID: ev, Kind: bot.EventAnswer, Author: botAuthor, Visible: true, At: start}
		write(t, m.s, c.row, bot.Key{}, bot.Change{Run: u, Events: []bot.NewEvent{e}})
		c.add([]bot.NewEvent{e})
		c.active.run.State, c.active.run.Placeholder = bot.RunStreaming, ev
		c.streams = append(c.streams, ev)
	}
	c.active.text += "piece "
	ok, err := m.s.Runs.Checkpoint(t.Context(), m.ws, c.active.id, c.active.run.Attempt, c.active.text, start)
	if err != nil || !ok {
		t.Fatalf("checkpoint: %v, %v", ok, err)
	}
}

// reply ends the active run as its owner.
func (m *timelineModel) reply(t *rapid.T) {
	c := m.pick(t)
	if c.active == nil {
		t.Skip("nothing claimed")
	}
	e := says(botAuthor, "answer")
	if p := c.active.run.Placeholder; p != "" {
		e.Kind, e.Body.Of = bot.EventFinished, p
		c.end(p)
	}
	state := rapid.SampledFrom([]bot.RunState{bot.RunComplete, bot.RunFailed}).Draw(t, "state")
	write(t, m.s, c.row, bot.Key{}, bot.Change{Run: update(c.active.run, state), Events: []bot.NewEvent{e}})
	c.add([]bot.NewEvent{e})
	c.past, c.active = append(c.past, c.active.run), nil
}

func (c *modelConversation) end(p bot.EventID) {
	if c.ended == nil {
		c.ended = map[bot.EventID]int{}
	}
	c.ended[p]++
}

// late tries to reply for a claim that is over.
func (m *timelineModel) late(t *rapid.T) {
	c := m.pick(t)
	if len(c.past) == 0 {
		t.Skip("no claim is over")
	}
	r := rapid.SampledFrom(c.past).Draw(t, "claim")
	wantKind(t, "late reply", tryWrite(t, m.s, c.row, bot.Key{}, bot.Change{
		Run: update(r, bot.RunComplete), Events: []bot.NewEvent{says(botAuthor, "late")},
	}), fault.Conflict)
	if ok, err := m.s.Runs.Checkpoint(t.Context(), m.ws, r.ID, r.Attempt, "late", start); err != nil || ok {
		t.Fatalf("late checkpoint: %v, %v", ok, err)
	}
}

// takeOver makes a person speak: every run ends, and so does a streamed answer.
func (m *timelineModel) takeOver(t *rapid.T) {
	c := m.pick(t)
	if c.human {
		t.Skip("a person speaks already")
	}
	e := bot.NewEvent{Kind: bot.EventService, Author: modelAuthors[1], Visible: true, At: start, Body: bot.Body{Change: "taken"}}
	write(t, m.s, c.row, bot.Key{}, bot.Change{
		Cancel: true, Events: []bot.NewEvent{e},
		Row: func(c *bot.Conversation) { c.Speaker = bot.SpeakerHuman },
	})
	c.stop(c.active)
	c.stop(c.queued)
	if c.active != nil {
		c.past, c.active = append(c.past, c.active.run), nil
	}
	c.queued, c.human = nil, true
	c.epoch++
	c.add([]bot.NewEvent{e})
}

func (m *timelineModel) handBack(t *rapid.T) {
	c := m.pick(t)
	if !c.human {
		t.Skip("the bot speaks already")
	}
	write(t, m.s, c.row, bot.Key{}, bot.Change{Row: func(c *bot.Conversation) { c.Speaker = bot.SpeakerBot }})
	c.human = false
	c.epoch++
}

// release gives back what this life of the process has claimed.
func (m *timelineModel) release(t *rapid.T) {
	n, err := m.s.Runs.ReleaseRuns(t.Context(), m.owner(), m.now)
	if err != nil {
		t.Fatalf("release: %v", err)
	}
	for _, c := range m.convs {
		if c.active == nil || c.active.run.Owner != m.owner() {
			continue
		}
		n--
		c.past = append(c.past, c.active.run)
		switch {
		case c.queued == nil:
			c.queued = &modelRun{id: c.active.id, from: c.active.from, text: c.active.text}
			c.queued.run.Placeholder, c.queued.run.Attempt = c.active.run.Placeholder, c.active.run.Attempt
		default:
			c.queued.from = c.active.from
			c.stop(c.active)
		}
		c.active = nil
	}
	if n != 0 {
		t.Fatalf("released %d more than were claimed", n)
	}
}

// resume reads from a random cursor (I-08).
func (m *timelineModel) resume(t *rapid.T) {
	c := m.pick(t)
	view := rapid.SampledFrom([]bot.View{bot.ViewAgent, bot.ViewVisitor}).Draw(t, "view")
	fresh := timeline(t, m.s, c.row, view, 500)
	from := rapid.IntRange(0, len(fresh)).Draw(t, "from")
	size := rapid.IntRange(1, 7).Draw(t, "size")
	wantSame(t, "resumed", tail(t, m.s, c.row, view, int64(from), size), fresh[from:])
}

// check compares everything that readers can see with the model.
func (m *timelineModel) check(t *rapid.T) {
	for _, c := range m.convs {
		var all, seen []string
		for _, e := range c.events {
			s := fmt.Sprintf("%d/%d@%d %s %s", e.seq, e.vseq, e.epoch, e.by, e.text)
			all = append(all, s)
			if e.vseq > 0 {
				seen = append(seen, s)
			}
		}
		for view, want := range map[bot.View][]string{bot.ViewAgent: all, bot.ViewVisitor: seen} {
			var got []string
			ends := map[bot.EventID]int{}
			for _, e := range timeline(t, m.s, c.row, view, 500) {
				got = append(got, fmt.Sprintf("%d/%d@%d %s %s", e.Seq, e.VSeq, e.Epoch, e.Author.Kind, e.Body.Text))
				if e.Kind == bot.EventFinished {
					ends[e.Body.Of]++
				}
			}
			wantSame(t, string(view)+"'s timeline", got, want)
			for _, p := range c.streams {
				if ends[p] != c.ended[p] || ends[p] > 1 {
					t.Errorf("placeholder %s ended %d times, want %d", p, ends[p], c.ended[p])
				}
			}
		}
		row, err := m.s.Timeline.Conversation(t.Context(), m.ws, c.row.ID)
		if err != nil {
			t.Fatalf("row: %v", err)
		}
		if row.Seq != int64(len(all)) || row.VSeq != c.visible || row.ControlEpoch != c.epoch {
			t.Errorf("row %d/%d@%d, want %d/%d@%d", row.Seq, row.VSeq, row.ControlEpoch, len(all), c.visible, c.epoch)
		}
	}
}
