package e5

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// texts that no document should hold, and every endpoint gets.
var hostileTexts = map[string]string{
	"empty":            "",
	"blank":            " \t\n\u3000 ",
	"invalid utf-8":    "caf\xe9 \xff\xfe\x80 ok",
	"cut character":    "你好\xe4\xbd",
	"nul and controls": "a\x00b\x01\x02\x1b[31m\x7f\u0085",
	"bidi and joiners": "\u202eabc\u200d\u200b\ufeff",
	"surrogate bytes":  "\xed\xa0\x80\xed\xbf\xbf",
	"noncharacters":    "\U0010ffff\ufffe",
	"specials as text": "<s></s><pad><unk>",
	"emoji":            "👩‍👩‍👧‍👦🇨🇳",
	"one letter":       strings.Repeat("a", 50_000),
	"one han":          strings.Repeat("退", 50_000),
	"no blanks":        strings.Repeat("x1!退货", 10_000),
	"words":            strings.Repeat("where is my parcel ", 3_000),
	"blanks":           strings.Repeat(" ", 50_000),
	"unknown":          strings.Repeat("\U000e0041", 5_000),
	"metaspace":        strings.Repeat("▁", 5_000) + "a▁b",
}

func TestHostileTexts(t *testing.T) {
	e := open(t, "")
	for name, text := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			got, err := e.EmbedQueries(context.Background(), []string{text})
			if err != nil {
				t.Fatal(err)
			}
			checkUnit(t, got[0])
			ids := e.tokens.encode(nil, passagePrefix, text, MaxTokens)
			if len(ids) > MaxTokens || ids[0] != bosID || ids[len(ids)-1] != eosID {
				t.Errorf("%d ids from %d to %d, want at most %d from <s> to </s>", len(ids), ids[0], ids[len(ids)-1], MaxTokens)
			}
			for i, id := range ids[1 : len(ids)-1] {
				if id == bosID || id == padID || id == eosID || id < 0 || id >= pieceN {
					t.Fatalf("id %d at %d", id, i+1)
				}
			}
		})
	}
}

func checkUnit(t testing.TB, v []float32) {
	t.Helper()
	var square float64
	for _, f := range v {
		square += float64(f) * float64(f)
	}
	if len(v) != Dim || !(math.Abs(square-1) < 1e-5) {
		t.Errorf("vector of %d numbers and squared length %v, want %d and 1", len(v), square, Dim)
	}
}

// A vector belongs to its text alone: not to its place, its neighbours, or what the
// workspace held before.
func TestBatchKeepsOrder(t *testing.T) {
	e := open(t, "")
	var texts []string
	for i := range 40 {
		texts = append(texts, strings.Repeat(fmt.Sprintf("order %d 退货 ", i), 1+i%7))
	}
	batch, err := e.EmbedPassages(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		alone, err := e.EmbedPassages(context.Background(), []string{text})
		if err != nil {
			t.Fatal(err)
		}
		for d := range alone[0] {
			if alone[0][d] != batch[i][d] {
				t.Fatalf("text %d: number %d is %v in the batch, %v alone", i, d, batch[i][d], alone[0][d])
			}
		}
	}
}

func TestEmptyBatch(t *testing.T) {
	got, err := open(t, "").EmbedQueries(context.Background(), nil)
	if err != nil || len(got) != 0 {
		t.Errorf("got %d vectors, error %v; want none", len(got), err)
	}
}

func TestCancelled(t *testing.T) {
	e := open(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := e.EmbedPassages(ctx, []string{"a", "b", "c"})
	if !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("got %d vectors, error %v; want none and context.Canceled", len(got), err)
	}
	// The places must all be free again.
	if _, err := e.EmbedPassages(context.Background(), make([]string, 8)); err != nil {
		t.Error(err)
	}
}

func TestUnknownKernels(t *testing.T) {
	if _, err := OpenWith(&Options{Kernels: "z80"}); err == nil {
		t.Error("no error for kernels that no processor has")
	}
}

func TestCountTokens(t *testing.T) {
	e := open(t, "")
	for text, want := range map[string]int{"": 0, "  ": 0, "a": 1, "a ": 2, "How do I change my address?": 7} {
		if got := e.CountTokens(text); got != want {
			t.Errorf("CountTokens(%q) = %d, want %d", text, got, want)
		}
	}
	// As a passage: the two tokens of the prefix and two specials more.
	text := "Returns are free for 30 days. 三十天内可免费退货。"
	ids := e.tokens.encode(nil, passagePrefix, text, MaxTokens)
	if got, want := e.CountTokens(text), len(ids)-4; got != want {
		t.Errorf("CountTokens(%q) = %d, want %d", text, got, want)
	}
}
