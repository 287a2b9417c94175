package restate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Example is a talk and how a person made its last words stand alone.
type Example struct {
	Said           []Said
	Words, Rewrite string
}

// How the shipped weights are trained; chosen on the held-back part of
// training/data/rewrites, see the table there.
const (
	epochs  = 4
	rate    = .12  // of AdaGrad
	ridge   = .01  // L2 penalty
	sharp   = .03  // how much nearer to the person's words an edit must come to be preferred
	rivals  = 300  // edits that a step learns from: those that come nearest, and others by chance
	nearest = 24   // of them the former
	common  = 4    // steps that a feature must be seen in
	least   = .025 // weights below are left out of the file
)

// lesson is one step of an example: the features of each edit, and how much each is wanted.
type lesson struct {
	edits  [][]feature
	wanted []float64
}

// Train returns the weights that examples teach, as lines of the shipped file.
// The same examples in the same order give the same lines.
func Train(examples []Example) ([]byte, error) {
	lex, err := openLexicon()
	if err != nil {
		return nil, err
	}
	r := &Rewriter{lexicon: lex}
	rng := rand.New(rand.NewPCG(1, 2))
	names := map[feature]string{}
	var lessons []lesson
	for _, x := range examples {
		lessons = append(lessons, r.lessons(x, rng, names)...)
	}
	dropRare(lessons)
	weights, squares := map[feature]float64{}, map[feature]float64{}
	for range epochs {
		for _, i := range rng.Perm(len(lessons)) {
			learn(lessons[i], weights, squares)
		}
	}
	lines := make([]string, 0, len(weights))
	for f, w := range weights {
		if math.Abs(w) >= least {
			lines = append(lines, fmt.Sprintf("%.3f %s\n", w, names[f]))
		}
	}
	slices.SortFunc(lines, func(a, b string) int {
		_, x, _ := strings.Cut(a, " ")
		_, y, _ := strings.Cut(b, " ")
		return cmp.Compare(x, y)
	})
	return []byte(strings.Join(lines, "")), nil
}

// dropRare forgets features that too few steps share to teach anything.
func dropRare(lessons []lesson) {
	seen := map[feature]int{}
	for _, l := range lessons {
		in := map[feature]bool{}
		for _, fs := range l.edits {
			for _, f := range fs {
				in[f] = true
			}
		}
		for f := range in {
			seen[f]++
		}
	}
	for _, l := range lessons {
		for i, fs := range l.edits {
			l.edits[i] = slices.DeleteFunc(fs, func(f feature) bool { return seen[f] < common })
		}
	}
}

// lessons walks the way from the words to the person's rewrite, an edit a step.
func (r *Rewriter) lessons(x Example, rng *rand.Rand, names map[feature]string) []lesson {
	var out []lesson
	words, goal := x.Words, gramsOf(r.lexicon, x.Rewrite)
	for range maxEdits {
		s := r.scene(x.Said, words)
		if s == nil {
			break
		}
		edits := s.edits()
		near := make([]float64, len(edits))
		order := make([]int, len(edits))
		for i, e := range edits {
			order[i], near[i] = i, likeness(gramsOf(r.lexicon, s.apply(e)), goal)
		}
		rest := order[1:]
		slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(near[b], near[a]) })
		if len(rest) > rivals {
			others := rest[nearest:]
			rng.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
			order = order[:rivals+1]
		}
		l := lesson{}
		best, all := order[0], 0.0
		for _, i := range order {
			if near[i] > near[best]+1e-9 {
				best = i
			}
		}
		for _, i := range order {
			f := features{names: names}
			if e := edits[i]; e.kind == keep {
				s.own(&f)
			} else {
				s.place(e, &f)
				s.stretchOf(e, &f)
				s.both(e, &f)
			}
			w := math.Exp((near[i] - near[best]) / sharp)
			all += w
			l.edits, l.wanted = append(l.edits, f.list), append(l.wanted, w)
		}
		for i := range l.wanted {
			l.wanted[i] /= all
		}
		out = append(out, l)
		if edits[best].kind == keep || edits[best].kind == slot {
			break
		}
		words = s.apply(edits[best])
	}
	return out
}

// learn takes one step of AdaGrad on the cross-entropy between what is wanted and
// what the weights say.
func learn(l lesson, weights, squares map[feature]float64) {
	p := make([]float64, len(l.edits))
	top := math.Inf(-1)
	for i, fs := range l.edits {
		for _, f := range fs {
			p[i] += weights[f]
		}
		top = max(top, p[i])
	}
	all := 0.0
	for i := range p {
		p[i] = math.Exp(p[i] - top)
		all += p[i]
	}
	grad := map[feature]float64{}
	for i, fs := range l.edits {
		d := p[i]/all - l.wanted[i]
		if math.Abs(d) < 1e-6 {
			continue
		}
		for _, f := range fs {
			grad[f] += d
		}
	}
	for f, g := range grad {
		g += ridge * weights[f]
		squares[f] += g * g
		weights[f] -= rate * g / (1e-3 + math.Sqrt(squares[f]))
	}
}

// gramsOf counts the runs of one to three words, or Han characters, of a text.
func gramsOf(l lexicon, s string) map[string]int {
	units := []string{"^"}
	for _, t := range l.tokens(s) {
		switch {
		case t.class == classPunct:
		case han(t.low):
			units = append(units, strings.Split(t.low, "")...)
		default:
			units = append(units, t.low)
		}
	}
	units = append(units, "$")
	out := map[string]int{}
	for n := 1; n <= 3; n++ {
		for i := 0; i+n <= len(units); i++ {
			out[strings.Join(units[i:i+n], " ")]++
		}
	}
	return out
}

// likeness is the F-measure of two texts' runs, 0…1.
func likeness(a, b map[string]int) float64 {
	both, na, nb := 0, 0, 0
	for g, n := range a {
		both += min(n, b[g])
		na += n
	}
	for _, n := range b {
		nb += n
	}
	if na+nb == 0 {
		return 0
	}
	return 2 * float64(both) / float64(na+nb)
}
