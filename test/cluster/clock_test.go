package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// skewedProgram builds the program with a wall clock that FRONTDESK_TEST_SKEW
// moves: package time with one line more. Everything else is as it ships.
func skewedProgram(t *testing.T) string {
	t.Helper()
	root := filepath.Join(goroot(t), "src", "time")
	text, err := os.ReadFile(filepath.Join(root, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const line = "	sec, nsec, mono := runtimeNow()\n	if mono == 0 {\n"
	if strings.Count(string(text), line) != 1 {
		t.Fatalf("time.Now of %s is not the one that this test knows", runtime.Version())
	}
	changed := strings.Replace(string(text), line, strings.Replace(line, "\n", "\n	sec += skew(mono)\n", 1), 1)
	extra, err := os.ReadFile("testdata/skew.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	return overlaid(t, "skewed", map[string]string{
		filepath.Join(root, "time.go"): changed, filepath.Join(root, "skew.go"): string(extra),
	})
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// skewedClock gives one of two nodes a clock that is wrong.
func skewedClock(t *testing.T, b *bed, p *people, r *result) {
	program := skewedProgram(t)
	n := b.nodes[1]
	home := n.binary
	again := func(binary string, env []string) {
		t.Helper()
		n.proc.signal(syscall.SIGTERM)
		if !n.proc.ended(30 * time.Second) {
			n.proc.kill()
		}
		n.binary, n.env = binary, env
		n.start(t)
	}
	for i, seconds := range []string{"600", "-600", "600/"} {
		again(program, []string{"FRONTDESK_TEST_SKEW=" + seconds})
		out := b.play(t, p, b.rate(), func(e *episode) {
			e.wait(12 * time.Second)
			for _, a := range p.agents[:2] {
				if status, err := a.Get(t.Context(), "/sessions/current", nil); err != nil {
					t.Errorf("clock %s: an agent is signed out: status %d, %v", seconds, status, err)
				}
			}
		})
		out.clean(t)
		if i == 0 {
			r.outcome = out
		}
	}
	again(home, nil)
	b.skewedDesk(t, program)
}

// skewedDesk wants an offer of 25 s to stand while a node looks at it whose clock
// is ten minutes ahead.
func (b *bed) skewedDesk(t *testing.T, program string) {
	t.Helper()
	f := b.newFloor(t, 2, 1, 5, 1, 25*time.Second)
	n := f.nodes[1]
	n.proc.signal(syscall.SIGTERM)
	if !n.proc.ended(30 * time.Second) {
		n.proc.kill()
	}
	n.binary, n.env = program, []string{"FRONTDESK_TEST_SKEW=600"}
	n.start(t)
	if _, err := f.visitors[0].Post(t.Context(), "/visitor/conversations/"+f.conversations[0]+"/person", map[string]any{"id": id.New()}, nil); err != nil {
		t.Fatal(err)
	}
	var open []offer
	if !until(10*time.Second, func() bool { open = f.offers(t.Context(), f.agents[0]); return len(open) > 0 }) {
		t.Fatal("no offer came")
	}
	pause(t.Context(), 5*time.Second)
	if now := f.offers(t.Context(), f.agents[0]); len(now) == 0 || now[0].ID != open[0].ID {
		t.Error("an offer of 25 s ended within 5 s because a node's clock is ten minutes ahead")
	}
}
