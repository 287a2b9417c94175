package intents

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/linear"
)

func TestVotesOfTheNearest(t *testing.T) {
	class := []uint16{0, 1, 1, 2}
	share := func(cosines ...float32) []float64 {
		n := noneNear(voters)
		for row, cos := range cosines {
			n.add(cos, row)
		}
		scores := make([]float32, 3*views)
		n.vote(class, scores)
		out := make([]float64, 3)
		sum := 0.0
		for c := range out {
			out[c] = math.Exp(float64(scores[c*views+nearView]))
			sum += out[c]
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("shares %v of cosines %v sum to %v", out, cosines, sum)
		}
		return out
	}
	if s := share(.9, .89, .88, .1); s[1] <= s[0] || s[2] > .01 {
		t.Errorf("two of nearly the same cosine have %v, one %v, one far away %v; want the two first, hardly any for the last", s[1], s[0], s[2])
	}
	if s := share(.9, .7, .7, .1); s[0] <= s[1] {
		t.Errorf("a near one has %v, two far ones %v; want the near one first", s[0], s[1])
	}
	if s := share(); s[0] != s[1] || s[1] != s[2] {
		t.Errorf("without anybody near shares are %v, want equal ones", s)
	}
}

// An intent with many examples is told by votes, and its artefact tells alike.
func TestManyExamplesVote(t *testing.T) {
	var s Set
	add := func(name string, forms ...string) {
		s.Intents = append(s.Intents, Intent{Name: name})
		for _, form := range forms {
			for _, word := range []string{"red", "big", "old", "new", "blue", "small", "green", "heavy", "round", "long", "cheap", "white", "wooden", "second"} {
				s.Examples = append(s.Examples, Example{Intent: name, Text: fmt.Sprintf(form, word)})
			}
		}
	}
	add("lamp", "my %s lamp is broken", "the %s light does not shine", "repair of a %s lamp")
	add("boat", "rent a %s boat", "how much is the %s rowing boat", "hire a %s canoe")
	m, err := Train(t.Context(), s, openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := m.classifier; len(c.around.class) != len(c.around.scales) || len(c.neighbours) != 0 {
		t.Errorf("%d of %d rows vote beside %d neighbours, want all and none", len(c.around.class), len(c.around.scales), len(c.neighbours))
	}
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeModel(data)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"the yellow lamp went dark": "lamp", "we would like to go rowing": "boat"} {
		x, y := predict(t, m, text), predict(t, back, text)
		if x.Intents[0].Name != want || y.Intents[0].Name != want || math.Abs(x.Intents[0].Confidence-y.Intents[0].Confidence) > .02 {
			t.Errorf("%q: %+v before and %+v after the artefact, want %s", text, x.Intents[0], y.Intents[0], want)
		}
	}
	m.classifier.around.class = m.classifier.around.class[1:]
	if data, err = m.Encode(); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeModel(data); err == nil {
		t.Error("a model whose voters lack one is decoded")
	}
}

func TestClosestOfQuantizedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	a := surroundings{}
	for range 300 {
		v := make([]float32, 64)
		for j := range v {
			v[j] = float32(r.NormFloat64())
		}
		unit(v)
		a.rows = append(a.rows, v)
	}
	a.quantize()
	top := a.closest(a.rows[42], 3)
	if top[0].row != 42 {
		t.Errorf("row %d is closest to row 42", top[0].row)
	}
	for _, one := range top {
		if exact := linear.Dot(a.rows[one.row], a.rows[42]); math.Abs(float64(exact-one.cos)) > .005 {
			t.Errorf("row %d has cosine %v, exactly %v", one.row, one.cos, exact)
		}
	}
}
