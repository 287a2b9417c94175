package bot

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExtract(t *testing.T) {
	short := "Green tea wants water of 75 °C."
	if got := extract(short, "anything"); got != short {
		t.Errorf("a short passage is quoted whole, got %q", got)
	}
	filler := strings.Repeat("This paragraph speaks of the history of the house and its founders. ", 6)
	passage := filler + "\n\n" + filler + "\n\nTo change your address, open Account.\n\n1. Press Address.\n2. Press Save.\n\n" + filler
	got := extract(passage, "how do I change my address")
	if !strings.Contains(got, "To change your address, open Account.") || !strings.Contains(got, "2. Press Save.") || utf8.RuneCountInString(got) > maxExtract {
		t.Errorf("%d characters: %q", utf8.RuneCountInString(got), got)
	}
	table := "| plan | price |\n|---|---|\n" + strings.Repeat("| Start | 29 |\n", 20)
	if got := extract(filler+"\n\n"+filler+"\n"+table, "what does the plan Start cost"); !strings.Contains(got, "| plan | price |") {
		t.Errorf("a table keeps its head: %q", got)
	}
	long := strings.Repeat("很长的一句话没有分段，", 200) + "结束。"
	if got := extract(long, "结束"); utf8.RuneCountInString(got) > maxExtract+maxExtract/2 || !utf8.ValidString(got) {
		t.Errorf("%d characters of a passage without breaks", utf8.RuneCountInString(got))
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("a\n\n| b |\n|-|\n```\nc", "b")
	f.Add(strings.Repeat("字。", 900), "字")
	f.Fuzz(func(t *testing.T, passage, question string) {
		got := extract(passage, question)
		if !utf8.ValidString(passage) {
			return
		}
		for line := range strings.Lines(strings.TrimSuffix(got, "…")) {
			if !strings.Contains(passage, strings.TrimSpace(line)) {
				t.Errorf("%q is not of the passage %q", line, passage)
			}
		}
	})
}
