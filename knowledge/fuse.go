package knowledge

import (
	"cmp"
	"math"
	"slices"

	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// sighting is one document with all that both arms saw of it.
type sighting struct {
	id   DocumentID
	book *book

	lexical  float64 // BM25 of the best row, ≥ 0
	share    float64 // lexical as a share of what it could reach, 0…1
	cosine   float64 // centred cosine of the document, −1…1, see documentCosine
	best     float64 // centred cosine of the best row, −1…1
	against  float64 // best cosine with a negative example; −1: it has none
	coverage float64 // idf-weighted share of the question's terms in the document, 0…1
	foreign  bool    // the document is in another language than the question

	show   int // row whose passage is shown; -1: none
	asking int // question or paraphrase that matched best; -1: none

	lexicalRank, vectorRank int
	score                   float64 // fused, 0…1
}

// Weights of the fusion, in cosines: what the lexical arm can add to a vector
// score. Chosen on training/data/confidence (eight small help centres, English
// and Chinese, mean R@1 .716 by vectors alone, .750 so); the flat optimum lies
// between half and double of each.
const (
	weightShare    = .22
	weightCoverage = .07
	// weightShareHan is for Chinese questions about Chinese documents, whose many
	// bigrams reach a smaller share of what they could. Chosen on training/data/helpcentres,
	// where the figures are: pages are found alike from .22 to .6, passages by their own
	// words better with more, follow-ups worse at .6.
	weightShareHan = .4
	// foreignCost makes the same language win between translations of one page.
	// Chosen on the help centres of training/data, both languages indexed together:
	// R@1 .716 (English) and .756 (Chinese) at .05, .733 and .762 at .1.
	foreignCost = .1
	// againstShare is what is left of the score when a negative example is closer
	// to the question than the entry's own questions: an editor has said that this
	// is not meant.
	againstShare = .3
)

// sectionWeights say how much a page's best, second and third section count. The
// mean of several is steadier than the best alone, which a chance sentence may be.
var sectionWeights = [...]float64{.5, .3, .2}

// manySections is taken off a page's cosine for every e-fold of its sections:
// the best of many is high by chance alone.
const manySections = .01

// sight turns a hit's rows into one document's evidence.
func sight(h index.Hit, q *asked) sighting {
	b := h.Payload.(*book)
	s := sighting{id: DocumentID(h.ID), book: b, best: -1, against: -1, show: -1, asking: -1}
	s.foreign = q.language != "" && b.language != q.language
	var mask uint64
	var sections []float64
	question, answer, confirmed := -1.0, -1.0, -1.0
	weight := q.weightShare(b.language)
	asking, show := 0.0, 0.0 // merits of the rows chosen so far
	for i, row := range h.Rows {
		field := b.rows[i].field
		if field == FieldNegative {
			s.against = max(s.against, row.Cosine)
			continue
		}
		mask |= row.Terms
		s.lexical = max(s.lexical, row.Lexical)
		if field != FieldTitle { // a title is in every section's indexed text already
			s.best = max(s.best, row.Cosine)
		}
		merit := row.Cosine + weight*q.share(row.Lexical)
		switch field {
		case FieldQuestion, FieldParaphrase:
			question = max(question, row.Cosine)
			confirmed = max(confirmed, row.Cosine)
			if s.asking < 0 || merit > asking {
				s.asking, asking = i, merit
			}
		case FieldAnswer, FieldBody:
			if field == FieldAnswer {
				answer = max(answer, row.Cosine)
			} else {
				sections = append(sections, row.Cosine)
			}
			if s.show < 0 || merit > show {
				s.show, show = i, merit
			}
		case FieldTitle:
			question = max(question, row.Cosine)
		}
	}
	s.share = q.share(s.lexical)
	s.coverage = q.coverage(mask)
	s.cosine = documentCosine(sections, question, answer)
	if len(sections) > 0 && confirmed > s.cosine {
		s.cosine = (s.cosine + confirmed) / 2 // a confirmed question of a page counts as an entry's question does
	}
	s.best = max(s.best, s.cosine)
	s.score = s.cosine + weight*s.share + weightCoverage*s.coverage
	if s.foreign {
		s.score -= foreignCost
	}
	// The sum of all that can be had in English becomes 1.
	s.score = min(1, max(0, s.score/(1+weightShare+weightCoverage)))
	if s.against > question {
		s.score *= againstShare
	}
	return s
}

// documentCosine joins the rows' cosines: of a page the weighted mean of its
// best sections, of an entry the mean of its best question and its answer, for
// people often ask with words that only the answer has.
func documentCosine(sections []float64, question, answer float64) float64 {
	if len(sections) > 0 {
		slices.SortFunc(sections, func(a, b float64) int { return cmp.Compare(b, a) })
		var sum, weights float64
		for i, c := range sections[:min(len(sections), len(sectionWeights))] {
			sum += sectionWeights[i] * c
			weights += sectionWeights[i]
		}
		return sum/weights - manySections*math.Log(float64(len(sections)))
	}
	if answer > -1 && question > -1 {
		return (question + answer) / 2
	}
	return max(question, answer)
}

// fuse sorts by score and words, best first, and numbers each arm's own ranking.
func fuse(all []sighting) {
	slices.SortFunc(all, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
	})
	rank(all, func(s *sighting) float64 { return s.lexical }, func(s *sighting, n int) { s.lexicalRank = n })
	rank(all, func(s *sighting) float64 { return s.cosine }, func(s *sighting, n int) { s.vectorRank = n })
}

// rank numbers the sightings by an arm's score from 1; what it did not see keeps 0.
func rank(all []sighting, score func(*sighting) float64, set func(*sighting, int)) {
	order := make([]*sighting, 0, len(all))
	for i := range all {
		if score(&all[i]) > 0 {
			order = append(order, &all[i])
		}
	}
	slices.SortFunc(order, func(a, b *sighting) int {
		return cmp.Or(cmp.Compare(score(b), score(a)), cmp.Compare(a.id, b.id))
	})
	for i, s := range order {
		set(s, i+1)
	}
}
