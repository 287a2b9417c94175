package training

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// lineOutcome is what became of one line of a task, for people who look for what
// a change broke.
type lineOutcome struct {
	Text     string             `json:"text"`
	Slice    string             `json:"slice,omitempty"`
	Right    *bool              `json:"right,omitempty"` // absent: the line has no right or wrong
	Want     string             `json:"want,omitempty"`  // label, or documents
	Got      string             `json:"got,omitempty"`
	Read     string             `json:"read,omitempty"` // the question as the engine made it stand alone
	Decision string             `json:"decision,omitempty"`
	Rule     string             `json:"rule,omitempty"`
	Scores   map[string]float64 `json:"scores,omitempty"`
	Turns    []turnOutcome      `json:"turns,omitempty"` // of a talk, as far as it was led
}

// turnOutcome is what the engine did with one turn of a talk, and on what.
type turnOutcome struct {
	Text     string             `json:"text"`
	Read     string             `json:"read,omitempty"` // where it differs from the text
	Decision string             `json:"decision"`
	Rule     string             `json:"rule"`
	Got      string             `json:"got,omitempty"` // the best candidate's document
	Signals  map[string]float64 `json:"signals"`
}

// metricDraws are the values of a metric in the bootstrap draws over n lines.
type metricDraws struct {
	N      int
	Values []float64 // NaN where undefined
}

// MarshalJSON writes undefined draws as null.
func (d metricDraws) MarshalJSON() ([]byte, error) {
	values := make([]any, len(d.Values))
	for i, v := range d.Values {
		values[i] = number(v)
	}
	return json.Marshal(map[string]any{"n": d.N, "values": values})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *metricDraws) UnmarshalJSON(data []byte) error {
	var in struct {
		N      int        `json:"n"`
		Values []*float64 `json:"values"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	d.N, d.Values = in.N, make([]float64, len(in.Values))
	for i, v := range in.Values {
		d.Values[i] = math.NaN()
		if v != nil {
			d.Values[i] = *v
		}
	}
	return nil
}

// kept is what one task leaves for Compare: its report, and what a paired
// comparison needs. The draws of two runs over the same lines are drawn alike, so
// their differences are the paired bootstrap's, whatever the metric is made of.
type kept struct {
	Report json.RawMessage        `json:"report"`
	Digest string                 `json:"digest"` // of the lines' texts in their order
	Draws  map[string]metricDraws `json:"draws"`
}

// Endings of the two files that a task leaves in the folder of --lines.
const (
	keptEnding  = ".draws.json"
	linesEnding = ".lines.jsonl"
)

// WriteLines writes NAME.lines.jsonl, what became of every line of the task, and
// NAME.draws.json, from which Compare tells two runs apart.
func (r *Result) WriteLines(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.Invalid, err, "the folder for lines cannot be made")
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, l := range r.lines {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	report, err := json.Marshal(r)
	if err != nil {
		return err
	}
	draws, err := json.Marshal(kept{Report: report, Digest: r.digest(), Draws: r.draws})
	if err != nil {
		return err
	}
	base := filepath.Join(dir, fileName(r.Name))
	if err := os.WriteFile(base+linesEnding, lines.Bytes(), 0o644); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the lines cannot be written")
	}
	if err := os.WriteFile(base+keptEnding, draws, 0o644); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the draws cannot be written")
	}
	return nil
}

func (r *Result) digest() string {
	h := sha256.New()
	for _, l := range r.lines {
		h.Write([]byte(l.Text + "\x00" + l.Want + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// line keeps what became of the next line.
func (e *evaluation) line(o lineOutcome) { e.result.lines = append(e.result.lines, o) }

// yes is a line's right or wrong; nil where the line has none.
func yes(judged, right bool) *bool {
	if !judged {
		return nil
	}
	return &right
}

// readLineOutcomes reads the lines of a task that WriteLines left; none when the
// file is gone.
func readLineOutcomes(dir, task string) ([]lineOutcome, error) {
	path := filepath.Join(dir, fileName(task)+linesEnding)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	return parseLines[lineOutcome](path, data, []string{"text"}, nil)
}
