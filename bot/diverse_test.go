package bot

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestSuggestionsAndPassagesDiffer(t *testing.T) {
	t.Parallel()
	page := func(id, title, passage string, confidence float64) knowledge.Candidate {
		return knowledge.Candidate{Document: knowledge.DocumentID(id), Kind: knowledge.KindPage, Title: title, Passage: passage, Confidence: confidence}
	}
	turn := &Turn{Trace: Trace{Candidates: []knowledge.Candidate{
		page("returns", "Returns", "Send it back within thirty days in the box it came in.", .50),
		page("copy", "Returns 2023", "Send it back within thirty days, in the box it came in!", .49),
		page("zh", "退货", "请在三十天内用原包装寄回。", .48),
		page("refund", "Refunds", "Money goes back to the card within a week.", .47),
		page("zh copy", "退货说明", "请在三十天内，用原包装寄回。", .46),
		page("empty", "Contact", "", .45),
		page("empty too", "Imprint", "", .44),
	}}}
	e := &Engine{}
	for name, got := range map[string][]knowledge.Candidate{
		"suggestions": (Policy{NearTie: .2}).nearTies(turn),
		"passages":    e.passagesFor(turn)[:3],
	} {
		var ids []knowledge.DocumentID
		for _, c := range got {
			ids = append(ids, c.Document)
		}
		if len(ids) != 3 || ids[0] != "returns" || ids[1] != "zh" || ids[2] != "refund" {
			t.Errorf("%s are %q, want no copies", name, ids)
		}
	}
	if len((Policy{NearTie: .2}).nearTies(&Turn{Trace: Trace{Candidates: turn.Trace.Candidates[5:]}})) != 2 {
		t.Error("candidates without words are taken for one")
	}
}
