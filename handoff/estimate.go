package handoff

import (
	"math"
	"time"
)

// What is supposed until enough was measured.
const (
	// handlingPrior stands for the handling time with the weight of priorWeight
	// conversations, patiencePrior for how long visitors wait before they leave with
	// that of priorWeight who left.
	handlingPrior = 6 * time.Minute
	patiencePrior = 10 * time.Minute
	priorWeight   = 5

	// answering is how long a free agent typically takes to accept an offer.
	answering = 10 * time.Second
)

// Measures are what the desk has learnt about its own pace.
type Measures struct {
	Handled  int64         // conversations that people have ended
	Handling time.Duration // typical time from accepting to the end; zero: nothing measured yet
	Left     float64       // visitors who left while waiting; old ones fade
	Waited   time.Duration // all waits, of those who left and those who were served; old ones fade
}

// handling is the measured handling time, drawn to the prior while it stands on
// few conversations.
func (m Measures) handling() time.Duration {
	n := float64(m.Handled)
	return time.Duration((priorWeight*float64(handlingPrior) + n*float64(m.Handling)) / (priorWeight + n))
}

// leaving is the rate at which a waiting visitor gives up, in 1/s: the maximum
// likelihood of exponential patience when waits that ended with an agent are cut
// off (Mandelbaum and Zeltyn 2008), drawn to the prior.
func (m Measures) leaving() float64 {
	return (priorWeight + m.Left) / (priorWeight*patiencePrior.Seconds() + m.Waited.Seconds())
}

// add learns from one conversation that ended. After fifty it forgets slowly, so
// that a change of pace shows within a day.
func (m Measures) add(took time.Duration) Measures {
	took = min(max(took, 0), 4*time.Hour) // a chat left open over night says nothing about pace
	m.Handled++
	m.Handling += (took - m.Handling) / time.Duration(min(m.Handled, 50))
	return m
}

// waited learns from one wait that ended, left or served.
func (m Measures) waited(took time.Duration, left bool) Measures {
	took = min(max(took, 0), 4*time.Hour)
	const keep = .995 // 200 waits are remembered, more or less
	m.Left, m.Waited = m.Left*keep, time.Duration(float64(m.Waited)*keep)+took
	if left {
		m.Left++
	}
	return m
}

// wait estimates how long the one waits who stands behind ahead others, where so
// many chats go on at once of which some places are free: the median, and what
// nine in ten stay under; zero when there are no places.
//
// In the Erlang-A queue (M/M/n+M) with n places, handling time h and patience 1/θ,
// whoever stands behind k others with all places taken moves up at the rate
// n/h + kθ: somebody is done, or one of those ahead gives up. The wait is the sum
// of such exponential steps. Its mean and variance are summed exactly, and its
// quantiles are those of the gamma distribution with both, by the approximation of
// Wilson and Hilferty (1931).
func (m Measures) wait(ahead, places, free float64) (median, upper time.Duration) {
	if places <= 0 {
		return 0, 0
	}
	steps := ahead + 1 - free
	if steps <= 0 {
		return answering, 3 * answering
	}
	done, leave := places/m.handling().Seconds(), m.leaving()
	mean, variance := 0.0, 0.0
	for k := 0.0; k < steps; k++ {
		part := min(steps-k, 1) // the last step may be one in part
		rate := done + k*leave
		mean += part / rate
		variance += part / (rate * rate)
	}
	shape := mean * mean / variance
	quantile := func(z float64) time.Duration {
		k := 1 / (9 * shape)
		return answering + time.Duration(mean*math.Pow(max(1-k+z*math.Sqrt(k), 0), 3)*float64(time.Second))
	}
	return quantile(0), quantile(1.2816)
}
