package cluster

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

// fault is one row of the list: what is done, and a script that does it and
// fails its test when what should hold does not.
type fault struct {
	id, what string
	quick    bool // runs on every commit as well
	run      func(t *testing.T, b *bed, p *people, r *result)
}

// TestFaults runs the faults: FRONTDESK_TEST_FAULTS is quick, all, or short, which
// is all of them in the size of the quick ones.
func TestFaults(t *testing.T) {
	which := os.Getenv("FRONTDESK_TEST_FAULTS")
	switch which {
	case "quick", "short", "all":
	case "":
		t.Skip("faults run with make test-cluster and make test-faults")
	default:
		t.Fatalf("FRONTDESK_TEST_FAULTS is quick, short or all, not %q", which)
	}
	manyFiles(t)
	debug.SetGCPercent(400) // the load generator shares the processors with what it measures
	rep := &report{}
	defer rep.write(t)
	full := which == "all"
	t.Run("sqlite", func(t *testing.T) {
		b := newSingle(t, full)
		p := b.populate(t, size(b, 60, 300), size(b, 4, 12))
		each(t, rep, "sqlite", singleFaults, b, p, which == "quick")
	})
	t.Run("cluster", func(t *testing.T) {
		b := newCluster(t, full)
		p := b.populate(t, size(b, 60, 500), size(b, 4, 20))
		each(t, rep, "cluster", clusterFaults, b, p, which == "quick")
	})
}

// each runs the faults one after the other over the same bed and people.
func each(t *testing.T, rep *report, on string, faults []fault, b *bed, p *people, quick bool) {
	for _, f := range faults {
		if quick && !f.quick {
			continue
		}
		t.Run(f.id, func(t *testing.T) {
			res := &result{}
			start := time.Now()
			defer func() { rep.add(t, f, on, time.Since(start), res) }()
			defer func() {
				if t.Failed() {
					for _, n := range b.nodes {
						t.Logf("the end of what node %s said:\n%s", n.name, n.proc.tail())
					}
				}
			}()
			f.run(t, b, p, res)
		})
	}
}

// rate is the load of most faults, in sends a second.
func (b *bed) rate() float64 { return size(b, 60.0, 200.0) }

// manyFiles raises the limit of open files, of this process and of those it starts,
// to what 10,000 sockets and the lines of everybody else need.
func manyFiles(t *testing.T) {
	const wanted = 16384
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		t.Fatal(err)
	}
	if now.Cur >= wanted {
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: wanted, Max: max(now.Max, wanted)}); err != nil {
		t.Logf("the limit of open files stays at %d: %v; 10,000 sockets want more", now.Cur, err)
	}
}
