package pdftext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestToUnicode(t *testing.T) {
	letters := map[uint16]string{}
	var list []string
	for rest := "<01> <03> <0041> <10> <12> [<4E00> <4E8C4E09> <56DB>] <ff> <01> <0041>"; rest != ""; {
		var token string
		if token, rest = cmapToken(rest); token != "" {
			list = append(list, token)
		}
	}
	ranges(letters, list)
	want := map[uint16]string{1: "A", 2: "B", 3: "C", 0x10: "一", 0x11: "二三", 0x12: "四"}
	if diff := cmp.Diff(want, letters); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

func TestLetters(t *testing.T) {
	if got := strings.Map(printable, "⻚⾯⼦\u00ad\x07龙"); got != "页面子龙" {
		t.Errorf("printable = %q", got)
	}
	if n := len([]rune(radicals)); n%2 != 0 {
		t.Errorf("%d runes in the table of radicals, want pairs", n)
	}
	if got := unspaced("退 货 “ 政策 in 7 days，好 的"); got != "退货“政策 in 7 days，好的" {
		t.Errorf("unspaced = %q", got)
	}
}
