package intents

import (
	"math"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/index"
	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

// surroundings are the examples in the plain shipped space. The space in which intents
// are told apart weakens what does not tell the known ones apart, and that may be just
// what tells that an utterance is none of them: with it alone the out-of-scope score of
// a bank's unsupported questions lost a point of AUROC.
type surroundings struct {
	space   *space
	rows    [][]float32 // only while a classifier is trained
	codes   []int8      // the rows as index.Quantize writes them: 12,000 of floats do not fit the cache
	scales  []float32
	class   []uint16    // of each row, where rows vote; nil: they do not
	density []float32   // mean cosine of each row's five nearest others; nil: nobody asks
	centres [][]float32 // of the classes, unit length; zero for a class without examples
}

// around is how many of the nearest examples tell how lonely a place is.
const around = 5

// The nearest examples vote for their intents, nearer ones more. Chosen on parts held
// back of the train splits of BANKING77 and of titles of questions about programs:
// .936 and .906 with votes, .930 and .900 with the nearest example of each intent, and
// within .002 of it with 20 to 80 voters, widths of .03 to .08 and floors up to .03.
const (
	voters    = 20
	voteWidth = .05 // the cosine by which a vote falls to a third
	voteFloor = .003
)

// neighbour is a row and its cosine; row is −1 where there is none.
type neighbour struct {
	cos float32
	row int
}

// nearest keeps the rows with the highest cosines, best first.
type nearest []neighbour

func noneNear(n int) nearest {
	none := make(nearest, n)
	for i := range none {
		none[i] = neighbour{-1, -1}
	}
	return none
}

func (n nearest) add(cos float32, row int) {
	if cos <= n[len(n)-1].cos {
		return
	}
	for k := range n {
		if cos > n[k].cos {
			copy(n[k+1:], n[k:len(n)-1])
			n[k] = neighbour{cos, row}
			return
		}
	}
}

// mean returns the mean cosine, and of the values at the rows their mean; 0 without rows.
func (n nearest) mean(at []float32) (cos, value float64) {
	found := 0.0
	for _, one := range n {
		if one.row >= 0 {
			found++
			cos += float64(one.cos)
			if at != nil {
				value += float64(at[one.row])
			}
		}
	}
	found = max(1, found)
	return cos / found, value / found
}

// vote writes to scores, classes × views, the logarithm of each class's share.
func (n nearest) vote(class []uint16, scores []float32) {
	share := make([]float64, len(scores)/views)
	all := voteFloor * float64(len(share))
	for c := range share {
		share[c] = voteFloor
	}
	var weights [voters]float64
	var sum float64
	for k, one := range n {
		if one.row >= 0 {
			weights[k] = math.Exp(float64(one.cos-n[0].cos) / voteWidth)
			sum += weights[k]
		}
	}
	for k, one := range n {
		if one.row >= 0 {
			share[class[one.row]] += weights[k] / sum
			all += weights[k] / sum
		}
	}
	for c, v := range share {
		scores[c*views+nearView] = float32(math.Log(v / all))
	}
}

// quantize fills codes and scales.
func (a *surroundings) quantize() {
	a.codes, a.scales = nil, make([]float32, len(a.rows))
	for i, v := range a.rows {
		code := make([]int8, len(v))
		a.scales[i] = index.Quantize(code, v)
		a.codes = append(a.codes, code...)
	}
}

// closest returns the rows closest to a vector.
func (a *surroundings) closest(x []float32, n int) nearest {
	code, wide, dots := make([]int8, len(x)), make([]int16, len(x)), make([]int32, len(a.scales))
	scale := index.Quantize(code, x)
	for i, v := range code {
		wide[i] = int16(v)
	}
	index.Dots(dots, wide, a.codes)
	top := noneNear(n)
	for i, v := range dots {
		top.add(float32(v)*scale*a.scales[i], i)
	}
	return top
}

// measure fills density, and lets go of the rows.
func (a *surroundings) measure() {
	a.density = make([]float32, len(a.rows))
	for i, v := range a.rows {
		near := a.closest(v, around+1)
		// The row itself is among them, unless that many others are the same.
		own := slices.IndexFunc(near, func(n neighbour) bool { return n.row == i })
		if own < 0 {
			own = around
		}
		cos, _ := slices.Delete(near, own, own+1).mean(nil)
		a.density[i] = float32(cos)
	}
	a.rows = nil
}

// nearestApart is the smallest distance that lonely divides by: examples said twice would
// make it infinite.
const nearestApart = .02

// look adds what surrounds a vector of the surroundings' space.
func (a *surroundings) look(x []float32, s *seen) {
	keep := around
	if a.class != nil {
		keep = voters
	}
	top := a.closest(x, keep)
	if a.class != nil {
		top.vote(a.class, s.scores)
	}
	s.nearest = float64(top[0].cos)
	cos, theirs := top[:around].mean(a.density)
	s.nearest5 = cos
	// As the local outlier factor (Breunig et al. 2000), with cosine distances.
	s.lonely = (1 - cos) / max(nearestApart, 1-theirs)
	s.centre = -1
	for _, v := range a.centres {
		s.centre = math.Max(s.centre, float64(linear.Dot(v, x)))
	}
}
