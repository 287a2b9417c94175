package live

import (
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// coalesce is how long pieces of an answer are gathered before they are sent: a
// reader sees words flow at this pace, and a fast model does not cost one frame
// a token.
const coalesce = 60 * time.Millisecond

// streamLife is after how long without a piece a stream is forgotten, in case
// its end never came.
const streamLife = 3 * time.Minute

// glances is how many polls apart the checkpoints of an answer are read while there
// is no bus. They are written twice a second.
const glances = 5

// place is where an answer streams.
type place struct {
	run   bot.RunID
	event bot.EventID
}

// stream is an answer on its way. Its text is kept so that a reader who comes
// late, or missed a piece, gets all of it.
type stream struct {
	run     bot.RunID
	event   bot.EventID
	attempt int
	text    []byte
	sent    int  // bytes of text that were sent
	units   int  // UTF-16 code units of text[:sent]
	broken  bool // a piece is missing: wait for the checkpoint or the end
	armed   bool // a timer will send what was gathered
	quiet   time.Time
	at      time.Time // of the last piece
}

// utf16Len counts the UTF-16 code units of a text: what browsers call length.
func utf16Len(b []byte) int {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		n++
		if r > 0xffff {
			n++
		}
		b = b[size:]
	}
	return n
}

// delta takes a piece; the caller holds mu.
func (t *topic) delta(d bot.Delta, now time.Time) {
	if d.Run == t.ended {
		return // its end was told: a piece that was on its way must not follow
	}
	s := t.stream
	if s != nil && s.run == d.Run && d.Attempt < s.attempt {
		return
	}
	if s == nil || s.run != d.Run || d.Attempt > s.attempt {
		again := s != nil && s.run == d.Run
		s = &stream{run: d.Run, event: d.Event, attempt: d.Attempt, broken: d.Offset > 0}
		t.stream = s
		if again && !s.broken {
			// A new attempt starts over: readers must drop what they have.
			s.text, s.at = append(s.text, d.Text...), now
			t.reset()
			return
		}
	}
	s.at = now
	if s.broken || d.Offset > len(s.text) {
		s.broken = true
		t.fill(byBus)
		return
	}
	if d.Offset+len(d.Text) <= len(s.text) {
		return // a repeat
	}
	s.text = append(s.text[:d.Offset], d.Text...)
	if now.Before(s.quiet) {
		if !s.armed {
			s.armed = true
			t.hub.later(s.quiet.Sub(now), func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				if t.stream == s {
					s.armed = false
					t.flush()
				}
			})
		}
		return
	}
	s.quiet = now.Add(coalesce)
	t.flush()
}

// flush sends the gathered pieces; the caller holds mu.
func (t *topic) flush() {
	s := t.stream
	if s == nil || s.broken || s.sent >= len(s.text) {
		return
	}
	piece0 := s.text[s.sent:]
	m := Delta{Conversation: t.key.conv, Run: s.run, Event: s.event, Attempt: s.attempt, Offset: s.units, Text: string(piece0)}
	s.units += utf16Len(piece0)
	s.sent = len(s.text)
	for _, p := range t.broadcast(m, piece, nil) {
		p.lag(t)
	}
}

// reset sends the whole text to everybody; the caller holds mu.
func (t *topic) reset() {
	s := t.stream
	s.sent, s.units = len(s.text), utf16Len(s.text)
	t.broadcast(s.whole(t.key.conv), durable, nil)
}

func (s *stream) whole(conv bot.ConversationID) Reset {
	return Reset{Conversation: conv, Run: s.run, Event: s.event, Attempt: s.attempt, Text: string(s.text[:s.sent])}
}

// begin remembers where an answer streams until its end has come; the caller holds
// mu. Its pieces come by the bus; without one its checkpoints are read.
func (t *topic) begin(at place) {
	if t.open == at || t.hub.bus.Alone() {
		return
	}
	t.open = at
	t.glance(at)
}

func (t *topic) glance(at place) {
	t.hub.later(glances*t.hub.pollGap, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.dead || t.open != at {
			return
		}
		if well, _ := t.hub.bus.State(); !well {
			t.look()
		}
		t.glance(at)
	})
}

// endStream forgets the stream that an event ends; the caller holds mu. What was
// gathered goes out first.
func (t *topic) endStream(e *bot.Event) {
	if e.Kind == bot.EventAnswer {
		return
	}
	if e.Body.Run != "" {
		t.ended = e.Body.Run
	}
	if e.Body.Run == t.open.run {
		t.open = place{}
	}
	if t.stream == nil || e.Body.Run != t.stream.run {
		return
	}
	t.flush()
	t.stream = nil
}

// repair takes the checkpoint of a stream with a missing piece, or of one whose
// pieces do not come; the caller holds mu.
func (t *topic) repair(run *bot.Run) {
	if run == nil || run.State != bot.RunStreaming || len(run.Text) == 0 {
		return
	}
	s := t.stream
	known := s != nil && s.run == run.ID && s.attempt >= run.Attempt
	switch {
	case !known && t.open.run == run.ID:
		s = &stream{run: run.ID, event: t.open.event, attempt: run.Attempt}
		t.stream = s
	case !known || s.attempt > run.Attempt:
		return
	case !s.broken:
		if len(run.Text) > len(s.text) { // what was shown is never taken back, so this goes on from there
			s.text, s.at = []byte(run.Text), t.hub.now()
			t.flush()
		}
		return
	}
	s.text, s.broken, s.at = []byte(run.Text), false, t.hub.now()
	t.reset()
}

// retell sends a stream's whole text to one peer that missed a piece.
func (t *topic) retell(p *Peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.find(p); s != nil && !s.joining {
		t.tell(p)
	}
}

// tell sends a stream's text so far to one peer; the caller holds mu.
func (t *topic) tell(p *Peer) bool {
	if t.stream == nil || t.stream.broken || t.stream.sent == 0 {
		return false
	}
	p.push(t.hub.enc.Encode(p.who.View, t.stream.whole(t.key.conv)), durable)
	return true
}
