package handoff

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// fold makes a report of what happened, row by row in order of time. What counts is
// when something ended or was done; talks that began before are followed so that
// their times are whole.
type fold struct {
	q      ReportQuery
	r      *Report
	now    time.Time
	levels map[bot.QueueID]time.Duration

	talks  map[bot.ConversationID]*talk
	queue  map[bot.ConversationID]bot.QueueID // of the last talk that ended, for its rating
	people map[bot.ConversationID]bool        // handed over in the span

	total   sums
	days    map[string]*sums
	quarter int64  // of an hour, since 1970, of what was counted last
	date    string // … on which day: days begin with a quarter in every time zone
	queues  map[bot.QueueID]*sums
	agents  map[bot.AgentID]*sums
	inboxes map[string]*sums
	codes   map[string]*CodeCount
}

// talk is what people have to do with a conversation, as far as it went.
type talk struct {
	inbox string
	queue bot.QueueID

	clock   time.Time // start of the wait, moved on by the time that it stood still; zero: nobody waited
	stood   time.Time // it stands still since; zero: it runs
	waiting bool
	left    time.Time // the visitor went away then, and has not come back; zero: they are here
	served  bool      // somebody took it
	replied bool      // … and wrote
	kept    bool      // counted as kept for later

	agent bot.AgentID // who has it; "": nobody
	since time.Time   // … since then
	reply time.Time   // when they first wrote; zero: never
	parts []part      // of the agents who had it before
	code  CodeCount
}

type part struct {
	agent bot.AgentID
	took  time.Duration
}

func newFold(q ReportQuery, r *Report, queues []Queue, now time.Time) *fold {
	f := &fold{
		q: q, r: r, now: now, levels: map[bot.QueueID]time.Duration{},
		talks: map[bot.ConversationID]*talk{}, queue: map[bot.ConversationID]bot.QueueID{}, people: map[bot.ConversationID]bool{},
		days: map[string]*sums{}, queues: map[bot.QueueID]*sums{}, agents: map[bot.AgentID]*sums{}, inboxes: map[string]*sums{},
		codes: map[string]*CodeCount{},
	}
	for _, x := range queues {
		f.levels[x.ID] = x.ServiceLevel()
	}
	return f
}

func (f *fold) within(at time.Time) bool { return !at.Before(f.r.From) && at.Before(f.r.To) }

// wanted reports whether something of a queue and an inbox is asked for.
func (f *fold) wanted(queue bot.QueueID, inbox string) bool {
	return (f.q.Queue == nil || *f.q.Queue == queue) && (f.q.Inbox == "" || f.q.Inbox == inbox)
}

// add counts one thing wherever it belongs. agent is who did it; "" nobody.
func (f *fold) add(at time.Time, queue bot.QueueID, inbox string, agent bot.AgentID, count func(*sums)) {
	if f.whole(at, queue, inbox, f.q.Agent == "" || f.q.Agent == agent, count) && agent != "" {
		count(in(f.agents, agent))
	}
}

// whole counts one thing everywhere but for its agents, and reports whether it did.
func (f *fold) whole(at time.Time, queue bot.QueueID, inbox string, agents bool, count func(*sums)) bool {
	if !agents || !f.within(at) || !f.wanted(queue, inbox) {
		return false
	}
	count(&f.total)
	count(in(f.days, f.day(at)))
	count(in(f.queues, queue))
	count(in(f.inboxes, inbox))
	return true
}

// day is the date on which something was.
func (f *fold) day(at time.Time) string {
	if quarter := at.Unix() / 900; quarter != f.quarter || f.date == "" {
		f.quarter, f.date = quarter, at.In(f.r.From.Location()).Format(time.DateOnly)
	}
	return f.date
}

func in[K comparable](of map[K]*sums, id K) *sums {
	s := of[id]
	if s == nil {
		s = &sums{}
		of[id] = s
	}
	return s
}

// happened takes one event.
func (f *fold) happened(h Happening) {
	switch h.Kind {
	case bot.EventTicket:
		if h.Change == "reopened" {
			f.add(h.At, h.Queue, h.Inbox, h.Agent, func(s *sums) { s.Reopened++ })
		}
	case bot.EventRating:
		f.rated(h)
	case bot.EventService:
		f.moved(h)
	}
}

func (f *fold) rated(h Happening) {
	queue, ok := f.queue[h.Conversation]
	if !ok {
		queue = h.Queue
	}
	count := func(r *Ratings) {
		r.N++
		r.Sum += h.Score
		if h.Score >= goodScore {
			r.Good++
		}
	}
	if h.About == bot.AuthorBot {
		f.add(h.At, queue, h.Inbox, "", func(s *sums) { count(&s.OfBot) })
		return
	}
	f.add(h.At, queue, h.Inbox, h.Agent, func(s *sums) { count(&s.OfPeople) })
}

// goodScore is what a content visitor gives at least, of 5.
const goodScore = 4

// moved takes a change of service.
func (f *fold) moved(h Happening) {
	t := f.talks[h.Conversation]
	switch h.Change {
	case "enqueued", "parked", "left_message", "bot_stopped", "accepted", "taken", "ticketed":
		f.people[h.Conversation] = f.people[h.Conversation] || f.within(h.At)
		if t == nil && h.Change != "ticketed" {
			t = &talk{queue: h.Queue}
			f.talks[h.Conversation] = t
		}
	case "reopened":
		if t == nil && h.Agent != "" {
			t = &talk{queue: h.Queue}
			f.talks[h.Conversation] = t
		}
	case "transferred":
		queue := h.Queue
		if t != nil {
			queue = t.queue
		}
		f.add(h.At, queue, h.Inbox, h.Agent, func(s *sums) { s.Transfers++ })
	case "closed", "wrapped_up", "handed_back":
		if t == nil && h.Agent != "" { // it began so long ago that nothing is known of its times
			t = &talk{queue: h.Queue, parts: []part{{agent: h.Agent, took: -1}}, replied: true}
		}
	}
	if t == nil {
		return
	}
	t.inbox = h.Inbox
	switch h.Change {
	case "enqueued":
		t.waits(h.At)
	case "bot_stopped":
		if h.Service == bot.ServiceWaiting {
			t.waits(h.At)
		} else {
			f.keeps(t, h.At)
		}
	case "parked", "left_message":
		t.stands(h.At)
		if h.Change == "parked" && h.Why == ParkedAway {
			t.left = h.At
		} else {
			t.left = time.Time{}
			f.keeps(t, h.At)
		}
	case "offered":
		if h.Routing != nil {
			t.queue = h.Routing.Queue
		}
	case "accepted", "taken", "reopened":
		f.takes(t, h)
	case "agent_gone", "agent_slow":
		f.gives(t, h.At)
		t.waiting = true
	case "left_queue":
		f.leaves(t, h.At)
		delete(f.talks, h.Conversation)
	case "wrap_up":
		t.ends(h)
	case "closed", "wrapped_up", "handed_back":
		t.ends(h)
		f.gives(t, h.At)
		if len(t.parts) > 0 {
			f.handled(t, h)
		} else {
			f.leaves(t, h.At)
		}
		delete(f.talks, h.Conversation)
	}
}

// waits begins or goes on with the wait in line.
func (t *talk) waits(at time.Time) {
	switch {
	case t.clock.IsZero():
		t.clock = at
	case !t.stood.IsZero():
		t.clock = t.clock.Add(at.Sub(t.stood))
	}
	t.waiting, t.stood, t.left = true, time.Time{}, time.Time{}
}

// stands stops the clock of the wait.
func (t *talk) stands(at time.Time) {
	if t.waiting && t.stood.IsZero() {
		t.stood = at
	}
	if t.clock.IsZero() { // it never was in line: the wait begins with the way there
		t.clock, t.stood = at, at
	}
	t.waiting = false
}

// keeps counts a talk that is kept for later, once.
func (f *fold) keeps(t *talk, at time.Time) {
	if !t.kept {
		t.kept = true
		f.add(at, t.queue, t.inbox, "", func(s *sums) { s.Messages++ })
	}
}

// leaves counts somebody who waited and left. Nobody leaves who had an agent, or
// whose words are kept.
func (f *fold) leaves(t *talk, at time.Time) {
	if !t.served && !t.kept && (t.waiting || !t.left.IsZero()) {
		f.add(at, t.queue, t.inbox, "", func(s *sums) { s.Abandoned++ })
	}
}

// takes begins an agent's part.
func (f *fold) takes(t *talk, h Happening) {
	if h.Agent == "" || t.agent == h.Agent {
		return // the visitor opened it again, or the agent has it still
	}
	f.gives(t, h.At)
	t.agent, t.since, t.reply = h.Agent, h.At, time.Time{}
	if h.ReplyBy == h.Agent {
		t.reply = h.Replied
	}
	if !t.served && t.waiting {
		wait := h.At.Sub(t.clock)
		level, ok := f.levels[t.queue]
		if !ok {
			level = answerIn
		}
		f.add(h.At, t.queue, h.Inbox, h.Agent, func(s *sums) {
			s.wait = append(s.wait, wait)
			if wait <= level {
				s.InTime++
			}
		})
	}
	if !t.waiting && !t.served {
		t.clock = h.At // nobody waited, or what stood still was ended by the agent
	}
	t.served, t.waiting, t.stood, t.left = true, false, time.Time{}, time.Time{}
}

// gives ends an agent's part.
func (f *fold) gives(t *talk, at time.Time) {
	if t.agent == "" {
		return
	}
	f.wrote(t, at)
	t.parts = append(t.parts, part{t.agent, at.Sub(t.since)})
	t.agent = ""
}

// wrote counts the first words of people in a talk, when they came by then.
func (f *fold) wrote(t *talk, by time.Time) {
	if t.replied || t.reply.IsZero() || t.reply.After(by) {
		return
	}
	t.replied = true
	took := max(t.reply.Sub(t.clock), 0)
	f.add(t.reply, t.queue, t.inbox, t.agent, func(s *sums) { s.reply = append(s.reply, took) })
}

// ends notes the wrap-up code; one given later counts.
func (t *talk) ends(h Happening) {
	if h.Code != "" {
		t.code = CodeCount{Code: h.Code, Name: h.CodeName}
	}
}

// handled counts a talk that ended after agents had it.
func (f *fold) handled(t *talk, h Happening) {
	f.queue[h.Conversation] = t.queue
	took := map[bot.AgentID]time.Duration{}
	var all time.Duration
	known := true
	for _, p := range t.parts {
		if p.took < 0 {
			known = false
			p.took = 0
		}
		took[p.agent] += p.took
		if f.q.Agent == "" || f.q.Agent == p.agent {
			all += p.took
		}
	}
	_, mine := took[f.q.Agent]
	counted := f.whole(h.At, t.queue, h.Inbox, f.q.Agent == "" || mine, func(s *sums) { s.handles(all, known) })
	if !counted {
		return
	}
	for agent, d := range took {
		if f.q.Agent == "" || f.q.Agent == agent {
			in(f.agents, agent).handles(d, known)
		}
	}
	c := f.codes[t.code.Code]
	if c == nil {
		c = &CodeCount{Code: t.code.Code}
		f.codes[t.code.Code] = c
	}
	c.Name = t.code.Name // as it was called last
	c.N++
}

func (s *sums) handles(took time.Duration, known bool) {
	s.Handled++
	if known {
		s.handle = append(s.handle, took)
	}
}

// end settles what goes on at the end of the span.
func (f *fold) end() {
	for _, t := range f.talks {
		if t.agent != "" {
			f.wrote(t, f.r.To)
		}
		if !t.left.IsZero() {
			f.leaves(t, t.left)
		}
	}
}

// begun takes a conversation that began in the span. Those of agents are counted
// with their talks.
func (f *fold) begun(b Begun) {
	f.add(b.At, b.Queue, b.Inbox, "", func(s *sums) {
		s.Begun++
		switch {
		case f.people[b.Conversation]:
			s.Handed++
		case b.Answered:
			s.Bot++
		}
	})
}

// made takes a ticket.
func (f *fold) made(m Made) {
	over := func(l Level) bool { return m.DueFor == l && !m.Due.IsZero() && !m.Due.After(f.now) }
	count := func(k *Kept, done, late, over bool) {
		if done || late || over {
			k.N++
			if !late && !over {
				k.Kept++
			}
		}
	}
	f.add(m.At, m.Queue, m.Inbox, m.Assignee, func(s *sums) {
		s.Made++
		count(&s.First, m.First, m.FirstLate, over(LevelFirst))
		count(&s.Next, m.NextTook > 0, m.NextLate, over(LevelNext))
		count(&s.Resolve, !m.Solved.IsZero(), m.ResolveLate, over(LevelResolve))
	})
	if m.Open && f.wanted(m.Queue, m.Inbox) && (f.q.Agent == "" || f.q.Agent == m.Assignee) {
		f.r.Backlog.Open++
		if over(m.DueFor) {
			f.r.Backlog.Late++
		}
	}
	if !m.Solved.IsZero() {
		f.add(m.Solved, m.Queue, m.Inbox, m.Assignee, func(s *sums) { s.Solved++ })
	}
}

// fill writes the sums into the report.
func (f *fold) fill() {
	f.r.Total = f.total.figures()
	for i := range f.r.Days {
		if s := f.days[f.r.Days[i].ID]; s != nil {
			f.r.Days[i].Figures = s.figures()
		}
	}
	f.r.Queues, f.r.Agents, f.r.Inboxes, f.r.Codes = groups(f.queues), groups(f.agents), groups(f.inboxes), counts(f.codes)
}
