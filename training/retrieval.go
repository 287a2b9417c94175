package training

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// queryLine is a question about the documents of a task.
type queryLine struct {
	Text     string   `json:"text"`
	Relevant []string `json:"relevant"`
	Language string   `json:"language"`
	Slice    string   `json:"slice"`
}

// depth is how many candidates a retrieval task looks at.
const depth = 50

// shelve puts the task's documents into an empty library. known holds their ids;
// the library is the caller's to close.
func (e *evaluation) shelve(ctx context.Context) (lib Library, known map[string]bool, err error) {
	if e.parts.NewLibrary == nil {
		return nil, nil, missing("knowledge library")
	}
	lines, err := readLines(e.task, "documents", []string{"id", "language"}, func(d *talkDocument) error {
		if d.Answer == "" {
			d.Answer = d.Question // a list of questions alone: each stands for its own answer
		}
		return d.check()
	})
	if err != nil {
		return nil, nil, err
	}
	known = map[string]bool{}
	docs := make([]knowledge.Document, len(lines))
	for i, l := range lines {
		if known[l.ID] {
			return nil, nil, fault.New(fault.Invalid, "documents line %d: the id %q is there already", i+1, l.ID)
		}
		docs[i], known[l.ID] = l.document(time.Now().UTC()), true
		if docs[i].Kind == knowledge.KindPage {
			docs[i].Sections = knowledge.Sections(l.Text) // as an import cuts Markdown
		}
	}
	e.result.N["documents"] = len(docs)
	if lib, err = e.parts.NewLibrary(ctx); err != nil {
		return nil, nil, err
	}
	if err := timed(&e.result.Seconds.Index, func() error { return lib.Add(ctx, docs) }); err != nil {
		lib.Close()
		return nil, nil, err
	}
	return lib, known, nil
}

// questions reads the queries of a task; some must be relevant to every line
// when every is set.
func (e *evaluation) questions(known map[string]bool, every bool) ([]queryLine, error) {
	lines, err := readLines(e.task, "queries", []string{"text", "relevant"}, func(l *queryLine) error {
		if every && len(l.Relevant) == 0 {
			return fault.New(fault.Invalid, "the key \"relevant\" is empty")
		}
		for _, id := range l.Relevant {
			if !known[id] {
				return fault.New(fault.Invalid, "there is no document %q", id)
			}
		}
		return nil
	})
	if err == nil {
		e.result.N["queries"] = len(lines)
	}
	return lines, err
}

// evaluateRetrieval asks every query and looks at which place the first relevant
// document stands, in the shipped ranking and in that of each arm.
func evaluateRetrieval(ctx context.Context, e *evaluation) error {
	lib, known, err := e.shelve(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	lines, err := e.questions(known, true)
	if err != nil {
		return err
	}
	n := len(lines)
	shipped, lexical, vector := newRanking(n), newRanking(n), newRanking(n)
	labels := make([]string, n)
	for i, l := range lines {
		var r knowledge.Result
		if err := e.query(func() (err error) {
			r, err = lib.Search(ctx, knowledge.Query{Text: l.Text, Language: l.Language, Limit: depth})
			return err
		}); err != nil {
			return err
		}
		for place, c := range r.Candidates {
			if slices.Contains(l.Relevant, string(c.Document)) {
				shipped.found(i, place+1)
				lexical.found(i, c.Evidence.LexicalRank)
				vector.found(i, c.Evidence.VectorRank)
			}
		}
		for _, k := range []*ranking{shipped, lexical, vector} {
			k.relevant[i] = len(l.Relevant)
		}
		labels[i] = l.Slice
		got, confidence := "", 0.0
		if len(r.Candidates) > 0 {
			got, confidence = string(r.Candidates[0].Document), r.Candidates[0].Confidence
		}
		e.line(lineOutcome{
			Text: l.Text, Slice: l.Slice, Right: yes(true, slices.Contains(l.Relevant, got)), Want: strings.Join(l.Relevant, " "), Got: got,
			Scores: map[string]float64{"confidence": confidence, "place": float64(shipped.first(i))},
		})
		e.progress(i+1, n)
	}
	s := sample{n: n}
	for _, k := range []struct {
		prefix string
		r      *ranking
	}{{"", shipped}, {"arms.lexical.", lexical}, {"arms.vector.", vector}} {
		e.result.add(s, k.prefix+"r1", mean(k.r.recall(1)))
		e.result.add(s, k.prefix+"r5", mean(k.r.recall(5)))
		e.result.add(s, k.prefix+"mrr10", mean(k.r.reciprocal(10)))
		e.result.add(s, k.prefix+"ndcg10", mean(k.r.gain(10)))
	}
	e.result.slice(labels, "r1", mean(shipped.recall(1)))
	e.result.slice(labels, "r5", mean(shipped.recall(5)))
	return nil
}

// ranking holds at which places the relevant documents of each line stood.
type ranking struct {
	places   [][]int // from 1
	relevant []int   // how many there are
}

func newRanking(n int) *ranking { return &ranking{places: make([][]int, n), relevant: make([]int, n)} }

// found notes a relevant document's place; 0 is not found.
func (r *ranking) found(line, place int) {
	if place > 0 {
		r.places[line] = append(r.places[line], place)
	}
}

// first is the best place of a relevant document; 0: none was found.
func (r *ranking) first(line int) int {
	if len(r.places[line]) == 0 {
		return 0
	}
	return slices.Min(r.places[line])
}

// recall is 1 for lines with a relevant document among the first k.
func (r *ranking) recall(k int) []float64 {
	out := make([]float64, len(r.places))
	for i, p := range r.places {
		if len(p) > 0 && slices.Min(p) <= k {
			out[i] = 1
		}
	}
	return out
}

// reciprocal is 1 over the place of the first relevant document among the first k.
func (r *ranking) reciprocal(k int) []float64 {
	out := make([]float64, len(r.places))
	for i, p := range r.places {
		if len(p) > 0 && slices.Min(p) <= k {
			out[i] = 1 / float64(slices.Min(p))
		}
	}
	return out
}

// gain is the discounted cumulative gain of the first k over the best there can
// be (Järvelin and Kekäläinen 2002), every relevant document worth the same.
func (r *ranking) gain(k int) []float64 {
	discount := func(place int) float64 { return 1 / math.Log2(float64(place)+1) }
	out := make([]float64, len(r.places))
	for i, p := range r.places {
		var got, best float64
		for _, place := range p {
			if place <= k {
				got += discount(place)
			}
		}
		for place := 1; place <= min(r.relevant[i], k); place++ {
			best += discount(place)
		}
		if best > 0 {
			out[i] = got / best
		}
	}
	return out
}
