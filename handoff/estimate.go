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

	// paceOver is over how many conversations the handling time is taken: an average
	// over fewer of times that vary as much as their mean is off by more than 7 %.
	paceOver = 200

	// answeringPrior stands for how long an agent takes to accept an offer.
	answeringPrior = 10 * time.Second
)

// Measures are what the desk has learnt about its own pace.
type Measures struct {
	Handled  int64         // conversations that people have ended
	Handling time.Duration // typical time from accepting to the end; zero: nothing measured yet
	Left     float64       // visitors who left while waiting; old ones fade
	Waited   time.Duration // all waits, of those who left and those who were served; old ones fade
	Accepted int64         // offers that were accepted
	Answer   time.Duration // typical time from an offer to its acceptance; zero: nothing measured yet
}

// answering is how long an agent takes to accept, drawn to the prior at first.
func (m Measures) answering() time.Duration {
	n := float64(m.Accepted)
	return time.Duration((priorWeight*float64(answeringPrior) + n*float64(m.Answer)) / (priorWeight + n))
}

// accepted learns from one offer that was accepted.
func (m Measures) accepted(took time.Duration) Measures {
	m.Accepted++
	m.Answer += (max(took, 0) - m.Answer) / time.Duration(min(m.Accepted, paceOver))
	return m
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

// add learns from one conversation that ended. After two hundred it forgets slowly,
// so that a change of pace shows within a day.
func (m Measures) add(took time.Duration) Measures {
	took = min(max(took, 0), 4*time.Hour) // a chat left open over night says nothing about pace
	m.Handled++
	m.Handling += (took - m.Handling) / time.Duration(min(m.Handled, paceOver))
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

// quantiles are the median, and what nine in ten stay under, of a wait with a mean
// and a variance in seconds: those of the gamma distribution with both, by the
// approximation of Wilson and Hilferty (1931). An offer has to be accepted besides,
// which takes an exponential time.
func (m Measures) quantiles(mean, variance float64) (median, upper time.Duration) {
	accept := m.answering().Seconds()
	mean, variance = mean+accept, variance+accept*accept
	k := variance / (9 * mean * mean)
	at := func(z float64) time.Duration {
		return time.Duration(mean * math.Pow(max(1-k+z*math.Sqrt(k), 0), 3) * float64(time.Second))
	}
	return at(0), at(1.2816)
}
