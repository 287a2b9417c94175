package load

import (
	"strings"
	"unicode/utf16"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// timeline is what a reader knows of one conversation: a gap-free prefix, and
// what stands above a hole.
type timeline struct {
	id      string
	n       int64            // nothing is missing up to here: the cursor of a resume
	seen    int64            // highest number heard of
	above   map[int64]string // events above n
	synced  bool             // on this socket
	streams map[string]*stream
}

// stream is an answer that is being written, by placeholder event.
type stream struct {
	attempt int
	text    []uint16
}

func newTimeline(id string, n int64) *timeline {
	return &timeline{id: id, n: n, seen: n, above: map[int64]string{}, streams: map[string]*stream{}}
}

// insert takes an event by its number; false when it was known.
func (t *timeline) insert(e Event) bool {
	if _, known := t.above[e.N]; known || e.N <= t.n {
		return false
	}
	t.above[e.N] = e.ID
	t.seen = max(t.seen, e.N)
	for {
		if _, ok := t.above[t.n+1]; !ok {
			return true
		}
		delete(t.above, t.n+1)
		t.n++
	}
}

// reset takes a snapshot's place: nothing is known up to n.
func (t *timeline) reset(n int64) {
	t.n, t.seen = n, n
	clear(t.above)
	clear(t.streams)
}

// delta takes a piece of a stream; false: ask for the whole text.
func (t *timeline) delta(f Frame) bool {
	s := t.streams[f.About.Placeholder]
	if s == nil || f.Attempt > s.attempt {
		if f.Offset != 0 {
			return false
		}
		s = &stream{attempt: f.Attempt}
		t.streams[f.About.Placeholder] = s
	}
	if f.Attempt < s.attempt {
		return true // of a process that lost its lease
	}
	if f.Offset > len(s.text) {
		return false
	}
	if piece := utf16.Encode([]rune(f.Text)); f.Offset+len(piece) > len(s.text) {
		s.text = append(s.text[:f.Offset:f.Offset], piece...)
	}
	return true
}

func (t *timeline) whole(f Frame) {
	if s := t.streams[f.About.Placeholder]; s != nil && s.attempt > f.Attempt {
		return
	}
	t.streams[f.About.Placeholder] = &stream{attempt: f.Attempt, text: utf16.Encode([]rune(f.Text))}
}

// held is how much of a stream is here, in UTF-16 code units.
func (t *timeline) held(placeholder string) int {
	if s := t.streams[placeholder]; s != nil {
		return len(s.text)
	}
	return 0
}

// finished compares what was streamed with what is stored; false: they disagree.
// Pieces may have been left out at the end, nothing else may differ.
func (t *timeline) finished(e Event) bool {
	s := t.streams[e.Of]
	delete(t.streams, e.Of)
	return s == nil || e.State != "complete" || strings.HasPrefix(e.Text, string(utf16.Decode(s.text)))
}

// ways names the modes of an events frame.
func ways(mode string) history.Way {
	switch mode {
	case "snapshot":
		return history.Snapshot
	case "delta":
		return history.Delta
	}
	return history.Live
}
