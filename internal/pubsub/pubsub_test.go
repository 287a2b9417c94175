package pubsub_test

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/pubsub"
)

func TestMemoryReachesTheOthersOnly(t *testing.T) {
	var bus pubsub.Memory
	a, b, c := bus.Node(), bus.Node(), bus.Node()
	got := map[string][]string{}
	join := func(name string, n pubsub.Bus) func() {
		return n.Join(func(f []byte) { got[name] = append(got[name], string(f)) })
	}
	leaveA := join("a", a)
	if !a.Alone() {
		t.Error("the only member is not alone")
	}
	join("b", b)
	leaveC := join("c", c)
	a.Publish([]byte("one"))
	leaveC()
	a.Publish([]byte("two"))
	if len(got["a"]) != 0 {
		t.Errorf("a heard itself: %q", got["a"])
	}
	if want := []string{"one", "two"}; len(got["b"]) != 2 || got["b"][0] != want[0] || got["b"][1] != want[1] {
		t.Errorf("b got %q, want %q", got["b"], want)
	}
	if len(got["c"]) != 1 {
		t.Errorf("c got %q after it left", got["c"])
	}
	leaveA()
	if !b.Alone() {
		t.Error("b is not alone after all others left")
	}
}
