package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSyllables(t *testing.T) {
	for word, want := range map[string]string{
		"tuihuo": "tui huo", "zhuanzhang": "zhuan zhang", "xian": "xian", "lvxing": "lv xing", "e": "e",
		"refund": "", "tuihuo1": "", "退货": "", "": "", "v": "", strings.Repeat("ma", 33): "",
	} {
		if got := strings.Join(Syllables(word), " "); got != want {
			t.Errorf("Syllables(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestSounds(t *testing.T) {
	if all := Sounding("huo"); !slices.Contains(all, '货') || !slices.Contains(all, '火') || slices.Contains(all, '退') {
		t.Errorf("huo may be %q", string(all))
	}
	if !slices.Contains(Sounding("hang"), '行') || !slices.Contains(Sounding("xing"), '行') {
		t.Error("行 is read in one way only")
	}
	if !slices.Contains(SoundAlikes('航'), '行') || slices.Contains(SoundAlikes('车'), '具') {
		t.Error("航 does not sound like 行, or 车 as it is seldom read")
	}
	if all := SoundAlikes('漂'); !slices.Contains(all, '票') {
		t.Errorf("漂 sounds like %q", string(all))
	}
	if SoundAlikes('x') != nil || SoundAlikes(utf8.RuneError) != nil || Sounding("q") != nil {
		t.Error("what is no character or syllable has a sound")
	}
}

func FuzzSyllables(f *testing.F) {
	f.Add("fangan")
	f.Fuzz(func(t *testing.T, s string) {
		all := Syllables(s)
		if all != nil && strings.Join(all, "") != s {
			t.Errorf("%q has the syllables %q", s, all)
		}
		for _, syllable := range all {
			if len(Sounding(syllable)) == 0 {
				t.Errorf("nothing is read %q", syllable)
			}
		}
	})
}
