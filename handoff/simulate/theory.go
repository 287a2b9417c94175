package simulate

import "math"

// Theory is what the Erlang-A queue (M/M/n+M) says: Poisson arrivals, exponential
// handling times and patience, n places, first come first served.
type Theory struct {
	MeanWait  float64 `json:"mean_wait_s"` // of everybody, those who leave too
	Abandoned float64 `json:"abandoned"`   // share of all
}

// ErlangA works out the stationary queue with arrivals and patience as rates in
// 1/s, a handling rate for each of n places. The states above n are summed until
// what is left is below 1e-12 of the whole (Mandelbaum and Zeltyn 2008).
func ErlangA(arrivals, handling, leaving float64, n int) Theory {
	// Weights of the states relative to the state n, where they are largest at most.
	sum, line := 1.0, 0.0
	w := 1.0
	for k := n; k > 0; k-- { // below: p(k-1) = p(k) · k·μ/λ
		w *= float64(k) * handling / arrivals
		sum += w
	}
	w = 1
	for k := 1; ; k++ { // above: p(n+k) = p(n+k-1) · λ/(nμ+kθ)
		w *= arrivals / (float64(n)*handling + float64(k)*leaving)
		sum += w
		line += float64(k) * w
		if w < 1e-12*sum || math.IsInf(sum, 0) {
			break
		}
	}
	length := line / sum
	return Theory{MeanWait: length / arrivals, Abandoned: leaving * length / arrivals}
}
