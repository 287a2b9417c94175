package restate

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

//go:embed weights.txt.gz
var weightsPacked []byte

// Said is an earlier text of a talk.
type Said struct {
	Text    string
	Visitor bool // not the bot
}

// Result is how words were made to stand alone.
type Result struct {
	Text    string   // the words themselves when nothing is carried over
	Carried []string // what was taken from earlier texts
	Needs   float64  // probability that the words do not stand alone, 0…1
}

// Changed reports whether anything was carried over.
func (r Result) Changed() bool { return len(r.Carried) > 0 }

// Rewriter makes words stand alone. Its methods may be called concurrently.
type Rewriter struct {
	lexicon lexicon
	weights map[feature]float32
	surely  float64 // probability that an edit needs to be made
}

// Open returns the rewriter that the product ships. Error: Internal when what is
// built in cannot be read.
func Open() (*Rewriter, error) {
	lex, err := openLexicon()
	if err != nil {
		return nil, err
	}
	weightsText, err := unpack(weightsPacked)
	if err != nil {
		return nil, err
	}
	r := &Rewriter{lexicon: lex, weights: map[feature]float32{}, surely: surelyFrom}
	for line := range bytes.Lines(weightsText) {
		w, name, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		v, err := strconv.ParseFloat(w, 32)
		if !ok || err != nil {
			return nil, fault.New(fault.Internal, "the rewriter's weights have a line %q", line)
		}
		r.weights[spell(name)] = float32(v)
	}
	return r, nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "what the rewriter brings along is damaged")
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "what the rewriter brings along is damaged")
	}
	return text, nil
}

// surelyFrom is the probability from which an edit is made. An edit that is hardly
// likelier than others seldom reads like a sentence. Chosen on the held-back part
// of training/data/rewrites.
const surelyFrom = .1

// maxEdits is how many edits words may take: a pronoun and something left out.
const maxEdits = 2

// Rewrite makes words stand alone that follow others, the newest last. Words that
// say what they mean come back as they are.
func (r *Rewriter) Rewrite(said []Said, words string) Result {
	out := Result{Text: words}
	for step := range maxEdits {
		s := r.scene(said, out.Text)
		if s == nil {
			break
		}
		e, sure, kept := r.best(s)
		if step == 0 {
			out.Needs = 1 - kept
		}
		if e.kind == keep || sure < r.surely {
			break
		}
		out.Text = s.apply(e)
		if e.a < e.b {
			out.Carried = append(out.Carried, s.stretch(e.back, e.a, e.b))
		} else {
			out.Carried = append(out.Carried, s.texts[e.back-1])
		}
		if e.kind == slot {
			break
		}
	}
	return out
}

// scene cuts what a step looks at; nil when there is nothing to do.
func (r *Rewriter) scene(said []Said, words string) *scene {
	s := &scene{text: words, words: r.lexicon.tokens(words), zh: han(words), count: map[string]int{}}
	s.end = bare(s.words)
	if s.end == 0 || s.end > maxOwn {
		return nil
	}
	for i := len(said) - 1; i >= 0; i-- {
		// The last texts, and what the talk began with.
		if len(s.said) == maxBack && i > 0 {
			continue
		}
		ts := r.lexicon.tokens(said[i].Text)
		if len(ts) == 0 || (han(said[i].Text) != s.zh && s.zh) {
			continue
		}
		s.said, s.texts, s.role = append(s.said, ts), append(s.texts, said[i].Text), append(s.role, said[i].Visitor)
	}
	if len(s.said) == 0 {
		return nil
	}
	for _, p := range s.spans() {
		s.count[s.key(edit{back: p.back, a: p.a, b: p.b})]++
	}
	return s
}

func (s *scene) key(e edit) string {
	return strings.ToLower(s.stretch(e.back, e.a, e.b))
}

func han(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

func (r *Rewriter) sum(f *features) float64 {
	total := 0.0
	for _, x := range f.list {
		total += float64(r.weights[x])
	}
	return total
}

// best returns the likeliest edit with its probability, and that of leaving the
// words as they are.
func (r *Rewriter) best(s *scene) (e edit, sure, kept float64) {
	edits := s.edits()
	scores := r.scores(s, edits)
	at := 0
	for i := range scores {
		if scores[i] > scores[at] {
			at = i
		}
	}
	all := 0.0
	for _, v := range scores {
		all += math.Exp(v - scores[at])
	}
	return edits[at], 1 / all, math.Exp(scores[0]-scores[at]) / all
}

// scores of all edits. What edits share is summed once.
func (r *Rewriter) scores(s *scene, edits []edit) []float64 {
	type where struct {
		kind     kind
		from, to int
		join     string
	}
	places, stretches := map[where]float64{}, map[span]float64{}
	var f features
	sum := func(describe func(*features)) float64 {
		f.list = f.list[:0]
		describe(&f)
		return r.sum(&f)
	}
	out := make([]float64, len(edits))
	for i, e := range edits {
		if e.kind == keep {
			out[i] = sum(s.own)
			continue
		}
		w := where{e.kind, e.from, e.to, e.join}
		if e.kind == slot && e.a == e.b {
			w.join = "$"
		}
		p, ok := places[w]
		if !ok {
			p = sum(func(f *features) { s.place(e, f) })
			places[w] = p
		}
		c, ok := stretches[span{e.back, e.a, e.b}]
		if !ok {
			c = sum(func(f *features) { s.stretchOf(e, f) })
			stretches[span{e.back, e.a, e.b}] = c
		}
		out[i] = p + c + sum(func(f *features) { s.both(e, f) })
	}
	return out
}
