package training

import (
	"math"
	"sort"
)

// A measure computes one metric over the lines of a sample. w[i] says how often
// line i counts: 1 for the plain figure, a bootstrap draw's multiplicity, or 0
// for lines outside a slice. It returns NaN where the metric is undefined (no
// positive line, say). Weights let figure, interval and slice share one code.
type measure func(w []float64) float64

// mean is the weighted mean of a value per line.
func mean(values []float64) measure {
	return func(w []float64) float64 {
		var sum, n float64
		for i, v := range values {
			sum += w[i] * v
			n += w[i]
		}
		return ratio(sum, n)
	}
}

// share is the part of the lines in den that are also in num: recall, precision
// and coverage are shares. A nil den is every line.
func share(num, den []bool) measure {
	return func(w []float64) float64 {
		var a, b float64
		for i := range num {
			if den != nil && !den[i] {
				continue
			}
			b += w[i]
			if num[i] {
				a += w[i]
			}
		}
		return ratio(a, b)
	}
}

// f1 is the harmonic mean of precision and recall of predicted against truth.
func f1(predicted, truth []bool) measure {
	return func(w []float64) float64 {
		var tp, fp, fn float64
		for i := range truth {
			switch {
			case predicted[i] && truth[i]:
				tp += w[i]
			case predicted[i]:
				fp += w[i]
			case truth[i]:
				fn += w[i]
			}
		}
		return ratio(2*tp, 2*tp+fp+fn)
	}
}

// macroF1 is the unweighted mean of F1 over the labels that occur in truth.
func macroF1(predicted, truth []string) measure {
	number := map[string]int{}
	index := func(s string) int {
		n, ok := number[s]
		if !ok {
			n = len(number)
			number[s] = n
		}
		return n
	}
	p, t := make([]int, len(truth)), make([]int, len(truth))
	for i := range truth {
		p[i], t[i] = index(predicted[i]), index(truth[i])
	}
	return func(w []float64) float64 {
		tp, fp, fn := make([]float64, len(number)), make([]float64, len(number)), make([]float64, len(number))
		for i := range t {
			if p[i] == t[i] {
				tp[t[i]] += w[i]
			} else {
				fp[p[i]] += w[i]
				fn[t[i]] += w[i]
			}
		}
		var sum, n float64
		for l := range tp {
			if tp[l]+fn[l] > 0 {
				sum += 2 * tp[l] / (2*tp[l] + fp[l] + fn[l])
				n++
			}
		}
		return ratio(sum, n)
	}
}

// auroc is the probability that a positive line scores above a negative one,
// ties counting half.
func auroc(score []float64, positive []bool) measure {
	order := byScore(score, false)
	return func(w []float64) float64 {
		var pos, neg, area float64
		for i := 0; i < len(order); {
			var p, n float64
			j := i
			for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
				if positive[order[j]] {
					p += w[order[j]]
				} else {
					n += w[order[j]]
				}
			}
			area += p * (neg + n/2)
			pos, neg = pos+p, neg+n
			i = j
		}
		return ratio(area, pos*neg)
	}
}

// averagePrecision is the area under precision and recall, by steps; tied
// scores enter together.
func averagePrecision(score []float64, positive []bool) measure {
	order := byScore(score, true)
	return func(w []float64) float64 {
		var tp, all, sum float64
		for i := 0; i < len(order); {
			var p float64
			j := i
			for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
				all += w[order[j]]
				if positive[order[j]] {
					p += w[order[j]]
				}
			}
			tp += p
			if all > 0 {
				sum += p * tp / all
			}
			i = j
		}
		return ratio(sum, tp)
	}
}

// pearson is the linear correlation of two values a line.
func pearson(x, y []float64) measure {
	return func(w []float64) float64 {
		var n, mx, my float64
		for i := range x {
			n += w[i]
			mx += w[i] * x[i]
			my += w[i] * y[i]
		}
		mx, my = ratio(mx, n), ratio(my, n)
		var xx, yy, xy float64
		for i := range x {
			dx, dy := x[i]-mx, y[i]-my
			xx += w[i] * dx * dx
			yy += w[i] * dy * dy
			xy += w[i] * dx * dy
		}
		return ratio(xy, math.Sqrt(xx*yy))
	}
}

// eceBins is the number of equal-width bins of the expected calibration error.
const eceBins = 15

// ece is the expected calibration error of a confidence in 0…1 that the line is
// right, over eceBins bins of equal width.
func ece(confidence []float64, right []bool) measure {
	return func(w []float64) float64 {
		var sum, hits, conf [eceBins]float64
		var total float64
		for i, c := range confidence {
			b := bin(c)
			sum[b] += w[i]
			conf[b] += w[i] * c
			if right[i] {
				hits[b] += w[i]
			}
			total += w[i]
		}
		var e float64
		for b := range sum {
			e += math.Abs(hits[b] - conf[b])
		}
		return ratio(e, total)
	}
}

func bin(c float64) int { return max(0, min(eceBins-1, int(c*eceBins))) }

// recallAtKept is the share of rejected lines in out at the score (higher means
// out) that keeps the given share of the lines in in.
func recallAtKept(score []float64, out []bool, keep float64) measure {
	order := byScore(score, false)
	return func(w []float64) float64 {
		var kept, total, outs float64
		for i := range score {
			if out[i] {
				outs += w[i]
			} else {
				total += w[i]
			}
		}
		if total == 0 || outs == 0 {
			return math.NaN()
		}
		var passed float64
		for i := 0; i < len(order); {
			j := i
			var in, o float64
			for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
				if out[order[j]] {
					o += w[order[j]]
				} else {
					in += w[order[j]]
				}
			}
			kept, passed = kept+in, passed+o
			if kept >= keep*total {
				break
			}
			i = j
		}
		return 1 - passed/outs
	}
}

// byScore orders lines by score; equal scores keep their order.
func byScore(score []float64, descending bool) []int {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool {
		if descending {
			return score[order[a]] > score[order[b]]
		}
		return score[order[a]] < score[order[b]]
	})
	return order
}

func ratio(a, b float64) float64 {
	if b == 0 || math.IsNaN(a) || math.IsNaN(b) {
		return math.NaN()
	}
	return a / b
}
