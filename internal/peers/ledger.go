package main

import (
	"sync"
)

// wordsBefore begins the words of every message of a drop test.
const wordsBefore = "no "

// words are those of the message with an id.
func words(id string) string { return wordsBefore + id }

// ledger is what was said in a drop test and what was shown at the other end.
type ledger struct {
	wg sync.WaitGroup // of the clients

	mu    sync.Mutex // guards what follows
	said  map[string]origin
	shown [2]map[string]int // by side
}

// origin says where a message came from.
type origin struct {
	from   side
	policy string
}

func newLedger() *ledger {
	return &ledger{said: map[string]origin{}, shown: [2]map[string]int{{}, {}}}
}

func (b *ledger) says(id string, o origin) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said[id] = o
}

func (b *ledger) saw(at side, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown[at][id]++
}

// tally counts the messages of one origin.
type tally struct{ said, arrived, twice int }

func (b *ledger) tally() map[origin]tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[origin]tally{}
	for id, o := range b.said {
		t := out[o]
		t.said++
		if n := b.shown[1-o.from][id]; n > 0 {
			t.arrived++
			if n > 1 {
				t.twice++
			}
		}
		out[o] = t
	}
	return out
}

// complete reports whether everything has arrived.
func (b *ledger) complete() bool {
	for _, t := range b.tally() {
		if t.arrived < t.said {
			return false
		}
	}
	return true
}
