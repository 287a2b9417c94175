package training

import (
	"math"
	"runtime"
	"slices"
	"sync"
)

// clusterAt is the mean cosine of two groups of questions of a language from which
// they are asked about the same, between vectors as intents.Meaning makes them.
// Fitted on training/data/review (our own wordings), see TestClusterThreshold.
func clusterAt(language string) float64 {
	if language == "zh" {
		return .44
	}
	return .34
}

// cluster groups vectors by average linkage and returns the members of each group,
// in order; groups are in the order of their first member. All vectors are of unit
// length and of one dimension. The result depends on nothing but the vectors and
// their order. n vectors take n² cosines: 2,000 of 384 numbers under a second.
func cluster(vectors [][]float32, at float64) [][]int {
	n := len(vectors)
	if n == 0 {
		return nil
	}
	near := cosines(vectors)
	groups := make([][]int, n)
	for i := range groups {
		groups[i] = []int{i}
	}
	// The nearest-neighbour chain: follow the nearest group until two are each
	// other's nearest, join them, go on. Average linkage joins the same groups in
	// whatever order such pairs are met.
	alive := make([]bool, n)
	for i := range alive {
		alive[i] = true
	}
	var chain []int
	for first := 0; first < n; {
		if len(chain) == 0 {
			for first < n && !alive[first] {
				first++
			}
			if first == n {
				break
			}
			chain = append(chain, first)
		}
		last := chain[len(chain)-1]
		best, closest := -1, float32(math.Inf(-1))
		if len(chain) > 1 { // among equals the one we came from, so that the chain ends
			best = chain[len(chain)-2]
			closest = near[last][best]
		}
		for j := range n {
			if alive[j] && j != last && near[last][j] > closest {
				best, closest = j, near[last][j]
			}
		}
		if best < 0 || float64(closest) < at {
			// Nothing is near enough to the end of the chain, and nothing that comes
			// later will be: averages only fall.
			alive[last] = false
			chain = chain[:len(chain)-1]
			continue
		}
		if len(chain) < 2 || best != chain[len(chain)-2] {
			chain = append(chain, best)
			continue
		}
		chain = chain[:len(chain)-2]
		unite(near, groups, alive, min(last, best), max(last, best))
	}
	out := slices.DeleteFunc(groups, func(g []int) bool { return g == nil })
	for _, g := range out {
		slices.Sort(g)
	}
	slices.SortFunc(out, func(a, b []int) int { return a[0] - b[0] })
	return out
}

// unite puts group b into a; its means of cosines are weighted by size.
func unite(near [][]float32, groups [][]int, alive []bool, a, b int) {
	na, nb := float32(len(groups[a])), float32(len(groups[b]))
	for j := range near {
		if alive[j] && j != a && j != b {
			m := (na*near[a][j] + nb*near[b][j]) / (na + nb)
			near[a][j], near[j][a] = m, m
		}
	}
	groups[a] = append(groups[a], groups[b]...)
	groups[b], alive[b] = nil, false
}

// cosines are the products of all pairs.
func cosines(vectors [][]float32) [][]float32 {
	n := len(vectors)
	near := make([][]float32, n)
	for i := range near {
		near[i] = make([]float32, n)
	}
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				for j := range i {
					near[i][j] = dot(vectors[i], vectors[j])
				}
			}
		})
	}
	wg.Wait()
	for i := range near {
		for j := range i {
			near[j][i] = near[i][j]
		}
	}
	return near
}

func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// central returns the member of a group that is nearest to all others, each as
// often as it was asked; among equals the first.
func central(vectors [][]float32, group, counts []int) int {
	best, closest := group[0], float32(math.Inf(-1))
	for _, i := range group {
		var sum float32
		for _, j := range group {
			sum += float32(counts[j]) * dot(vectors[i], vectors[j])
		}
		if sum > closest {
			best, closest = i, sum
		}
	}
	return best
}
