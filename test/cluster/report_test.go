package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// row is the line of a fault in the report.
type row struct {
	Fault      string            `json:"fault"`
	What       string            `json:"what"`
	On         string            `json:"on"` // sqlite, cluster
	Passed     bool              `json:"passed"`
	Seconds    float64           `json:"seconds"`
	Sends      int               `json:"sends"`
	Lost       int               `json:"lost"`
	Doubled    int               `json:"doubled"`
	Disordered int               `json:"disordered"`
	WorstMS    float64           `json:"worst_gap_ms"`
	SyncedMS   float64           `json:"synced_p99_ms"`
	Figures    map[string]string `json:"figures,omitempty"`
}

// report collects rows and writes them where FRONTDESK_TEST_REPORT says.
type report struct {
	mu   sync.Mutex
	rows []row // guarded by mu
}

// result is what a fault's script says about its run.
type result struct {
	outcome
	figures map[string]string
}

// note adds a figure of the fault's own to its line.
func (r *result) note(name, format string, args ...any) {
	if r.figures == nil {
		r.figures = map[string]string{}
	}
	r.figures[name] = fmt.Sprintf(format, args...)
}

// add prints the line of a fault and keeps it.
func (r *report) add(t testing.TB, f fault, on string, took time.Duration, res *result) {
	x := row{
		Fault: f.id, What: f.what, On: on, Passed: !t.Failed(), Seconds: took.Seconds(), Sends: res.Sends, Lost: res.Lost, Doubled: res.Doubled,
		Disordered: res.Disordered + res.Gaps + res.Torn, WorstMS: float64(res.Away.Worst.Microseconds()) / 1000,
		SyncedMS: float64(res.Away.P99.Microseconds()) / 1000, Figures: res.figures,
	}
	r.mu.Lock()
	r.rows = append(r.rows, x)
	r.mu.Unlock()
	t.Log(x.line())
}

func (x row) line() string {
	verdict := "ok  "
	if !x.Passed {
		verdict = "FAIL"
	}
	s := fmt.Sprintf("%s %s on %s: %s; %.0f s, %d sends, %d lost, %d doubled, %d disordered, worst gap %.0f ms, p99 to synced %.0f ms",
		verdict, x.Fault, x.On, x.What, x.Seconds, x.Sends, x.Lost, x.Doubled, x.Disordered, x.WorstMS, x.SyncedMS)
	for _, k := range sortedKeys(x.Figures) {
		s += fmt.Sprintf("; %s %s", k, x.Figures[k])
	}
	return s
}

// write writes faults.json and faults.md.
func (r *report) write(t testing.TB) {
	dir := os.Getenv("FRONTDESK_TEST_REPORT")
	if dir == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(r.rows, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "faults.json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| fault | on | passed | s | sends | lost | doubled | disordered | worst gap, ms | p99 to synced, ms | figures |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, x := range r.rows {
		passed := "yes"
		if !x.Passed {
			passed = "**no**"
		}
		var figures []string
		for _, k := range sortedKeys(x.Figures) {
			figures = append(figures, k+" "+x.Figures[k])
		}
		fmt.Fprintf(&b, "| %s %s | %s | %s | %.0f | %d | %d | %d | %d | %.0f | %.0f | %s |\n", x.Fault, x.What, x.On, passed, x.Seconds, x.Sends,
			x.Lost, x.Doubled, x.Disordered, x.WorstMS, x.SyncedMS, strings.Join(figures, "; "))
	}
	if err := os.WriteFile(filepath.Join(dir, "faults.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
