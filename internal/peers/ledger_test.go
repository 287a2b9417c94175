package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	b := newLedger()
	up, down := origin{visitor, "once"}, origin{from: agent}
	for _, id := range []string{"lost", "echoed", "fine", "doubled"} {
		b.says(id, up)
	}
	b.says("answer", down)
	b.saw(visitor, "echoed") // by who said it: that is no arrival
	b.saw(agent, "fine")
	b.saw(agent, "doubled")
	b.saw(agent, "doubled")
	b.saw(visitor, "answer")
	b.saw(agent, "a stranger's")
	if b.complete() {
		t.Error("complete with two messages missing")
	}
	want := map[origin]tally{up: {said: 4, arrived: 2, twice: 1}, down: {said: 1, arrived: 1}}
	if diff := cmp.Diff(want, b.tally(), cmp.AllowUnexported(origin{}, tally{})); diff != "" {
		t.Error(diff)
	}
	b.saw(agent, "lost")
	b.saw(agent, "echoed")
	if !b.complete() {
		t.Error("not complete with everything there")
	}
}
