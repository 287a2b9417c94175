package knowledge

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlainText returns Markdown without its marks: what is tokenized, embedded and
// counted. Links keep their words and lose their addresses, pictures keep their
// description, table cells stand side by side, lines stay lines.
func PlainText(markdown string) string {
	var out []string
	var fence string
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		if f := fenceMark(line); f != "" && (fence == "" || strings.HasPrefix(f, fence)) {
			if fence == "" {
				fence = f
			} else {
				fence = ""
			}
			continue
		}
		if fence == "" {
			if tableRule(line) || len(line) > 2 && strings.Trim(line, "-*_ ") == "" {
				continue
			}
			line = plainLine(line)
		}
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

func plainLine(line string) string {
	for strings.HasPrefix(line, ">") {
		line = strings.TrimSpace(line[1:])
	}
	if h, rest := strings.TrimLeft(line, "#"), line; len(h) < len(rest) && strings.HasPrefix(h, " ") {
		line = strings.TrimSpace(h)
	}
	if n := listMark(line); n == 2 { // the number of a step is worth keeping, the bullet is not
		line = strings.TrimSpace(line[n:])
	}
	if strings.HasPrefix(line, "|") {
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, "\x00"), "|"), "|")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(c, "\x00", "|"))
		}
		line = strings.Join(cells, " | ")
	}
	return strings.TrimSpace(html.UnescapeString(inline(line)))
}

// inline takes the marks out of a stretch of one line.
func inline(s string) string {
	if !strings.ContainsAny(s, "\\*_`[<~!") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '\\':
			if i+1 < len(s) && s[i+1] < utf8.RuneSelf && unicode.IsPunct(rune(s[i+1])) || i+1 < len(s) && strings.IndexByte("|<>`~$+=^", s[i+1]) >= 0 {
				b.WriteByte(s[i+1])
				i += 2
				continue
			}
			b.WriteByte(c)
			i++
		case '`':
			run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
			if end := strings.Index(s[i+run:], s[i:i+run]); end >= 0 {
				b.WriteString(strings.TrimSpace(s[i+run : i+run+end]))
				i += run + end + run
				continue
			}
			b.WriteString(s[i : i+run])
			i += run
		case '*', '_', '~':
			run := len(s[i:]) - len(strings.TrimLeft(s[i:], string(c)))
			if !emphasis(s, i, run, c) {
				b.WriteString(s[i : i+run])
			}
			i += run
		case '!', '[':
			words, n := link(s[i:])
			if n == 0 {
				b.WriteByte(c)
				i++
				continue
			}
			b.WriteString(inline(words))
			i += n
		case '<':
			words, n := tag(s[i:])
			b.WriteString(words)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// emphasis reports whether the run of c at s[i:] marks emphasis rather than being
// a character of the text: "5 * 3", "snake_case" and "~5" stay.
func emphasis(s string, i, run int, c byte) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+run:])
	opens := i+run < len(s) && !unicode.IsSpace(after)
	closes := i > 0 && !unicode.IsSpace(before)
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	switch c {
	case '_':
		return (opens || closes) && !(i > 0 && i+run < len(s) && word(before) && word(after))
	case '~':
		return run == 2 && (opens || closes)
	}
	return run <= 3 && (opens || closes)
}

// link reads "[words](address)", "![words](address)" and "[words][reference]" at
// the start of s and returns the words and its length; 0: no link.
func link(s string) (words string, n int) {
	start := 1
	if s[0] == '!' {
		if len(s) < 2 || s[1] != '[' {
			return "", 0
		}
		start = 2
	}
	end := closing(s, start-1, '[', ']')
	if end < 0 || end+1 >= len(s) {
		return "", 0
	}
	switch s[end+1] {
	case '(':
		if e := closing(s, end+1, '(', ')'); e > 0 {
			return s[start:end], e + 1
		}
	case '[':
		if e := closing(s, end+1, '[', ']'); e > 0 {
			return s[start:end], e + 1
		}
	}
	return "", 0
}

// closing returns the index of the bracket that closes the one at s[at], or -1.
// It looks at most 1,000 bytes ahead, so that a hostile line costs linear time.
func closing(s string, at int, open, end byte) int {
	depth := 0
	for i := at; i < len(s) && i < at+1000; i++ {
		switch s[i] {
		case '\\':
			i++
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// tag reads an autolink or an HTML tag at the start of s: the words that stay and how many bytes it is long.
func tag(s string) (words string, n int) {
	end := strings.IndexByte(s[:min(len(s), 1000)], '>')
	if end < 2 {
		return "<", 1
	}
	inner := s[1:end]
	switch c := inner[0]; {
	case strings.Contains(inner, "://") && !strings.ContainsAny(inner, " \""), strings.Contains(inner, "@") && !strings.ContainsAny(inner, " \""):
		return strings.TrimPrefix(inner, "mailto:"), end + 1
	case c == '/' || c == '!' || unicode.IsLetter(rune(c)) && c < utf8.RuneSelf:
		if strings.HasPrefix(inner, "br") {
			return " ", end + 1
		}
		return "", end + 1
	}
	return "<", 1
}
