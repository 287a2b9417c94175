package knowledge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// termList shows a question's terms as "text:weight".
func termList(l *Local, question, language string) []string {
	var out []string
	for _, t := range ask(l.index(id.DefaultWorkspace, true), question, language).terms {
		out = append(out, fmt.Sprintf("%s:%.2g", t.Text, t.Weight))
	}
	return out
}

func TestAskForgivesHowPeopleType(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0),
		entry("a", "How do I change my password?", "Open your profile. The verification code comes by mail."),
		entry("b", "Login fails", "Check the sign in page."),
		Document{ID: "c", Kind: KindEntry, Path: "c", Language: "zh", Question: "如何退货？", Answer: "在订单里申请。", Version: 1},
	)
	for _, c := range []struct{ question, want string }{
		{"verifikasion", "verifikas:1"},           // of no document
		{"how do I log in", "how:0.25 login:0.8"}, // two words for one
		{"signin page", "sign:0.8 page:1"},        // one word for two
		{"Passwords?!", "password:1"},             // a stem
		{"what is the", "what:0.25"},              // nothing to look for
		{"pass", "pass:1"},                        // a word of its own
		{"ＰＡＳＳＷＯＲＤ", "password:1"},                // full width
		{"退貨", "退:0.4 货:0.4 退货:1"},                // traditional characters
		{"怎么退货", "怎:0.1 么:0.1 怎么:0.25 退:0.4 么退:0.25 货:0.4 退货:1"}, // words that frame a question
		{"退", "退:1"},
		{"", ""},
	} {
		if got := strings.Join(termList(l, c.question, "en"), " "); got != c.want {
			t.Errorf("%q asks for %q, want %q", c.question, got, c.want)
		}
	}
}

func TestAskBoundsLongStories(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	var words []string
	for i := range 200 {
		words = append(words, fmt.Sprintf("how when thing%cx%cq", 'a'+i%26, 'a'+i/26))
	}
	terms := ask(l.index(id.DefaultWorkspace, true), strings.Join(words, " "), "en").terms
	if len(terms) != index.MaxTerms {
		t.Fatalf("%d terms, want %d", len(terms), index.MaxTerms)
	}
	for _, term := range terms {
		if term.Weight < weightPlain {
			t.Errorf("%q with weight %g pushed out a word that says more", term.Text, term.Weight)
		}
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("don't 退貨 ｆｏｏ's é ́ 𠮷")
	f.Fuzz(func(t *testing.T, s string) {
		for _, term := range termsOf(s) {
			if term.text == "" || term.weight <= 0 || term.weight > 1 {
				t.Errorf("%q has the term %+v", s, term)
			}
		}
		termList(newLocal(t, time.Unix(1e9, 0)), s, "")
	})
}
