package bot

import "github.com/frontdesk-chat/frontdesk/knowledge"

// sameWords is the share of its words from which a passage tells nothing that
// another does not: copies of a page, an entry imported twice, a text that moved.
const sameWords = .8

// saysTheSame reports whether a candidate adds no words to those taken before it.
// It is maximal marginal relevance (Carbonell and Goldstein 1998) with a step in
// place of a slope: what differs keeps its rank.
func saysTheSame(c knowledge.Candidate, taken []knowledge.Candidate) bool {
	own := passageWords(c)
	if len(own) == 0 {
		return false
	}
	for _, t := range taken {
		other := passageWords(t)
		both := 0
		for w := range own {
			if other[w] {
				both++
			}
		}
		if float64(both) >= sameWords*float64(max(len(own), len(other))) {
			return true
		}
	}
	return false
}

func passageWords(c knowledge.Candidate) map[string]bool {
	out := map[string]bool{}
	for _, w := range contentWords(c.Passage) {
		out[w] = true
	}
	return out
}
