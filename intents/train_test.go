package intents

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var encoder = sync.OnceValues(e5.Open)

func openEncoder(tb testing.TB) *e5.Encoder {
	tb.Helper()
	e, err := encoder()
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// library is a small business of its own, unlike what ships: what is learned
// here comes from these lines.
func library() Set {
	var s Set
	add := func(name string, examples ...string) {
		s.Intents = append(s.Intents, Intent{Name: name})
		for _, e := range examples {
			s.Examples = append(s.Examples, Example{Intent: name, Text: e})
		}
	}
	add("renew_loan", "can I keep the book longer", "extend my loan", "renew the novel I borrowed", "I need two more weeks with it", "how often can I renew", "续借这本书", "可以再借两周吗", "怎么续借")
	add("library_card", "how do I get a library card", "my card is lost", "sign up as a reader", "what does a membership card cost", "replace my reader card", "怎么办借书证", "借书证丢了", "办卡要多少钱")
	add("late_fee", "how much is the fine", "I returned it late, what do I pay", "why was I charged an overdue fee", "pay my fines", "can you waive the late fee", "逾期罚款多少", "超期要交多少钱", "怎么交罚款")
	add("room_booking", "book a study room", "is the group room free tomorrow", "reserve a desk", "cancel my room reservation", "how long can I use the meeting room", "预约自习室", "明天有空的讨论室吗", "取消研讨室预约")
	add("catalogue", "do you have this title", "search for a book by its author", "is Moby Dick available", "where is the shelf for poetry", "which magazines do you keep", "有没有三体这本书", "怎么查馆藏", "诗歌在哪个书架")
	add("printing", "how do I print", "price of a photocopy", "the scanner does not work", "can I print from my phone", "colour printing cost", "怎么打印", "复印多少钱一张", "可以扫描吗")
	return s
}

func TestTrainLearnsAndGeneralizes(t *testing.T) {
	m, err := Train(t.Context(), library(), openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Stats.Examples != 48 || m.Stats.HeldBack != 48 || m.Stats.Accuracy < .7 {
		t.Errorf("stats %+v, want 48 examples, all held back once, accuracy of .7 or more", m.Stats)
	}
	for _, c := range []struct{ text, want string }{
		{"may I borrow it for another fortnight", "renew_loan"},
		{"这本书我想多借几天", "renew_loan"},
		{"I lost my reader's card", "library_card"},
		{"what is the penalty for bringing it back too late", "late_fee"},
		{"罰款怎麼付", "late_fee"},
		{"I'd like to reserve a room for five people", "room_booking"},
		{"do you have anything written by Murakami", "catalogue"},
		{"copies in colour, how much", "printing"},
	} {
		p := predict(t, m, c.text)
		if p.Intents[0].Name != c.want {
			t.Errorf("%q means %s (%.2f), want %s", c.text, p.Intents[0].Name, p.Intents[0].Confidence, c.want)
		}
		sum := 0.0
		for _, s := range p.Intents {
			sum += s.Confidence
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%q: probabilities sum to %v", c.text, sum)
		}
	}
	inside, outside := predict(t, m, "can I extend the loan of my book").OutOfScope, predict(t, m, "the volcano erupted on Tuesday").OutOfScope
	if inside >= outside {
		t.Errorf("out of scope: %.2f for a loan, %.2f for a volcano", inside, outside)
	}
}

func predict(t *testing.T, m *Model, s string) Prediction {
	t.Helper()
	v, err := openEncoder(t).EmbedQueries(t.Context(), []string{s})
	if err != nil {
		t.Fatal(err)
	}
	return m.Predict(s, v[0])
}

func TestTrainIsDeterministicAndSurvivesItsArtefact(t *testing.T) {
	e := openEncoder(t)
	a, err := Train(t.Context(), library(), e, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Train(t.Context(), library(), e, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("two trainings on the same examples gave different models")
	}
	back, err := DecodeModel(first)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"extend my loan please", "罚款多少", "print", ""} {
		x, y := predict(t, a, s), predict(t, back, s)
		if x.Intents[0].Name != y.Intents[0].Name || math.Abs(x.Intents[0].Confidence-y.Intents[0].Confidence) > .02 || math.Abs(x.OutOfScope-y.OutOfScope) > .03 {
			t.Errorf("%q: %+v before, %+v after the artefact", s, x.Intents[0], y.Intents[0])
		}
	}
	for name, damaged := range map[string][]byte{
		"cut":       first[:len(first)-7],
		"bit":       append(append([]byte(nil), first[:len(first)/2]...), append([]byte{first[len(first)/2] ^ 1}, first[len(first)/2+1:]...)...),
		"other":     []byte("PK\x03\x04 something else"),
		"empty":     nil,
		"heads":     append([]byte(magicHeads), first[len(magicModel):]...),
		"magicOnly": []byte(magicModel),
	} {
		if _, err := DecodeModel(damaged); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v, want invalid", name, err)
		}
	}
}

func TestTrainSaysWhatItCannotDo(t *testing.T) {
	e := openEncoder(t)
	one := Set{Intents: []Intent{{Name: "a"}}, Examples: []Example{{Intent: "a", Text: "x"}, {Intent: "a", Text: "y"}}}
	if _, err := Train(t.Context(), one, e, nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "two intents") {
		t.Errorf("one intent: error %v", err)
	}
	stray := library()
	stray.Examples = append(stray.Examples, Example{Intent: "nowhere", Text: "x", File: "f.yaml", Line: 3})
	if _, err := Train(t.Context(), stray, e, nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "f.yaml:3") {
		t.Errorf("undeclared intent: error %v", err)
	}
	if _, err := Train(t.Context(), library(), e, &Options{Vectors: make([][]float32, 3)}); !fault.Is(err, fault.Invalid) {
		t.Errorf("too few vectors: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Train(ctx, library(), e, &Options{Progress: func(stage string, _, _ int) {
		if stage == "scope" {
			cancel()
		}
	}})
	if err != context.Canceled {
		t.Errorf("a training cancelled on its way: error %v", err)
	}
}

func TestTrainOnLittle(t *testing.T) {
	// Two intents of one example each: nothing can be held back, and still it reads.
	s := Set{Intents: []Intent{{Name: "hours"}, {Name: "prices"}}, Examples: []Example{{Intent: "hours", Text: "when do you open"}, {Intent: "prices", Text: "what does it cost"}}}
	m, err := Train(t.Context(), s, openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := predict(t, m, "how much is it"); p.Intents[0].Name != "prices" {
		t.Errorf("got %+v, want prices", p.Intents[0])
	}
	if m.Stats.HeldBack != 0 {
		t.Errorf("held back %d of two single examples", m.Stats.HeldBack)
	}
}

func TestWithoutSwitchesViewsOff(t *testing.T) {
	for _, part := range []string{"intents-embedding", "intents-ngrams", "intents-neighbours", "intents-calibration"} {
		m, err := Train(t.Context(), library(), openEncoder(t), &Options{Without: []string{part}})
		if err != nil {
			t.Fatalf("%s: %v", part, err)
		}
		for i, name := range []string{"intents-embedding", "intents-ngrams", "intents-neighbours"} {
			if (m.mix[i] == 0) != (name == part) {
				t.Errorf("without %s: weights %v", part, m.mix)
			}
		}
		if p := predict(t, m, "renew my loan"); p.Intents[0].Name != "renew_loan" {
			t.Errorf("without %s: got %+v", part, p.Intents[0])
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	s := Set{}
	for c := range 77 {
		s.Intents = append(s.Intents, Intent{Name: fmt.Sprintf("intent_%d", c)})
		for k := range 10 {
			s.Examples = append(s.Examples, Example{Intent: s.Intents[c].Name, Text: fmt.Sprintf("question %d about subject %d of the catalogue", k, c)})
		}
	}
	m, err := Train(b.Context(), s, openEncoder(b), nil)
	if err != nil {
		b.Fatal(err)
	}
	const text = "I still have not received my new card, I ordered over a week ago."
	v, err := openEncoder(b).EmbedQueries(b.Context(), []string{text})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Predict(text, v[0])
	}
}
