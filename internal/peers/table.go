package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// table is what is printed: a column for each peer.
type table struct {
	peers []peer
	rows  []string
	cells map[string][]string
	notes []string
}

func newTable(peers []peer) *table { return &table{peers: peers, cells: map[string][]string{}} }

func (t *table) set(row string, i int, format string, args ...any) {
	if t.cells[row] == nil {
		t.rows = append(t.rows, row)
		t.cells[row] = make([]string, len(t.peers))
	}
	t.cells[row][i] = fmt.Sprintf(format, args...)
}

// deliveries shows the medians of the runs at one rate.
func (t *table) deliveries(rate float64, reports [][]*load.DeliveriesReport) {
	for i, runs := range reports {
		of := func(f func(r *load.DeliveriesReport) float64) float64 {
			var all []float64
			for _, r := range runs {
				all = append(all, f(r))
			}
			return load.Quantile(all, .5)
		}
		lost := 0
		for _, r := range runs {
			lost += r.Lost
		}
		row := fmt.Sprintf("%.0f deliveries/s to %d sockets", rate, groups*readers)
		t.set(row+": reached", i, "%.0f/s", of(func(r *load.DeliveriesReport) float64 { return r.PerS }))
		t.set(row+": p50, p99", i, "%.1f ms, %.1f ms", of(func(r *load.DeliveriesReport) float64 { return r.P50 }), of(func(r *load.DeliveriesReport) float64 { return r.P99 }))
		t.set(row+": lost", i, "%d", lost)
		if lag := of(func(r *load.DeliveriesReport) float64 { return r.LagP99 }); lag > lateClients {
			t.notes = append(t.notes, fmt.Sprintf("%s, %s: %.0f ms", row, t.peers[i].name(), lag))
		}
	}
}

// drop shows what arrived of what was said.
func (t *table) drop(i int, got map[origin]tally) {
	var all []origin
	for o := range got {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b origin) int {
		if a.from != b.from {
			return int(b.from - a.from)
		}
		return strings.Compare(a.policy, b.policy)
	})
	for _, o := range all {
		row := "cut 2 s in 10 s, to those who are cut"
		if o.from == visitor {
			row = "cut 2 s in 10 s, from those who are cut, " + o.policy
		}
		n := got[o]
		t.set(row, i, "%.2f %% of %d, %d twice", 100*float64(n.arrived)/float64(n.said), n.said, n.twice)
	}
}

// print writes the table as Markdown.
func (t *table) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n|", machine())
	for _, p := range t.peers {
		fmt.Fprintf(&b, " | %s", p.name())
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---", len(t.peers)) + "|\n")
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s", row)
		for _, cell := range t.cells[row] {
			if cell == "" {
				cell = "–"
			}
			fmt.Fprintf(&b, " | %s", cell)
		}
		b.WriteString(" |\n")
	}
	if len(t.notes) > 0 {
		fmt.Fprintf(&b, "\nThe clients themselves were late, so these times are the machine's and not the server's; 1 send in 100 left later by:\n\n")
	}
	for _, note := range t.notes {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
