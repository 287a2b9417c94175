package cluster

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
)

// loss drops whole messages of Redis' publish and subscribe.
type loss struct {
	mu    sync.Mutex
	share float64 // guarded by mu
	lost  atomic.Int64
	let   atomic.Int64
}

func newLoss() *loss { return &loss{} }

// rate sets the share of messages that are lost.
func (l *loss) rate(share float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.share = share
}

func (l *loss) dropped() int64 { return l.lost.Load() }
func (l *loss) passed() int64  { return l.let.Load() }

// tap follows one connection: what Redis sends is cut into values, and those that
// are messages may be lost.
func (l *loss) tap() faultproxy.Tap {
	var rest []byte
	return func(d faultproxy.Direction, chunk []byte) ([]byte, bool) {
		if d == faultproxy.Up {
			return chunk, false
		}
		rest = append(rest, chunk...)
		var out []byte
		for {
			n := respLength(rest)
			if n == 0 {
				return out, false
			}
			value := rest[:n]
			rest = rest[n:]
			if !isMessage(value) {
				out = append(out, value...)
				continue
			}
			l.mu.Lock()
			share := l.share
			l.mu.Unlock()
			if rand.Float64() < share {
				l.lost.Add(1)
				continue
			}
			l.let.Add(1)
			out = append(out, value...)
		}
	}
}

// isMessage reports a message of a subscription, in either version of the protocol.
func isMessage(v []byte) bool {
	if len(v) == 0 || v[0] != '>' && v[0] != '*' {
		return false
	}
	head := v[:min(len(v), 40)]
	return bytes.Contains(head, []byte("\r\nmessage\r\n")) || bytes.Contains(head, []byte("\r\nsmessage\r\n")) || bytes.Contains(head, []byte("\r\npmessage\r\n"))
}

// respLength is the length of the first value in b, 0 when it is not complete.
func respLength(b []byte) int {
	line := bytes.Index(b, []byte("\r\n"))
	if line < 0 {
		return 0
	}
	end := line + 2
	count := func() int {
		n, err := strconv.Atoi(string(b[1:line]))
		if err != nil {
			return 0
		}
		return n
	}
	switch b[0] {
	case '$', '!', '=':
		if n := count(); n >= 0 {
			end += n + 2
		}
	case '*', '>', '~', '%', '|':
		n := count()
		if b[0] == '%' || b[0] == '|' {
			n *= 2
		}
		for range n {
			k := respLength(b[end:])
			if k == 0 {
				return 0
			}
			end += k
		}
		if b[0] == '|' { // attributes stand before the value they are about
			k := respLength(b[end:])
			if k == 0 {
				return 0
			}
			end += k
		}
	}
	if end > len(b) {
		return 0
	}
	return end
}

func TestLossDropsWholeMessages(t *testing.T) {
	l := newLoss()
	l.rate(1)
	tap := l.tap()
	message := ">3\r\n$7\r\nmessage\r\n$3\r\nfdk\r\n$5\r\nhello\r\n"
	stream := "+OK\r\n" + message + "*2\r\n$3\r\nfoo\r\n:1\r\n" + message + "%1\r\n$1\r\nk\r\n$-1\r\n"
	var got []byte
	for i := range stream { // in the worst chunks
		out, cut := tap(faultproxy.Down, []byte(stream[i:i+1]))
		if cut {
			t.Fatal("a loss is no cut")
		}
		got = append(got, out...)
	}
	if want := "+OK\r\n*2\r\n$3\r\nfoo\r\n:1\r\n%1\r\n$1\r\nk\r\n$-1\r\n"; string(got) != want || l.dropped() != 2 {
		t.Errorf("%d lost, %q is left, want %q", l.dropped(), got, want)
	}
}

// commitCuts ends connections to Postgres behind a COMMIT.
type commitCuts struct {
	want int64
	n    atomic.Int64
}

func newCommitCuts(want int) *commitCuts { return &commitCuts{want: int64(want)} }

func (c *commitCuts) done() bool   { return c.n.Load() >= c.want }
func (c *commitCuts) count() int64 { return c.n.Load() }

// committed is how Postgres says that a transaction is committed: the tag of a
// finished command.
var committed = []byte("C\x00\x00\x00\x0bCOMMIT\x00")

func (c *commitCuts) tap() faultproxy.Tap {
	return func(d faultproxy.Direction, chunk []byte) ([]byte, bool) {
		if d == faultproxy.Down && !c.done() && bytes.Contains(chunk, committed) && rand.IntN(8) == 0 {
			c.n.Add(1)
			return nil, true // it is done, and nobody hears of it
		}
		return chunk, false
	}
}
