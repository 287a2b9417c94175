package pdftext

import (
	"io"
	"strings"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// font says which letters the codes of a font are and how wide they stand.
type font struct {
	bold      bool
	composite bool // codes have two bytes
	letters   map[uint16]string
	whole     func(raw string) string // letters of codes that are not in letters
	widths    map[uint16]float64      // thousandths of the size
	usual     float64                 // width of the others
}

// maxCodes bounds the tables of one font: codes have at most two bytes.
const maxCodes = 1 << 16

func newFont(v pdf.Value) *font {
	f := &font{composite: v.Key("Subtype").Name() == "Type0", widths: map[uint16]float64{}}
	name := strings.ToLower(v.Key("BaseFont").Name())
	f.bold = strings.Contains(name, "bold") || strings.Contains(name, "heavy") || strings.Contains(name, "black")
	if u := v.Key("ToUnicode"); u.Kind() == pdf.Stream {
		f.letters = toUnicode(u)
	}
	if f.composite {
		f.whole = wideCodes(v.Key("Encoding").Name())
		f.wideWidths(v.Key("DescendantFonts").Index(0))
		return f
	}
	plain := pdf.Font{V: v}
	f.whole = func(raw string) string { return western1(plain.Encoder().Decode(raw)) }
	first := int(v.Key("FirstChar").Int64())
	widths := v.Key("Widths")
	for i := range min(widths.Len(), 256) {
		if code := first + i; code >= 0 && code < 256 {
			f.widths[uint16(code)] = widths.Index(i).Float64()
		}
	}
	f.usual = v.Key("FontDescriptor").Key("MissingWidth").Float64()
	return f
}

// western1 reads what is left as bytes above ASCII as Windows-1252, which simple
// fonts start from.
func western1(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r <= 0x9F {
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
}

// wideCodes returns how codes of a predefined encoding become letters; those of
// "Identity" are numbers of shapes, which nobody can read without a table.
func wideCodes(encoding string) func(string) string {
	switch {
	case strings.HasPrefix(encoding, "Uni"):
		return bigEndian
	case strings.HasPrefix(encoding, "GB"):
		return func(raw string) string {
			s, err := simplifiedchinese.GB18030.NewDecoder().String(raw)
			if err != nil {
				return "\uFFFD"
			}
			return s
		}
	}
	return func(raw string) string { return strings.Repeat("\uFFFD", (len(raw)+1)/2) }
}

func bigEndian(raw string) string {
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

// wideWidths reads the widths of a composite font: "code [w w w]" and "from to w".
func (f *font) wideWidths(v pdf.Value) {
	f.usual = 1000
	if dw := v.Key("DW"); !dw.IsNull() {
		f.usual = dw.Float64()
	}
	w := v.Key("W")
	for i := 0; i+1 < w.Len(); {
		from := int(w.Index(i).Int64())
		if list := w.Index(i + 1); list.Kind() == pdf.Array {
			for k := range list.Len() {
				if code := from + k; code >= 0 && code < maxCodes {
					f.widths[uint16(code)] = list.Index(k).Float64()
				}
			}
			i += 2
			continue
		}
		to, width := int(w.Index(i+1).Int64()), w.Index(i+2).Float64()
		for code := max(from, 0); code <= to && code < maxCodes; code++ {
			f.widths[uint16(code)] = width
		}
		i += 3
	}
}

// text returns the letters of a string of codes, and their width in thousandths
// of the size together with how many codes and single-byte spaces there are.
func (f *font) text(raw string) (s string, width float64, codes, spaces int) {
	var b strings.Builder
	step := 1
	if f.composite {
		step = 2
	}
	rest := 0 // start of the codes that are not in the table
	flush := func(end int) {
		if end > rest {
			b.WriteString(f.whole(raw[rest:end]))
		}
	}
	for i := 0; i < len(raw); i += step {
		end := min(i+step, len(raw))
		code := uint16(raw[i])
		if step == 2 && end-i == 2 {
			code = code<<8 | uint16(raw[i+1])
		}
		if w, ok := f.widths[code]; ok {
			width += w
		} else {
			width += f.usual
		}
		codes++
		if step == 1 && code == ' ' {
			spaces++
		}
		if l, ok := f.letters[code]; ok {
			flush(i)
			b.WriteString(l)
			rest = end
		}
	}
	flush(len(raw))
	return b.String(), width, codes, spaces
}

// toUnicode reads the table that says which letters a font's codes are: lists of
// "<code> <letters>" and of "<from> <to> <letters>" or "<from> <to> [<letters> …]".
func toUnicode(v pdf.Value) map[uint16]string {
	r := v.Reader()
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 4<<20))
	if err != nil {
		return nil
	}
	letters := map[uint16]string{}
	var list []string // strings since the last operator; "[" and "]" among them
	for rest := string(b); ; {
		var token string
		if token, rest = cmapToken(rest); token == "" {
			return letters
		}
		switch {
		case token == "<<": // of a dictionary, which is none of ours
		case token[0] == '<' || token == "[" || token == "]":
			list = append(list, token)
			continue
		case token == "endbfchar":
			for i := 0; i+1 < len(list); i += 2 {
				if code, ok := codeOf(list[i]); ok {
					letters[code] = bigEndian(unhex(list[i+1]))
				}
			}
		case token == "endbfrange":
			ranges(letters, list)
		}
		list = list[:0]
	}
}

// cmapToken returns the next token of a table: a string as "<hex", a bracket or a
// word; "" at the end.
func cmapToken(s string) (token, rest string) {
	s = strings.TrimLeft(s, " \t\r\n\f\x00")
	if s == "" {
		return "", ""
	}
	switch {
	case strings.HasPrefix(s, "<<"), strings.HasPrefix(s, ">>"):
		return "<<", s[2:]
	case s[0] == '<':
		if end := strings.IndexByte(s, '>'); end > 0 {
			return s[:end], s[end+1:]
		}
		return "", ""
	case s[0] == '[', s[0] == ']':
		return s[:1], s[1:]
	case s[0] == '%':
		if end := strings.IndexAny(s, "\r\n"); end > 0 {
			return "%", s[end:]
		}
		return "", ""
	}
	end := strings.IndexAny(s[1:], " \t\r\n\f\x00<>[]%")
	if end < 0 {
		return s, ""
	}
	return s[:end+1], s[end+1:]
}

func ranges(letters map[uint16]string, list []string) {
	for i := 0; i+2 < len(list); {
		from, ok1 := codeOf(list[i])
		to, ok2 := codeOf(list[i+1])
		ok := ok1 && ok2 && from <= to
		i += 2
		if list[i] != "[" {
			if ok {
				consecutive(letters, from, to, bigEndian(unhex(list[i])))
			}
			i++
			continue
		}
		for i++; i < len(list) && list[i] != "]"; i++ {
			if ok {
				letters[from] = bigEndian(unhex(list[i]))
			}
			ok = ok && from < to
			from++
		}
		i++
	}
}

// consecutive gives codes from … to letters that follow one another.
func consecutive(letters map[uint16]string, from, to uint16, first string) {
	units := utf16.Encode([]rune(first))
	if len(units) == 0 {
		return
	}
	for code := int(from); code <= int(to); code++ {
		letters[uint16(code)] = string(utf16.Decode(units))
		units[len(units)-1]++
	}
}

func codeOf(token string) (uint16, bool) {
	switch s := unhex(token); len(s) {
	case 1:
		return uint16(s[0]), true
	case 2:
		return uint16(s[0])<<8 | uint16(s[1]), true
	}
	return 0, false
}

// unhex reads "<00 41"; what is no hexadecimal digit is passed over.
func unhex(token string) string {
	var out []byte
	high, half := byte(0), false
	for _, c := range []byte(token) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			continue
		}
		if half {
			out = append(out, high<<4|c)
		} else {
			high = c
		}
		half = !half
	}
	if half {
		out = append(out, high<<4)
	}
	return string(out)
}
