package intents

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestReadFileOwnFormat(t *testing.T) {
	set, err := ReadFile("shop.yaml", []byte(`version: 1
language: en
intents:
  - name: order_status
    description: asks where an order is
    examples:
      - where is my order
      - 'tracking: when will it come?'
  - name: greeting
    class: smalltalk
    language: zh
    examples: [你好]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Set{
		Intents: []Intent{{Name: "order_status", Description: "asks where an order is"}, {Name: "greeting", Class: ClassSmalltalk}},
		Examples: []Example{
			{"order_status", "where is my order", "en", "shop.yaml", 7},
			{"order_status", "tracking: when will it come?", "en", "shop.yaml", 8},
			{"greeting", "你好", "zh", "shop.yaml", 12},
		},
	}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
}

func TestReadFileNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", "x.yaml: the file is empty"},
		{"no mapping", "- a\n", "a mapping"},
		{"unknown key", "version: 1\nintent: []\n", "x.yaml:2: unknown key \"intent\""},
		{"unknown key in intent", "intents:\n  - name: a\n    exmaples: [b]\n", "x.yaml:3: unknown key \"exmaples\""},
		{"class", "intents:\n  - name: a\n    class: chat\n    examples: [b]\n", "x.yaml:3: class \"chat\""},
		{"language", "language: fr\nintents: []\n", "x.yaml:1: language \"fr\""},
		{"version", "version: 7\n", "x.yaml:1: version \"7\""},
		{"no examples", "intents:\n  - name: a\n", "x.yaml:2: intent \"a\" has no list of examples"},
		{"name", "intents:\n  - name: a b\n    examples: [c]\n", "x.yaml:2: the name holds ' '"},
		{"twice", "version: 1\nversion: 1\n", "x.yaml:2: the key \"version\" stands twice"},
		{"null example", "intents:\n  - name: a\n    examples:\n      - b\n      -\n", "x.yaml:5: an example must be a text"},
		{"broken", "intents: [\n", "x.yaml: not YAML: line"},
		{"two documents", "intents: []\n---\nintents: []\n", "a second YAML document"},
		{"control character", "intents:\n  - name: a\n    examples: [\"b\x01\"]\n", "x.yaml:3: the control character U+0001"},
		{"not UTF-8", "intents:\n  - name: \xff\n", "x.yaml:2: not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadFile("x.yaml", []byte(c.yaml))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want invalid with %q", err, c.want)
			}
		})
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add("intents:\n  - name: a\n    examples: [b]\n")
	f.Add("intents: &a [*a]\n")
	f.Fuzz(func(t *testing.T, s string) {
		set, err := ReadFile("f", []byte(s))
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("error of kind %s: %v", fault.KindOf(err), err)
		}
		_, _, _ = set.Check()
	})
}

func TestCheck(t *testing.T) {
	intents := []Intent{{Name: "a"}, {Name: "b"}, {Name: "lonely"}, {Name: "empty"}}
	ex := func(intent, text string, line int) Example {
		return Example{Intent: intent, Text: text, File: "f.yaml", Line: line}
	}
	good := []Example{ex("a", "one", 1), ex("a", "two", 2), ex("b", "three", 3), ex("b", "four", 4), ex("lonely", "five", 5)}
	set, notes, err := Set{intents, append(good, ex("a", "  ONE", 6))}.Check()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Examples) != 5 {
		t.Errorf("%d examples remain, want 5 without the repeated one", len(set.Examples))
	}
	all := ""
	for _, n := range notes {
		all += n.String() + "\n"
	}
	for _, part := range []string{"f.yaml:6: left out: the same words stand at f.yaml:1", `"lonely" has one example`, `"empty" has no example`} {
		if !strings.Contains(all, part) {
			t.Errorf("notes do not say %q:\n%s", part, all)
		}
	}
	for _, c := range []struct {
		name string
		bad  Example
		want string
	}{
		{"contradiction", ex("b", "One", 7), `f.yaml:7: the same words are an example of "b" and, at f.yaml:1, of "a"`},
		{"empty", ex("a", " \t", 8), "f.yaml:8: the example is empty"},
		{"control", ex("a", "x\x07y", 9), "f.yaml:9: the text holds the control character U+0007"},
		{"overlong", ex("a", strings.Repeat("字", 50000), 10), "f.yaml:10: the example has 50000 characters"},
		{"unknown", ex("zzz", "x", 11), `f.yaml:11: the intent "zzz" is not declared`},
		{"encoding", ex("a", "\xff\xfe", 12), "f.yaml:12: the text is not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Set{intents, append(good[:len(good):len(good)], c.bad)}.Check()
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestReadFSMergesFilesInOrder(t *testing.T) {
	set, err := ReadFS(fstest.MapFS{
		"b/zh.yaml":   {Data: []byte("language: zh\nintents:\n  - name: hi\n    class: smalltalk\n    examples: [你好]\n")},
		"a.yml":       {Data: []byte("language: en\nintents:\n  - name: hi\n    examples: [hello]\n")},
		"readme.text": {Data: []byte("not read")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Intents) != 1 || set.Intents[0].Class != ClassSmalltalk || len(set.Examples) != 2 || set.Examples[0].Text != "hello" {
		t.Errorf("set %+v, want one smalltalk intent with hello before 你好", set)
	}
	if _, err := ReadFS(fstest.MapFS{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty folder: error %v, want invalid", err)
	}
}

func TestStarterIsSoundAndItsModelFresh(t *testing.T) {
	set, err := Starter()
	if err != nil {
		t.Fatal(err)
	}
	languages := map[string]map[string]int{}
	for _, e := range set.Examples {
		if languages[e.Intent] == nil {
			languages[e.Intent] = map[string]int{}
		}
		languages[e.Intent][e.Language]++
	}
	for _, in := range set.Intents {
		if n := languages[in.Name]; n["en"] < 5 || n["zh"] < 5 {
			t.Errorf("intent %s has examples %v, want five or more in each language", in.Name, n)
		}
	}
	m, err := StarterModel()
	if err != nil {
		t.Fatal(err)
	}
	if m.Stats.Hash != set.Hash() {
		t.Error("starter.bin is older than the starting set: run `go run ./internal/shipped starter`")
	}
}

func TestLexiconLinesAreSound(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("data", "lexicon.txt"))
	if err != nil {
		t.Fatal(err)
	}
	l := loadLexicon()
	if len(l.en) < 300 || len(l.zh) < 200 || len(l.emoji) < 50 || len(l.enTurn) < 20 || len(l.zhTurn) < 5 {
		t.Errorf("the lexicon lost words: %d, %d, %d, %d, %d", len(l.en), len(l.zh), len(l.emoji), len(l.enTurn), len(l.zhTurn))
	}
	for i, line := range strings.Split(string(data), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(line, ": ") {
			t.Errorf("line %d is no list: %q", i+1, line)
		}
	}
}

func TestLexiconTurnsAndStrengthens(t *testing.T) {
	feel := func(s string) float64 { f := loadLexicon().feel(s); return f.positive - f.negative + f.emoji }
	for _, c := range []struct{ better, worse string }{
		{"good", "not good"},
		{"very good", "good"},
		{"not bad", "bad"},
		{"a great phone", "a terrible phone"},
		{"I don't like it", "I hate it"},
		{"质量很好", "质量不好"},
		{"满意", "不太满意"},
		{"非常满意", "满意"},
		{"服務很好，謝謝", "服務太差了"},
		{"👍", "😡"},
		{"ok 🙂", "ok 🙁"},
	} {
		if b, w := feel(c.better), feel(c.worse); b <= w {
			t.Errorf("%q gives %v, %q gives %v: want the first higher", c.better, b, c.worse, w)
		}
	}
}

func TestBesideLeavesSmallTalkToTheBase(t *testing.T) {
	base := Set{
		[]Intent{{Name: "greeting", Class: ClassSmalltalk}, {Name: "order_status"}},
		[]Example{{Intent: "greeting", Text: "hello"}, {Intent: "greeting", Text: "hi"}, {Intent: "order_status", Text: "where is my order"}},
	}
	own := Set{
		[]Intent{{Name: "greet"}, {Name: "greeting"}, {Name: "parcel"}},
		[]Example{{"greet", "Hello", "en", "f.yaml", 3}, {"greet", "ahoy", "en", "f.yaml", 4}, {"parcel", "WHERE is my order", "en", "f.yaml", 6}, {"greeting", "hi", "en", "f.yaml", 8}},
	}
	set, notes := own.Beside(base)
	var got []string
	for _, e := range set.Examples {
		got = append(got, e.Intent+": "+e.Text)
	}
	if diff := cmp.Diff([]string{"greet: ahoy", "parcel: WHERE is my order", "greeting: hi"}, got); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	if len(notes) != 1 || notes[0].String() != `f.yaml:3: left out: the starting set has the same words for its intent "greeting"` {
		t.Errorf("notes %v, want one on line 3", notes)
	}
}

func TestSiftLeavesOutWhatCheckRefuses(t *testing.T) {
	set, notes := Set{
		[]Intent{{Name: "a"}, {Name: "b"}, {Name: "gone"}},
		[]Example{{"a", "one", "", "f", 1}, {"b", "One", "", "f", 2}, {"b", "two", "", "f", 3}, {"gone", "x\x07", "", "f", 4}, {"nobody", "three", "", "f", 5}},
	}.Sift()
	if len(set.Intents) != 2 || len(set.Examples) != 2 {
		t.Errorf("%d intents and %d examples remain, want 2 and 2", len(set.Intents), len(set.Examples))
	}
	said := ""
	for _, n := range notes {
		said += n.String() + "\n"
	}
	for _, part := range []string{"f:2: left out: the same words", "f:4: left out: the text holds the control character", "f:5: left out: the intent \"nobody\"", "f:3: intent \"b\" has one example"} {
		if !strings.Contains(said, part) {
			t.Errorf("notes do not say %q:\n%s", part, said)
		}
	}
	if _, _, err := set.Check(); err != nil {
		t.Error(err)
	}
}
