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

// endStream forgets the stream that an event ends; the caller holds mu. What was
// gathered goes out first.
func (t *topic) endStream(e *bot.Event) {
	if t.stream == nil || e.Body.Run != t.stream.run || e.Kind == bot.EventAnswer {
		return
	}
	t.flush()
	t.stream = nil
}

// repair takes the checkpoint of a stream with a missing piece; the caller holds mu.
func (t *topic) repair(run *bot.Run) {
	s := t.stream
	if s == nil || !s.broken || run == nil || run.ID != s.run || run.Attempt != s.attempt || run.State != bot.RunStreaming || len(run.Text) == 0 {
		return
	}
	s.text, s.broken = []byte(run.Text), false
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
