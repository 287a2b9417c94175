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

	lexical  float64 // BM25 of the document, see lexicalScore
	share    float64 // lexical as a share of what a perfect row could reach, 0…1
	cosine   float64 // centred cosine of the document, −1…1
	asked    float64 // best cosine with a question or paraphrase of an entry; −1: none
	against  float64 // best cosine with a negative example; −1: none
	coverage float64 // idf-weighted share of the question's terms in the document, 0…1
	foreign  bool    // the document is in another language than the question

	bestRow int // of the index, whose passage is shown; -1: none
	asking  int // question or paraphrase that matched best; -1: none

	lexicalRank, vectorRank int
	score                   float64 // fused, 0…1
}

// pageRows is how many of a page's best sections count. The mean of several is
// steadier than the best one alone, which a chance sentence may be.
const pageRows = 3

// sight turns a hit's rows into one document's evidence.
func sight(h index.Hit, q *asked, r *index.Result) sighting {
	b := h.Payload.(*book)
	s := sighting{id: DocumentID(h.ID), book: b, asked: -1, against: -1, bestRow: -1, asking: -1}
	s.foreign = q.language != "" && b.language != q.language
	var mask uint64
	var cosines []float64
	var lexical, body float64 // best row; best row that is no title
	var all float64
	bodyScore := math.Inf(-1)
	answer := -1.0
	for i, row := range h.Rows {
		p := b.rows[i]
		if p.field == FieldNegative {
			s.against = max(s.against, row.Cosine)
			continue
		}
		mask |= row.Terms
		lexical = max(lexical, row.Lexical)
		all += row.Lexical
		switch p.field {
		case FieldQuestion, FieldParaphrase:
			if c := row.Cosine + .001*row.Lexical; c > s.asked || s.asking < 0 {
				s.asked, s.asking = row.Cosine, i
			}
		case FieldAnswer:
			answer = max(answer, row.Cosine)
			body = max(body, row.Lexical)
		case FieldBody:
			cosines = append(cosines, row.Cosine)
			body = max(body, row.Lexical)
		case FieldTitle:
			s.asked = max(s.asked, row.Cosine)
		}
		if p.field == FieldBody || p.field == FieldAnswer {
			if score := row.Cosine + q.rowShare(row.Lexical); score > bodyScore {
				bodyScore, s.bestRow = score, i
			}
		}
	}
	s.lexical = lexical
	s.share = q.rowShare(lexical)
	s.coverage = q.coverage(mask)
	s.cosine = documentCosine(cosines, s.asked, answer)
	return s
}

func documentCosine(body []float64, asked, answer float64) float64 {
	if len(body) == 0 {
		return max(asked, answer)
	}
	slices.SortFunc(body, func(a, b float64) int { return cmp.Compare(b, a) })
	n := min(len(body), pageRows)
	var sum float64
	for _, c := range body[:n] {
		sum += c
	}
	return sum / float64(n)
}

// fuse gives every sighting its score and sorts, best first.
func fuse(all []sighting) {
	for i := range all {
		s := &all[i]
		s.score = min(1, max(0, .7*s.cosine+.3*s.share))
	}
	slices.SortFunc(all, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
	})
}
