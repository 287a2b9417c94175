package intents

import (
	"maps"
	"math"
	"slices"
)

// wording is which words the examples of each class have. A question that no class
// answers is often put in words that all are known, but not from the class that it
// comes closest to.
type wording struct {
	first []uint32 // of each n-gram of the vocabulary, where its classes begin; one more at the end
	class []uint32 // ascending
	count []uint32 // beside class: how many of its examples have the word
	size  []uint32 // of each class, in examples
}

// newWording counts the words of rows; classOf gives the class of a row.
func newWording(v *vocabulary, counted [][]gramCount, rows []int, classes int, classOf func(row int) int) wording {
	w := wording{first: make([]uint32, len(v.hashes)+1), size: make([]uint32, classes)}
	of := make([]map[uint32]uint32, len(v.hashes))
	for k, i := range rows {
		c := uint32(classOf(i))
		w.size[c]++
		for _, one := range v.words(counted[k]) {
			if one.at < 0 {
				continue
			}
			if of[one.at] == nil {
				of[one.at] = map[uint32]uint32{}
			}
			of[one.at][c]++
		}
	}
	for at, counts := range of {
		for _, c := range slices.Sorted(maps.Keys(counts)) {
			w.class, w.count = append(w.class, c), append(w.count, counts[c])
		}
		w.first[at+1] = uint32(len(w.class))
	}
	return w
}

// fits reports whether the tables fit a vocabulary and a number of classes.
func (w *wording) fits(grams, classes int) bool {
	if len(w.first) != grams+1 || len(w.size) != classes || len(w.class) != len(w.count) || int(w.first[grams]) != len(w.class) {
		return false
	}
	for i := range grams {
		if w.first[i] > w.first[i+1] {
			return false
		}
	}
	for _, c := range w.class {
		if int(c) >= classes {
			return false
		}
	}
	return true
}

// of compares words with a class. covered is the idf-weighted share that its examples
// have, 0…1, and 1 without words; typical the mean of ln(share in the class / share in
// all examples), which is above 0 for words that are the class's own.
func (w *wording) of(words []word, class int) (covered, typical float64) {
	if len(words) == 0 {
		return 1, 0
	}
	var have, all, examples float64
	for _, n := range w.size {
		examples += float64(n)
	}
	for _, one := range words {
		all += float64(one.idf)
		var mine, every float64
		if one.at >= 0 {
			for k := w.first[one.at]; k < w.first[one.at+1]; k++ {
				every += float64(w.count[k])
				if int(w.class[k]) == class {
					mine = float64(w.count[k])
				}
			}
		}
		if mine > 0 {
			have += float64(one.idf)
		}
		// A tenth of an example more on both sides keeps the logarithms finite.
		typical += math.Log((mine+.1)/(float64(w.size[class])+.2)) - math.Log((every+.1)/(examples+.2))
	}
	return have / all, typical / float64(len(words))
}
