package restate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB) *Rewriter {
	t.Helper()
	r, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func talk(texts ...string) []Said {
	out := make([]Said, len(texts))
	for i, s := range texts {
		out[i] = Said{Text: s, Visitor: (len(texts)-i)%2 == 0}
	}
	return out
}

func TestRewrite(t *testing.T) {
	r := open(t)
	for _, c := range []struct {
		said        []Said
		words, want string
	}{
		{talk("How much is a double room?", "A double room is 112 euros."), "and the suite?", "How much is the suite?"},
		{talk("How long does delivery take?", "Two days."), "And to Canada?", "How long does delivery take to Canada?"},
		{talk("What's the battery life of the X20?", "About ten hours."), "how heavy is it?", "how heavy is the X20?"},
		{talk("Where did Clara Whitfield grow up?", "In a small town in Ohio."), "When was she born?", "When was Clara Whitfield born?"},
		{talk("我想学吉他", "可以啊"), "多久能学会", "多久能学会吉他"},
		{talk("你养狗吗", "养了一只金毛"), "它叫什么名字", "金毛叫什么名字"},
		{talk("洗牙疼吗", "不疼"), "要预约吗", "洗牙要预约吗"},
		{talk("How much is a double room?", "112 euros."), "Which payment methods do you accept?", "Which payment methods do you accept?"},
		{talk("年费多少", "三百六"), "怎么修改密码", "怎么修改密码"},
		{nil, "and the suite?", "and the suite?"},
		{talk("How much is a double room?", "112 euros."), "", ""},
		{talk("How much is a double room?", "112 euros."), "???", "???"},
	} {
		got := r.Rewrite(c.said, c.words)
		if got.Text != c.want {
			t.Errorf("%q became %q, want %q", c.words, got.Text, c.want)
		}
		if got.Changed() != (c.words != c.want) {
			t.Errorf("%q: carried %q", c.words, got.Carried)
		}
		if got.Needs < 0 || got.Needs > 1 {
			t.Errorf("%q: probability %v", c.words, got.Needs)
		}
	}
}

func TestApply(t *testing.T) {
	r := open(t)
	s := r.scene(talk("Marcus Bell, a player", "He plays for the Lions."), "what is his number, and their colour?")
	find := func(word string) int {
		for i, w := range s.words {
			if w.low == word {
				return i
			}
		}
		t.Fatalf("no %q among the words", word)
		return 0
	}
	his, their := find("his"), find("their")
	for _, c := range []struct {
		e    edit
		want string
	}{
		{edit{kind: replace, from: his, to: his + 1, back: 2, a: 0, b: 2}, "what is Marcus Bell's number, and their colour?"},
		{edit{kind: replace, from: their, to: their + 1, back: 1, a: 3, b: 5}, "what is his number, and the Lions' colour?"},
		{edit{kind: insert, from: s.end, to: s.end, back: 1, a: 3, b: 5, join: "of"}, "what is his number, and their colour of the Lions?"},
		{edit{kind: keep}, "what is his number, and their colour?"},
	} {
		if got := s.apply(c.e); got != c.want {
			t.Errorf("%+v: %q, want %q", c.e, got, c.want)
		}
	}
}

func TestSegment(t *testing.T) {
	r := open(t)
	var words []string
	for _, w := range r.lexicon.tokens("我想换手機電池，多少錢？ iPhone 15") {
		words = append(words, w.text)
	}
	if d := cmp.Diff([]string{"我", "想", "换", "手機", "電池", "，", "多少錢", "？", "iPhone", "15"}, words); d != "" {
		t.Errorf("words (-want +got):\n%s", d)
	}
}

func TestTrainIsRepeatable(t *testing.T) {
	var examples []Example
	for _, noun := range []string{"sofa", "lamp", "table", "chair", "mirror", "carpet"} {
		examples = append(examples,
			Example{talk("Do you sell a "+noun+"?", "Yes."), "how heavy is it?", "how heavy is a " + noun + "?"},
			Example{talk("Do you sell a "+noun+"?", "Yes."), "when are you open?", "when are you open?"})
	}
	once, err := Train(examples)
	if err != nil {
		t.Fatal(err)
	}
	twice, _ := Train(examples)
	if string(once) != string(twice) || !strings.Contains(string(once), " en|R:it") {
		t.Errorf("%d and %d bytes, or nothing learned about \"it\"", len(once), len(twice))
	}
}

func FuzzRewrite(f *testing.F) {
	r := open(f)
	f.Add("How much is it?", "Ten.", "and that's the other one's?")
	f.Add("会员卡多少钱", "三百", "那它呢")
	f.Add("\xff 他", "’", "it's ’ 它\x00")
	f.Fuzz(func(t *testing.T, a, b, words string) {
		if got := r.Rewrite(talk(a, b), words); !got.Changed() && got.Text != words {
			t.Errorf("%q became %q with nothing carried over", words, got.Text)
		}
	})
}

func BenchmarkRewrite(b *testing.B) {
	r := open(b)
	said := talk("Do you have double rooms with a view of the river and a balcony?", "Yes, eight of them, on the third and fourth floor; breakfast and sauna are included in the price of the room.",
		"How much is a double room for two people in June?", "A double room is 112 euros a night for two people, breakfast not included.")
	for b.Loop() {
		r.Rewrite(said, "and how big is it?")
	}
}
