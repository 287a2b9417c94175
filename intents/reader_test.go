package intents

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func openReader(t *testing.T) *Reader {
	t.Helper()
	r, err := NewReader(openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, r *Reader, s string) Reading {
	t.Helper()
	got, err := r.Read(t.Context(), Input{Workspace: "w", Text: s, Previous: "Here is what I found."})
	if err != nil {
		t.Fatalf("%.40q: %v", s, err)
	}
	return got
}

func TestReadSignals(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct {
		text string
		of   func(Signals) float64
		want bool
	}{
		{"Please connect me with one of your human colleagues.", wants, true},
		{"my order is late, the form is broken, so let me speak with somebody", wants, true},
		{"帮我转接人工客服", wants, true},
		{"麻煩轉真人客服", wants, true},
		{"电饭煲用了两次就跳闸，发票早丢了，店里说要总部批，麻烦你们派个人来跟我讲，我明天还要出差，很急", wants, true},
		{"电饭煲用了两次就跳闸，你们上次那位客服说要总部批，总部一般批几天", wants, false},
		{"帮我转人功", wants, true},
		{"this oven has been here four times, I've read your page on error nine, let me have somebody from the workshop, I'm home all day, thanks", wants, true},
		{"the technician came on Monday and told your office to order a hinge, how long do hinges take", wants, false},
		{"i need an agnet", wants, true},
		{"are you a real person?", wants, false},
		{"your agent told me it ships on Monday, is that right?", wants, false},
		{"how many people fit in the tent", wants, false},
		{"你是机器人还是真人", wants, false},
		{"人工草坪多少钱", wants, false},
		{"please don't transfer me to an agent", wants, false},
		{"please don't transfer me to an agent", func(s Signals) float64 { return s.RefusesPerson }, true},
		{"不要给我转人工", func(s Signals) float64 { return s.RefusesPerson }, true},
		{"cancel my order 4821 for me please", func(s Signals) float64 { return s.AccountAction }, true},
		{"how are refunds handled in general", func(s Signals) float64 { return s.AccountAction }, false},
		{"that is not what I asked", func(s Signals) float64 { return s.Rejects }, true},
		{"不是这个问题，你没听懂", func(s Signals) float64 { return s.Rejects }, true},
		{"you stupid idiot", func(s Signals) float64 { return s.Abuse }, true},
		{"thank you, goodbye", func(s Signals) float64 { return s.Closing }, true},
		{"what will the weather be like in Rome", func(s Signals) float64 { return s.FarTopic }, true},
		{"唱首歌给我听", func(s Signals) float64 { return s.FarTopic }, true},
		{"what does shipping to Norway cost", func(s Signals) float64 { return s.FarTopic }, false},
	} {
		s := read(t, r, c.text).Signals
		if got := c.of(s); (got >= .5) != c.want {
			t.Errorf("%q gives %.2f, want %v; all: %+v", c.text, got, c.want, s)
		}
	}
	for text, topic := range map[string]string{
		"your kettle burned my daughter's hand": "injury", "my lawyer will sue you": "legal", "the battery is on fire": "safety",
		"somebody hacked my account and ordered things": "fraud", "please erase all my personal data": "deletion", "I am a reporter of a newspaper": "press",
		"我的账号被盗了": "fraud", "我要起诉你们": "legal",
	} {
		if s := read(t, r, text).Signals.Sensitive; s.Topic != topic || s.Probability < .5 {
			t.Errorf("%q: sensitive %+v, want %s", text, s, topic)
		}
	}
}

func wants(s Signals) float64 { return s.WantsPerson }

func TestReadSentimentInBothLanguages(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct{ better, worse string }{
		{"this is wonderful, thank you so much", "this is horrible, I am furious"},
		{"太好了，非常满意", "太差了，非常失望"},
		{"服務很棒", "服務爛透了"},
		{"works great", "does not work at all"},
		{"where is my parcel", "where is my parcel, you useless liars"},
	} {
		b, w := read(t, r, c.better).Sentiment, read(t, r, c.worse).Sentiment
		if b <= w+.2 {
			t.Errorf("%q %.2f, %q %.2f: want the first clearly higher", c.better, b, c.worse, w)
		}
	}
}

func TestReadIntentsOfTheStartingSet(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct {
		text, want string
		class      Class
	}{
		{"good morning to you", "greeting", ClassSmalltalk},
		{"我的包裹现在到哪里了", "order_status", ClassBusiness},
		{"I forgot my password and cannot sign in", "account_login", ClassBusiness},
		{"叫你们的人工客服来", "wants_person", ClassPerson},
		{"will there be rain on Sunday", "weather", ClassOther},
	} {
		got := read(t, r, c.text)
		if got.Intents[0].Name != c.want || got.Intents[0].Class != c.class {
			t.Errorf("%q means %+v, want %s (%s)", c.text, got.Intents[0], c.want, c.class)
		}
		if len(got.Intents) != topIntents {
			t.Errorf("%d intents listed, want %d", len(got.Intents), topIntents)
		}
	}
}

func TestReadWhatIsHardlyText(t *testing.T) {
	r := openReader(t)
	for _, s := range []string{
		"", " \n\t ", "😀😀😀", "😡", "???", "\x00\x01\x02", "\xff\xfe\xfd", "Привет, где мой заказ?", "こんにちは、注文はどこですか", "مرحبا",
		strings.Repeat("a", 50000), strings.Repeat("我要人工", 12500), strings.Repeat("no. ", 12500), "\u200b\u200b", "a\u0300\u0301\u0302", strings.Repeat("，", 5000),
	} {
		got := read(t, r, s)
		numbers := []float64{
			got.OutOfScope, got.Signals.WantsPerson, got.Signals.RefusesPerson, got.Signals.AccountAction, got.Signals.Rejects,
			got.Signals.Abuse, got.Signals.Closing, got.Signals.FarTopic, got.Signals.Sensitive.Probability,
		}
		for _, i := range got.Intents {
			numbers = append(numbers, i.Confidence)
		}
		for _, v := range numbers {
			if math.IsNaN(v) || v < 0 || v > 1 {
				t.Errorf("%.20q: probability %v in %+v", s, v, got)
			}
		}
		if math.IsNaN(got.Sentiment) || got.Sentiment < -1 || got.Sentiment > 1 {
			t.Errorf("%.20q: sentiment %v", s, got.Sentiment)
		}
	}
	if got := read(t, r, "😡😡"); got.Sentiment >= 0 || got.Language != "" || len(got.Intents) != 0 || got.OutOfScope != 1 {
		t.Errorf("angry emoji read as %+v", got)
	}
}

func TestUseSwitchesOneWorkspace(t *testing.T) {
	r := openReader(t)
	m, err := Train(t.Context(), library(), openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Use("library", m); err != nil {
		t.Fatal(err)
	}
	// Readers and a switch run side by side: nothing may tear.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if _, err := r.Read(context.Background(), Input{Workspace: "library", Text: "extend my loan"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			_ = r.Use("other", m)
			_ = r.Use("other", nil)
		}
	})
	wg.Wait()
	own, err := r.Read(t.Context(), Input{Workspace: "library", Text: "extend my loan"})
	if err != nil || own.Intents[0].Name != "renew_loan" {
		t.Errorf("with its own model: %+v, %v", own.Intents, err)
	}
	other, err := r.Read(t.Context(), Input{Workspace: "elsewhere", Text: "extend my loan"})
	if err != nil || other.Intents[0].Name == "renew_loan" {
		t.Errorf("another workspace reads with the library's model: %+v, %v", other.Intents, err)
	}
	small := *m
	small.Stats.Dimension = 3
	if err := r.Use("library", &small); !fault.Is(err, fault.Invalid) {
		t.Errorf("a model of another encoder: error %v", err)
	}
}

// deaf is an encoder that fails, or another model's.
type deaf struct{ name string }

func (d deaf) EmbedQueries(context.Context, []string) ([][]float32, error) {
	return nil, errors.New("deaf")
}

func (deaf) EmbedMiddles(context.Context, []string) ([][]float32, error) {
	return nil, errors.New("deaf")
}
func (d deaf) Model() string { return d.name }

// remembering is deaf but for the middles it has.
type remembering struct {
	deaf
	middles MiddleEmbedder
}

func (r remembering) EmbedMiddles(ctx context.Context, texts []string) ([][]float32, error) {
	return r.middles.EmbedMiddles(ctx, texts)
}

func TestReaderErrors(t *testing.T) {
	if _, err := NewReader(deaf{"another-model"}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("an encoder that the heads were not trained with: error %v", err)
	}
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(deaf{h.Model}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(t.Context(), Input{Text: "hello"}); err == nil {
		t.Error("a failing encoder gives no error")
	}
	// With the turn's vector and its middle at hand, one clause needs no encoder.
	e := openEncoder(t)
	v, err := e.EmbedQueries(t.Context(), []string{"hello"})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = NewReader(remembering{deaf{h.Model}, e}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := r.Read(t.Context(), Input{Text: "hello", Vector: v[0]})
	if err != nil || got.Intents[0].Name != "greeting" {
		t.Errorf("with a vector: %+v, %v", got.Intents, err)
	}
}

func TestHeadsSurviveTheirArtefact(t *testing.T) {
	h, err := ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	data, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := DecodeHeads(data)
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Encode()
	if err != nil || string(second) != string(data) {
		t.Errorf("encoding twice differs: %v", err)
	}
	data[len(data)-1] ^= 1
	if _, err := DecodeHeads(data); !fault.Is(err, fault.Invalid) {
		t.Errorf("damaged heads: error %v", err)
	}
}
