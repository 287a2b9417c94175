package training

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
)

// wordings reads groups of questions that ask the same.
func wordings(t *testing.T, language string) (questions []string, group []int) {
	t.Helper()
	data, err := os.ReadFile("data/review/" + language + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		for _, q := range strings.Split(g, "\n") {
			questions, group = append(questions, q), append(group, i)
		}
	}
	return questions, group
}

// meanings are the vectors of questions by the built-in model.
func meanings(t *testing.T, questions []string) [][]float32 {
	t.Helper()
	encoder, err := e5.Open()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := encoder.EmbedQueries(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float32, len(raw))
	for i, v := range raw {
		if out[i] = intents.Meaning(v); out[i] == nil {
			t.Fatal("the built-in model's vectors have no meaning")
		}
	}
	return out
}

// pairs scores clusters over all pairs of questions; f counts precision twice, for
// what is joined wrongly takes an editor longer than what is not joined.
func pairs(clusters [][]int, group []int) (precision, recall, f float64) {
	in := make([]int, len(group))
	for c, members := range clusters {
		for _, i := range members {
			in[i] = c
		}
	}
	var joined, same, both float64
	for i := range group {
		for j := range i {
			if in[i] == in[j] {
				joined++
			}
			if group[i] == group[j] {
				same++
				if in[i] == in[j] {
					both++
				}
			}
		}
	}
	precision, recall = both/max(joined, 1), both/same
	return precision, recall, 1.25 * precision * recall / max(.25*precision+recall, 1e-9)
}

// The shipped thresholds are the best of a grid, to a point, on wordings of our own.
func TestClusterThreshold(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		questions, group := wordings(t, language)
		vectors := meanings(t, questions)
		best := 0.0
		for at := .2; at < .6; at += .02 {
			p, r, f := pairs(cluster(vectors, at), group)
			t.Logf("%s %.2f: precision %.3f recall %.3f f %.3f", language, at, p, r, f)
			best = max(best, f)
		}
		p, r, shipped := pairs(cluster(vectors, clusterAt(language)), group)
		t.Logf("%s shipped %.2f: precision %.3f recall %.3f f %.3f", language, clusterAt(language), p, r, shipped)
		if shipped < best-.01 {
			t.Errorf("%s: clusterAt gives %.3f, the best of the grid %.3f", language, shipped, best)
		}
	}
}

// slowly joins the nearest groups one after the other: what the chain must give too.
func slowly(vectors [][]float32, at float64) [][]int {
	near := cosines(vectors)
	var groups [][]int
	for i := range vectors {
		groups = append(groups, []int{i})
	}
	mean := func(a, b []int) float64 {
		var sum float64
		for _, i := range a {
			for _, j := range b {
				sum += float64(near[i][j])
			}
		}
		return sum / float64(len(a)*len(b))
	}
	for {
		bi, bj, best := -1, -1, at
		for i := range groups {
			for j := range i {
				if m := mean(groups[i], groups[j]); m >= best {
					bi, bj, best = j, i, m
				}
			}
		}
		if bi < 0 {
			break
		}
		groups[bi] = append(groups[bi], groups[bj]...)
		groups = slices.Delete(groups, bj, bj+1)
	}
	for _, g := range groups {
		slices.Sort(g)
	}
	slices.SortFunc(groups, func(a, b []int) int { return a[0] - b[0] })
	return groups
}

func made(n, dim int, seed uint64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	centres := make([][]float32, 1+n/5)
	draw := func(near []float32) []float32 {
		v := make([]float32, dim)
		var squares float64
		for i := range v {
			v[i] = float32(rng.NormFloat64())
			if near != nil {
				v[i] += 1.2 * near[i] * float32(math.Sqrt(float64(dim)))
			}
			squares += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(squares))
		}
		return v
	}
	for i := range centres {
		centres[i] = draw(nil)
	}
	out := make([][]float32, n)
	for i := range out {
		out[i] = draw(centres[rng.IntN(len(centres))])
	}
	return out
}

func TestClusterJoinsAsOneByOne(t *testing.T) {
	for seed := range uint64(20) {
		for _, at := range []float64{.2, .5, .8, 2} {
			vectors := made(40, 24, seed)
			if d := cmp.Diff(slowly(vectors, at), cluster(vectors, at)); d != "" {
				t.Fatalf("seed %d at %.1f (-one by one +chain):\n%s", seed, at, d)
			}
		}
	}
	if got := cluster(nil, .5); got != nil {
		t.Errorf("nothing makes %v", got)
	}
	same := [][]float32{{1, 0}, {1, 0}, {1, 0}}
	if d := cmp.Diff([][]int{{0, 1, 2}}, cluster(same, .5)); d != "" {
		t.Errorf("equal vectors (-want +got):\n%s", d)
	}
}

func TestCentralIsTheMostCommon(t *testing.T) {
	vectors := [][]float32{{1, 0}, {.6, .8}, {0, 1}}
	if got := central(vectors, []int{0, 1, 2}, []int{1, 1, 1}); got != 1 {
		t.Errorf("the one between: got %d", got)
	}
	if got := central(vectors, []int{0, 1, 2}, []int{9, 1, 1}); got != 0 {
		t.Errorf("the one nearly everybody uses: got %d", got)
	}
}

func BenchmarkCluster(b *testing.B) {
	for _, n := range []int{200, 2000} {
		vectors := made(n, 384, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				cluster(vectors, .3)
			}
		})
	}
}
