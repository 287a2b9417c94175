package knowledge

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

func chinese(doc DocumentID, question, answer string) Document {
	d := entry(doc, question, answer)
	d.Language = "zh"
	return d
}

// meaning returns what a question is taken for among the documents of spelling.
func meaning(t *testing.T, tokens func(string) int) func(string) string {
	l := newLocal(t, time.Unix(1e9, 0), spelling...)
	return func(question string) string {
		x := &speller{Index: l.index(id.DefaultWorkspace, false), tokens: tokens}
		return x.meant(question)
	}
}

var spelling = []Document{
	entry("refund", "How do I get a refund?", "Refunds go to the card. Cancellation is free on the ferry."),
	entry("password", "How do I change my password?", "Open your profile. Sign in to see the confirmation."),
	chinese("returns", "如何退货？", "退货政策在订单里。退款到银行账户。"),
	chinese("invoice", "怎么开发票？", "付款以后开具发票。没收到邮件请联系客服。"),
	chinese("lost", "银行卡怎么挂失？", "挂失电话全天有人。身份证也可以挂失。"),
}

func TestQuestionsAreReadAsMeant(t *testing.T) {
	meant := meaning(t, nil)
	for question, want := range map[string]string{
		"refnud":                  "refund",
		"get a Refnud please":     "get a refund please",
		"cancelation":             "cancelation",  // has the same stem
		"confrimation":            "confirmation", // the ending hides the slip from the stem
		"fery":                    "ferry",
		"my passwword?!":          "my password?!",
		"signin":                  "signin", // two words in one, which the search knows
		"tuihuo":                  "退货",
		"Tuihuo zhengce?":         "退货政策?",
		"tui huo":                 "退货",
		"mei shou dao you jian":   "没收到邮件",
		"yinhang":                 "银行", // a character with two readings
		"refund tuihuo":           "refund 退货",
		"退火政策":                    "退货政策",
		"怎么开发漂":                   "怎么开发票",
		"卡怎么挂矢":                   "卡怎么挂失",
		"退货":                      "退货",
		"身份证":                     "身份证", // written otherwise in the index, and right
		"what is the name":        "what is the name",
		"can you change me":       "can you change me",
		"zzzzqq 12345":            "zzzzqq 12345",
		"火":                       "火",
		"":                        "",
		strings.Repeat("ma", 100): strings.Repeat("ma", 100),
	} {
		if got := meant(question); got != want {
			t.Errorf("%q is taken for %q, want %q", question, got, want)
		}
	}
}

// A long question costs no more than a short one.
func TestCorrectionIsBounded(t *testing.T) {
	meant := meaning(t, nil)
	words := strings.Repeat("refnud ", 20)
	if got := strings.Count(meant(words), "refund"); got != maxLooked {
		t.Errorf("%d words were corrected, want %d", got, maxLooked)
	}
	if story := strings.Repeat("退火 ", maxCorrected); meant(story) != story {
		t.Error("a story was corrected")
	}
}

// A word that the tokenizer has in one piece is no slip, however near another is.
func TestWordsAreNotCorrected(t *testing.T) {
	meant := meaning(t, func(s string) int {
		switch s {
		case "a", "fury", "ferry", "退伙":
			return 1
		}
		return utf8.RuneCountInString(s)
	})
	for question, want := range map[string]string{"fury": "fury", "fery": "ferry", "退伙": "退伙", "退火": "退货", "passwor": "passwor"} {
		if got := meant(question); got != want {
			t.Errorf("%q is taken for %q, want %q", question, got, want)
		}
	}
}

func TestSearchSaysWhatItLookedUp(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), spelling...)
	for question, want := range map[string]struct {
		doc   DocumentID
		meant string
	}{
		"tuihuo zhengce": {"returns", "退货政策"},
		"怎么开发漂":          {"invoice", "怎么开发票"},
		"refnud":         {"refund", "refund"},
		"退货政策":           {"returns", ""},
	} {
		v, err := bagEmbedder{}.EmbedQueries(context.Background(), []string{question})
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: question, Vector: v[0], Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if r.Meant != want.meant || len(r.Candidates) == 0 || r.Candidates[0].Document != want.doc {
			t.Errorf("%q looked up %q and found %+v, want %q and %s", question, r.Meant, r.Candidates, want.meant, want.doc)
		}
		text := question
		if r.Meant != "" {
			text = r.Meant
		}
		again, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: text, Language: "en"})
		if err != nil || again.Candidates[0].Score != r.Candidates[0].Score {
			t.Errorf("%q scores otherwise than %q, which it is taken for", question, text)
		}
	}
}

func FuzzMeant(f *testing.F) {
	f.Add("tuihuo 退火 refnud")
	l, err := NewLocal(bagEmbedder{}, bagDim, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range spelling {
		d.Workspace, d.Status = id.DefaultWorkspace, StatusPublished
		l.Replace(d, Cutter{}.Cut(d))
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := &speller{Index: l.index(id.DefaultWorkspace, false)}
		if got := x.meant(s); utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q is taken for %q", s, got)
		}
	})
}
