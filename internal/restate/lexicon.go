package restate

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// lexiconPacked lists Chinese words with class and the binary logarithm of their
// frequency, sorted. It is the frequent part of jieba's word list (MIT), as go-ego/gse
// carries it, with everyday words added.
//
//go:embed lexicon.txt.gz
var lexiconPacked []byte

// Classes of words. English words have those that their form tells.
const (
	classNoun     = 'n'
	className     = 'h' // of a person; in English any capitalised word
	classVerb     = 'v'
	classPronoun  = 'r' // also demonstratives and words that ask
	classPart     = 'y' // "吗", "啊"
	classUse      = 'u' // "的", "了"
	classPunct    = 'x'
	classUnknown  = 'z'
	classAux      = 'A'
	classDet      = 'D'
	classPrep     = 'p'
	classConj     = 'c'
	classAsk      = 'W'
	classNumber   = 'm'
	classFunction = 'F'
)

type entry struct {
	class byte
	cost  float64 // of the word in a segmentation: −log2 of its share
}

type lexicon map[string]entry

// log2All is the binary logarithm of how many words the frequencies were counted in.
const log2All = 26

// longest is how many characters a word of the list may have.
const longest = 5

// openLexicon reads the list that is built in.
func openLexicon() (lexicon, error) {
	words, err := unpack(lexiconPacked)
	if err != nil {
		return nil, err
	}
	return parseLexicon(string(words))
}

func parseLexicon(list string) (lexicon, error) {
	out := make(lexicon, strings.Count(list, "\n"))
	for line := range strings.Lines(list) {
		word, rest, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok || len(rest) < 2 {
			return nil, fault.New(fault.Internal, "the word list has a line %q", line)
		}
		n, err := strconv.Atoi(rest[1:])
		if err != nil {
			return nil, fault.New(fault.Internal, "the word list has a line %q", line)
		}
		out[word] = entry{rest[0], log2All - float64(n)}
	}
	return out, nil
}

// unknownCost is what a character costs that is no word of the list.
const unknownCost = 24

// segment cuts a run of Han characters into words, the likeliest way (Viterbi
// over word frequencies), and tells their classes.
func (l lexicon) segment(run []rune) (words []int, classes []byte) {
	n := len(run)
	best, from, class := make([]float64, n+1), make([]int, n+1), make([]byte, n+1)
	for i := 1; i <= n; i++ {
		best[i] = best[i-1] + unknownCost
		from[i], class[i] = i-1, classUnknown
		for w := 1; w <= longest && w <= i; w++ {
			e, ok := l[string(run[i-w:i])]
			if ok && best[i-w]+e.cost < best[i] {
				best[i], from[i], class[i] = best[i-w]+e.cost, i-w, e.class
			}
		}
	}
	for i := n; i > 0; i = from[i] {
		words, classes = append(words, from[i]), append(classes, class[i])
	}
	for i, j := 0, len(words)-1; i < j; i, j = i+1, j-1 {
		words[i], words[j] = words[j], words[i]
		classes[i], classes[j] = classes[j], classes[i]
	}
	return words, classes
}
