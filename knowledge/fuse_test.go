package knowledge

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func search(t *testing.T, l *Local, q Query) []Candidate {
	t.Helper()
	q.Workspace = id.DefaultWorkspace
	r, err := l.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r.Candidates
}

func TestParaphrasesMatchAndNegativesCountAgainst(t *testing.T) {
	damaged := entry("damaged", "My parcel arrived broken", "Send us a picture within a week.")
	damaged.Paraphrases = []string{"the box was crushed by the courier"}
	wrong := entry("wrong", "I received a wrong item", "Send it back with the label.")
	l := newLocal(t, time.Unix(1e9, 0), damaged, wrong)
	c := search(t, l, Query{Text: "box crushed by courier"})[0]
	if c.Document != "damaged" || c.Matched != damaged.Paraphrases[0] {
		t.Errorf("found %s by %q, want the entry by its paraphrase", c.Document, c.Matched)
	}
	before := search(t, l, Query{Text: "broken wrong item"})
	wrong.Negatives = []string{"broken wrong item"}
	put(t, l, wrong)
	after := search(t, l, Query{Text: "broken wrong item"})
	if before[0].Document != "wrong" || after[0].Document != "damaged" {
		t.Errorf("found %s, and %s once a negative example says that it is not meant; want wrong, then damaged", before[0].Document, after[0].Document)
	}
	if slices.ContainsFunc(after, func(c Candidate) bool { return c.Matched == "broken wrong item" }) {
		t.Errorf("a negative example was shown as what matched")
	}
}

func TestSameLanguageIsPreferredNotDemanded(t *testing.T) {
	en := entry("en", "VPN", "VPN setup.")
	zh := entry("zh", "VPN", "VPN setup.")
	zh.Language = "zh"
	only := entry("only", "Fax", "Fax number.")
	only.Language = "zh"
	l := newLocal(t, time.Unix(1e9, 0), en, zh, only)
	if c := search(t, l, Query{Text: "VPN setup", Language: "en"})[0]; c.Document != "en" {
		t.Errorf("an English question finds %s first, want en", c.Document)
	}
	// A question says by itself what language it is in; the page's is a guess.
	if c := search(t, l, Query{Text: "VPN 设置", Language: "en"})[0]; c.Document != "zh" {
		t.Errorf("a Chinese question on an English page finds %s first, want zh", c.Document)
	}
	if c := search(t, l, Query{Text: "fax number"})[0]; c.Document != "only" {
		t.Errorf("found %s, want the only document about it although it is in Chinese", c.Document)
	}
}

func TestEvidenceSaysWhatEachArmSaw(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	all := search(t, l, Query{Text: "return item parcel"})
	best := all[0].Evidence
	if best.LexicalRank != 1 || best.VectorRank != 1 || best.LexicalScore <= 0 || best.VectorScore <= 0 || best.Coverage < .99 {
		t.Errorf("evidence of the best candidate: %+v", best)
	}
	if len(all) < 2 || best.Margin != all[0].Score-all[1].Score {
		t.Errorf("margin %g, want the distance to the next", best.Margin)
	}
	half := search(t, l, Query{Text: "return zeppelin"})[0].Evidence
	if half.Coverage <= 0 || half.Coverage >= .6 {
		t.Errorf("coverage %g of a question half of which nobody knows", half.Coverage)
	}
}

func TestManySectionsDoNotWinByChance(t *testing.T) {
	if one, many := documentCosine([]float64{.5}, -1, -1), documentCosine([]float64{.5, .5, .5, .5, .5, .5}, -1, -1); many >= one {
		t.Errorf("six sections as good as one give %g, want less than %g", many, one)
	}
	if got := documentCosine(nil, .4, .8); got != .6000000000000001 && got != .6 {
		t.Errorf("question .4 and answer .8 give %g, want their mean", got)
	}
	if got := documentCosine(nil, .4, -1); got != .4 {
		t.Errorf("a question alone gives %g, want its own cosine", got)
	}
}

// Documents are indexed in the mainland's words; a vector of other words would
// miss them.
func TestTraditionalQuestionsMeetSimplifiedDocuments(t *testing.T) {
	d := entry("login", "如何登录账户？", "输入短信验证码。")
	d.Language = "zh"
	l := newLocal(t, time.Unix(1e9, 0), d, shop[0])
	raw, err := bagEmbedder{}.EmbedQueries(t.Context(), []string{"登入帳戶"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "登入帳戶", Vector: raw[0]})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Candidates[0]; c.Document != "login" || c.Evidence.Coverage < .99 || c.Evidence.VectorRank != 1 {
		t.Errorf("found %s with %+v", c.Document, c.Evidence)
	}
	same, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "return an item", Vector: raw[0]})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(same.Vector, raw[0]) {
		t.Errorf("a given vector was not used although the words stay as they are")
	}
}

func TestChineseWordsWeighMoreAmongChinese(t *testing.T) {
	for _, c := range []struct {
		question, document string
		want               float64
	}{
		{"zh", "zh", weightShareHan},
		{"zh", "en", weightShare}, // names alone can match
		{"en", "zh", weightShare},
		{"en", "en", weightShare},
		{"", "zh", weightShare},
	} {
		if got := (&asked{language: c.question}).weightShare(c.document); got != c.want {
			t.Errorf("words of a question in %q weigh %g against a document in %q, want %g", c.question, got, c.document, c.want)
		}
	}
}
