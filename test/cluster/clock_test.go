package cluster

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// skewedClock gives one of two nodes a clock that is wrong.
func skewedClock(t *testing.T, b *bed, p *people, r *result) {
	program := filepath.Join(t.TempDir(), "skewed")
	if out, err := exec.Command("go", "build", "-o", program, "./skewed").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	n := b.nodes[1]
	f := b.newFloor(t, 1, 1, 5, 1, 25*time.Second)
	for i, offset := range []string{"10m", "-10m", "10m/"} {
		n.proc.signal(syscall.SIGTERM)
		if !n.proc.ended(30 * time.Second) {
			n.proc.kill()
		}
		n.proc = spawn(n.owner, b.dir, n.name, nil, program, offset, n.config)
		if !until(60*time.Second, func() bool { return n.ready() || !n.proc.alive() }) || !n.proc.alive() {
			t.Fatalf("the node with clock %s is not ready:\n%s", offset, n.proc.tail())
		}
		out := b.play(t, p, b.rate(), func(e *episode) {
			e.wait(12 * time.Second)
			for _, a := range p.agents[:2] {
				if status, err := a.Get(t.Context(), "/sessions/current", nil); err != nil {
					t.Errorf("clock %s: an agent is signed out: status %d, %v", offset, status, err)
				}
			}
		})
		out.clean(t)
		if i == 0 {
			r.outcome = out
		}
		// Visitors of a session that is as old as the bed are still known on either node.
		if status, err := p.seats[0].visitor.Post(t.Context(), "/visitor/messages", map[string]any{"id": id.New(), "conversation": p.seats[0].conversation, "text": "still here"}, nil); err != nil {
			t.Errorf("clock %s: a visitor's session is gone: status %d, %v", offset, status, err)
		}
	}
	// Offers last as long as they should, whichever node's clock is looked at.
	if _, err := f.visitors[0].Post(t.Context(), "/visitor/conversations/"+f.conversations[0]+"/person", map[string]any{"id": id.New()}, nil); err != nil {
		t.Fatal(err)
	}
	f.skew(t, program, "10m")
	n.proc.signal(syscall.SIGTERM)
	if !n.proc.ended(30 * time.Second) {
		n.proc.kill()
	}
	n.start(t)
}

// skew starts a second node of the floor with a wrong clock, and wants an open
// offer to outlive its look.
func (f *floor) skew(t *testing.T, program, offset string) {
	t.Helper()
	open := f.offers(t.Context(), f.agents[0])
	if !until(10*time.Second, func() bool { open = f.offers(t.Context(), f.agents[0]); return len(open) > 0 }) {
		t.Fatal("no offer came")
	}
	n := newNode(t, f.dir, program, nodeOptions{name: "skewed"})
	edit(t, n, func(string) string {
		text := ""
		edit(t, f.nodes[0], func(s string) string { text = s; return s })
		return strings.NewReplacer(f.nodes[0].addr, n.addr, "node: a", "node: skewed", f.nodes[0].dir, n.dir).Replace(text)
	})
	n.proc = spawn(t, f.dir, n.name, nil, program, offset, n.config)
	if !until(60*time.Second, n.ready) {
		t.Fatalf("the node with a wrong clock is not ready:\n%s", n.proc.tail())
	}
	pause(t.Context(), 5*time.Second)
	if now := f.offers(t.Context(), f.agents[0]); len(now) == 0 || now[0].ID != open[0].ID {
		t.Errorf("an offer of 25 s ended within 5 s because a node's clock is %s off", offset)
	}
}
