package bot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLeans(t *testing.T) {
	for _, c := range []struct {
		words string
		leans bool
	}{
		{"and to Canada?", true},
		{"how long does it take?", true},
		{"what about gift cards", true},
		{"how much?", true},
		{"for students?", true},
		{"can I return them as well", true},
		{"那 B 产品呢？", true},
		{"多久？", true},
		{"它多少钱", true},
		{"那能退吗", true},
		{"How long does delivery to Canada take?", false},
		{"Which payment methods do you accept?", false},
		{"Which payment methods are there?", false},
		{"my parcel has not arrived although tracking says delivered", false},
		{"配送到加拿大需要多长时间？", false},
		{"绿茶水温", false},
		{"怎么申请退款", false},
	} {
		if got := leans(c.words) >= leansFrom; got != c.leans {
			t.Errorf("leans(%q) = %.2f, want it over %.2f: %v", c.words, leans(c.words), leansFrom, c.leans)
		}
	}
}

func TestRewriteCarriesTheTalk(t *testing.T) {
	m := Memory{Turns: []Exchange{
		{Asked: "Do you sell green tea?", Question: "Do you sell green tea?", Decision: DecideAnswer},
		{Asked: "thanks", Question: "thanks", Decision: DecideSmalltalk},
		{Asked: "How long does delivery take?", Question: "How long does delivery take?", Decision: DecideAnswer},
		{Asked: "ok", Question: "ok", Decision: DecideSmalltalk},
	}}
	w := rewrite(m, "and to Canada?")
	if d := cmp.Diff([]string{"How long does delivery take?", "Do you sell green tea?"}, w.Bases); d != "" || w.Leans < leansFrom {
		t.Errorf("leans %.2f, bases (-want +got):\n%s", w.Leans, d)
	}
	if w := rewrite(Memory{}, "and to Canada?"); len(w.Bases) != 0 {
		t.Errorf("%+v with nothing to lean on", w)
	}
	if w := rewrite(m, "how long does delivery take"); len(w.Bases) != 1 || w.Bases[0] != "Do you sell green tea?" {
		t.Errorf("%+v: the same question is no follow-up of itself", w)
	}
	if got := join("配送要多久", "那加拿大呢？"); got != "配送要多久，那加拿大呢？" {
		t.Errorf("joined %q", got)
	}
}

func TestAssent(t *testing.T) {
	for words, want := range map[string][2]bool{
		"yes please":                    {true, false},
		"OK":                            {true, false},
		"sure, go ahead":                {true, false},
		"好的":                            {true, false},
		"可以，麻烦了":                        {true, false},
		"no thanks":                     {false, true},
		"none of these":                 {false, true},
		"不用了":                           {false, true},
		"都不是":                           {false, true},
		"yes, but how long is the wait": {false, false},
		"好的，那怎么退货":                      {false, false},
		"":                              {false, false},
		"thanks":                        {false, false},
	} {
		if yes, no := assent(words); yes != want[0] || no != want[1] {
			t.Errorf("assent(%q) = %v, %v; want %v", words, yes, no, want)
		}
	}
}

func TestRecall(t *testing.T) {
	m := Recall([]Said{
		{AuthorBot, "Hi, I'm a bot."}, {AuthorVisitor, "How long does delivery take?"}, {AuthorBot, "Two days."}, {AuthorAgent, "Or three."}, {AuthorVisitor, "and to Canada?"},
	}, time.Unix(0, 0))
	if len(m.Turns) != 3 || m.Turns[1].Asked != "How long does delivery take?" || m.Turns[1].Answer != "Two days.\nOr three." || m.Turns[2].Answer != "" || m.Turn != 2 {
		t.Errorf("%+v", m.Turns)
	}
}

func TestWithoutCorrection(t *testing.T) {
	for words, want := range map[string]string{
		"no, I meant the frame":      "the frame",
		"sorry, I mean the workshop": "the workshop",
		"不是，我说的是私教":                  "私教",
		"I was asking about the Max": "the Max",
		"notebooks with lines":       "notebooks with lines",
		"no":                         "no",
		"现在营业吗":                      "现在营业吗",
	} {
		if got := withoutCorrection(words); got != want {
			t.Errorf("withoutCorrection(%q) = %q, want %q", words, got, want)
		}
	}
}
