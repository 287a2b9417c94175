package extract

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Text is the text of a file's bytes: UTF-8, UTF-16 or GB18030, told by what they
// hold. guessed is true when only Windows-1252 was left. The error says in what it
// is not, for people.
func Text(b []byte) (text string, guessed bool, err error) { return decode(b) }

// decode returns the text of a file's bytes: UTF-8, UTF-16 of either byte order,
// with a mark or without, or GB18030. guessed is true when only Windows-1252 was
// left, which Excel writes for Western text and which nothing can be told by.
func decode(b []byte) (text string, guessed bool, err error) {
	switch {
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		b = b[3:]
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return fromUTF16(b[2:], xunicode.LittleEndian)
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return fromUTF16(b[2:], xunicode.BigEndian)
	}
	if order, ok := zeros(b); ok {
		return fromUTF16(b, order)
	}
	if utf8.Valid(b) {
		if controls(b) > len(b)/100 {
			return "", false, refuse(knowledge.CodeBroken, "the file is not text")
		}
		return string(b), false, nil
	}
	if s, ok := chinese(b); ok {
		return s, false, nil
	}
	if western(b) {
		if s, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil && !bytes.ContainsRune(s, utf8.RuneError) {
			return string(s), true, nil
		}
	}
	return "", false, refuse(knowledge.CodeEncoding, "the text is in none of UTF-8, UTF-16 and GB18030; save it as UTF-8")
}

func fromUTF16(b []byte, order xunicode.Endianness) (string, bool, error) {
	if len(b)%2 != 0 {
		return "", false, refuse(knowledge.CodeEncoding, "the UTF-16 text is cut off in the middle of a character; save it as UTF-8")
	}
	s, err := xunicode.UTF16(order, xunicode.IgnoreBOM).NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(s, utf8.RuneError) || controls(s) > len(s)/100 {
		return "", false, refuse(knowledge.CodeEncoding, "the text looks like UTF-16 and is not; save it as UTF-8")
	}
	return string(s), false, nil
}

// zeros recognizes UTF-16 without a mark: only there has text zero bytes, those
// of its English letters, digits and line ends, nearly always on the same side.
// What comes out is checked by the caller.
func zeros(b []byte) (xunicode.Endianness, bool) {
	b = b[:min(len(b), 64<<10)&^1]
	var even, odd int
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 {
			even++
		}
		if b[i+1] == 0 {
			odd++
		}
	}
	if odd > even {
		return xunicode.LittleEndian, odd >= 2*even
	}
	return xunicode.BigEndian, even > 0 && even >= 2*odd
}

func controls(b []byte) int {
	n := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			n++
		}
	}
	return n
}

// chinese decodes GB18030 if what comes out is Chinese: almost any bytes decode
// to something, yet common words come from the GB 2312 part, whose pairs have
// both bytes above A0.
func chinese(b []byte) (string, bool) {
	s, err := decoded(simplifiedchinese.GB18030, b)
	if err != nil {
		return "", false
	}
	var high, common int
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if i+1 >= len(b) {
			return "", false
		}
		high++
		if b[i] >= 0xA1 && b[i+1] >= 0xA1 {
			common++
		}
		if b[i+1] >= '0' && b[i+1] <= '9' {
			i += 2 // four bytes
		}
		i++
	}
	han := false
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			han = true
			break
		}
	}
	return s, han && common*10 >= high*8
}

// western reports whether bytes may be Windows-1252: few above ASCII, and hardly
// two in a row, as no accented letters stand together in the languages we read.
func western(b []byte) bool {
	var high, runs int
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		high++
		if i > 0 && b[i-1] >= 0x80 {
			runs++
		}
	}
	return high*20 <= len(b) && runs*4 <= high && controls(b) == 0
}

func decoded(e encoding.Encoding, b []byte) (string, error) {
	s, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return "", err
	}
	if bytes.ContainsRune(s, utf8.RuneError) {
		return "", refuse(knowledge.CodeEncoding, "undecodable")
	}
	return string(s), nil
}
