package cluster

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fakemodel"
	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
)

// doors is how many proxies stand between people and the bed: a fault can hit a
// part of the people at a time.
const doors = 8

// bed is everything that runs, and the ways to break it.
type bed struct {
	dir    string
	binary string
	nodes  []*node
	front  string              // address of the balancer, or of the one node
	fronts []*faultproxy.Proxy // people connect to these, or to front when there are none
	model  *fakemodel.Server
	full   bool // all faults in full length
	*services
}

// door is the base URL of the i-th front, round and round.
func (b *bed) door(i int) string {
	if len(b.fronts) == 0 {
		return "http://" + b.front
	}
	return "http://" + b.fronts[i%len(b.fronts)].Addr()
}

// binary is the program under test.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FRONTDESK_TEST_BINARY")
	if path == "" {
		t.Fatal("FRONTDESK_TEST_BINARY names no program: run make test-cluster or make test-faults")
	}
	return path
}

// newBed makes what every bed has; nothing runs yet but the model's endpoint.
func newBed(t testing.TB, full bool) *bed {
	t.Helper()
	b := &bed{dir: t.TempDir(), binary: binary(t), full: full}
	var err error
	if b.model, err = fakemodel.New(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.model.Close() })
	return b
}

// openDoors starts the proxies before what people connect to.
func (b *bed) openDoors(t testing.TB, target string) {
	t.Helper()
	for range doors {
		b.fronts = append(b.fronts, proxy(t, target))
	}
}

func proxy(t testing.TB, target string) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.Listen(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// newSingle is a bed of one node on SQLite.
func newSingle(t testing.TB, full bool) *bed {
	t.Helper()
	b := newBed(t, full)
	n := newNode(t, b.dir, b.binary, nodeOptions{name: "single", model: b.model.URL()})
	b.nodes = []*node{n}
	b.front = n.addr
	b.openDoors(t, n.addr)
	n.start(t, "--demo")
	return b
}

// size picks by whether faults run in full.
func size[T any](b *bed, quick, full T) T {
	if b.full {
		return full
	}
	return quick
}

// reachable reports whether a node answers at all.
func (n *node) reachable() bool {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get("http://" + n.addr + "/healthz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
