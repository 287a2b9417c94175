package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/api"
)

// A message may not overtake one that was refused for now: the limit, or the
// store, may have come free between the two.
func TestNothingOvertakesARefusedSend(t *testing.T) {
	limits := unlimited
	limits.MessagesPerMinute = 2
	w := newWorld(t, setup{options: api.Options{Limits: limits}})
	k := w.visitor().live(nil)
	first := message("", "one")
	k.send(first)
	conv := k.next("ack", nil).conv()
	var sent []map[string]any
	after := first["id"]
	for _, text := range []string{"two", "three", "four", "five"} {
		m := message(conv, text)
		m["after"] = after
		after = m["id"]
		sent = append(sent, m)
	}
	answer := func(kind string, m map[string]any) got {
		t.Helper()
		return k.next(kind, func(g got) bool { return g.ID == m["id"] })
	}
	k.send(sent[0])
	answer("ack", sent[0])
	k.send(sent[1])
	if g := answer("nack", sent[1]); g.Problem.Code != "limited" {
		t.Fatalf("three messages in a minute: %s", g.raw)
	}
	w.pass(time.Minute)
	for _, m := range sent[2:] { // were on their way before the refusal was read
		k.send(m)
		if g := answer("nack", m); g.Problem.Code != "unavailable" || g.Retry <= 0 {
			t.Errorf("a message behind one that was refused for now: %s", g.raw)
		}
	}
	for _, m := range sent[1:] {
		k.send(m)
		answer("ack", m)
		w.pass(time.Minute)
	}
	var texts []string
	k.mu.Lock()
	defer k.mu.Unlock()
	seen := map[int64]bool{}
	for _, f := range k.frames {
		for _, e := range f.Events {
			if e.Author.Kind == "visitor" && !seen[e.N] {
				seen[e.N] = true
				texts = append(texts, e.Text)
			}
		}
	}
	if d := cmp.Diff([]string{"one", "two", "three", "four", "five"}, texts); d != "" {
		t.Errorf("the order of the messages (-want +got)\n%s", d)
	}
}
