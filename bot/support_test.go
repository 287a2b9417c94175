package bot

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestSupport(t *testing.T) {
	turn := &Turn{}
	turn.Trace.Reading = intents.Reading{Language: "en"}
	turn.Trace.Question = "how do I send back a parcel for free"
	s := newSupport(turn, []knowledge.Candidate{
		{Title: "Returns", Passage: "Send the parcel back within 30 days. Returns are free; write to returns@shop.example or see https://shop.example/returns."},
		{Title: "发票", Passage: "发票在订单页面下载，需要 2 个工作日。"},
	})
	for _, c := range []struct {
		sentence string
		holds    bool
	}{
		{"You can send the parcel back within 30 days [1].", true},
		{"Returns are free.", true},
		{"Yes.", true},
		{"Write to returns@shop.example [1].", true},
		{"You can send the parcel back within 60 days [1].", false},
		{"Write to help@shop.example [1].", false},
		{"See https://evil.example/returns [1].", false},
		{"Our founders love mountains and long walks.", false},
		{"您可以在三十天之内免费退回包裹。", false},
		{"The invoice is ready after 2 working days [2].", true}, // another language: its numbers and its page are checked
		{"The invoice is ready after 5 working days [2].", false},
		{"Question: how do I send back a parcel for free?", false}, // the prompt said again is no answer
		{"*How do I send back a parcel for free?*", false},
		{"[1] Returns", false},
		{"[1] Free returns › Parcel", false},
		{"[1] Returns are free.", true},
		{"Yes, you can send back a parcel for free.", true},
	} {
		if got := s.holds(c.sentence); got != c.holds {
			t.Errorf("holds(%q) = %v, want %v", c.sentence, got, c.holds)
		}
	}
	if !slices.Equal(s.used, []bool{true, true}) {
		t.Errorf("used %v", s.used)
	}
}

func TestSplitterLosesNothing(t *testing.T) {
	text := "Green tea wants 75.5 °C [1]. See example.com. \"Really?\" [2] Yes!\n\n1. Open it.\n2. Close it.\n绿茶用 75 °C 的水【1】。红茶用沸水！ And the rest"
	for size := 1; size < 12; size++ {
		var p splitter
		var got []string
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			for n < len(rest) && rest[n]&0xC0 == 0x80 {
				n++ // pieces of a model hold whole characters
			}
			got = append(got, p.feed(rest[:n])...)
			rest = rest[n:]
		}
		got = append(got, p.rest())
		if joined := strings.Join(got, ""); joined != text {
			t.Fatalf("pieces of %d: %q", size, joined)
		}
		for _, s := range got {
			if strings.HasSuffix(strings.TrimSpace(s), "75.") || strings.TrimSpace(s) == "[1]" || strings.TrimSpace(s) == "1." || strings.HasSuffix(s, "example.") {
				t.Errorf("pieces of %d tear %q", size, got)
			}
		}
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add("A. B? [1] C。D", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 {
			return
		}
		var p splitter
		var b strings.Builder
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			for _, s := range p.feed(rest[:n]) {
				b.WriteString(s)
			}
			rest = rest[n:]
		}
		b.WriteString(p.rest())
		if b.String() != text {
			t.Errorf("%q became %q", text, b.String())
		}
	})
}
