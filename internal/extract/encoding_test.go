package extract

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func encodeAs(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	const en = "How do I return an item?\nWithin 30 days, “free of charge”.\n"
	const zh = "问题,答案\n怎么退货？,收到商品后 7 天内可以申请退货，运费由我们承担。\n"
	le, be := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	tests := map[string]struct {
		in      []byte
		want    string // "": refused
		guessed bool
	}{
		"UTF-8":                    {[]byte(en + zh), en + zh, false},
		"UTF-8 with a mark":        {append([]byte{0xEF, 0xBB, 0xBF}, zh...), zh, false},
		"UTF-16 LE with a mark":    {append([]byte{0xFF, 0xFE}, encodeAs(t, le, zh)...), zh, false},
		"UTF-16 BE with a mark":    {append([]byte{0xFE, 0xFF}, encodeAs(t, be, en)...), en, false},
		"UTF-16 LE English":        {encodeAs(t, le, en), en, false},
		"UTF-16 BE English":        {encodeAs(t, be, en), en, false},
		"UTF-16 LE Chinese":        {encodeAs(t, le, zh), zh, false},
		"UTF-16 BE Chinese":        {encodeAs(t, be, zh), zh, false},
		"UTF-16 cut off":           {append([]byte{0xFF, 0xFE}, encodeAs(t, le, en)[:7]...), "", false},
		"GB18030":                  {encodeAs(t, simplifiedchinese.GB18030, zh), zh, false},
		"GB18030 with rare ones":   {encodeAs(t, simplifiedchinese.GB18030, zh+"㐂𠮷"), zh + "㐂𠮷", false},
		"Windows-1252":             {encodeAs(t, charmap.Windows1252, "The café’s menu – it’s “new”. "+strings.Repeat("Plain words follow here. ", 20)), "The café’s menu – it’s “new”. " + strings.Repeat("Plain words follow here. ", 20), true},
		"Shift-JIS":                {encodeAs(t, japanese.ShiftJIS, strings.Repeat("返品はできますか。はい、できます。", 5)), "", false},
		"Big5":                     {encodeAs(t, traditionalchinese.Big5, strings.Repeat("請問如何退貨？收到後七天內可申請。", 5)), "", false},
		"random bytes":             {[]byte("\x8f\xfe\x80\x00\x01\x99\xa0\xff\xd8\xe0" + strings.Repeat("\x00\xffa\x81", 30)), "", false},
		"control characters":       {[]byte(strings.Repeat("a\x01\x02", 40)), "", false},
		"empty":                    {nil, "", false},
		"one letter that is UTF-8": {[]byte("a"), "a", false},
	}
	for name, tt := range tests {
		got, guessed, err := decode(tt.in)
		if refused := tt.want == "" && len(tt.in) > 0; refused != (err != nil) {
			t.Errorf("%s: error %v, want refused = %v (got %q)", name, err, refused, got)
			continue
		}
		if got != tt.want || guessed != tt.guessed {
			t.Errorf("%s: %q (guessed %v), want %q (%v)", name, got, guessed, tt.want, tt.guessed)
		}
	}
}
