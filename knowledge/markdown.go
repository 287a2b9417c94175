package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sections cuts Markdown at its headings. Empty stretches are left out, a heading
// with nothing but smaller headings below it lives on in their paths. Headings are
// plain text. Lines inside fences are never headings.
func Sections(markdown string) []Section {
	var out []Section
	var path []heading
	var lines []string
	flush := func() {
		text := strings.Trim(strings.Join(lines, "\n"), "\n\t ")
		lines = lines[:0]
		if text == "" {
			return
		}
		s := Section{Text: text}
		for _, h := range path {
			s.Heading = append(s.Heading, h.text)
		}
		out = append(out, s)
	}
	enter := func(h heading) {
		flush()
		for len(path) > 0 && path[len(path)-1].level >= h.level {
			path = path[:len(path)-1]
		}
		path = append(path, h)
	}
	var fence string
	for line := range strings.Lines(strings.ReplaceAll(markdown, "\r\n", "\n")) {
		line = strings.TrimRight(line, "\n\r")
		if f := fenceMark(line); f != "" {
			switch {
			case fence == "":
				fence = f
			case strings.HasPrefix(f, fence) && strings.Trim(strings.TrimSpace(line), f[:1]) == "":
				fence = ""
			}
			lines = append(lines, line)
			continue
		}
		if fence != "" {
			lines = append(lines, line)
			continue
		}
		if h, ok := atxHeading(line); ok {
			if h.text != "" {
				enter(h)
			}
			continue
		}
		if level := setextLevel(line); level > 0 && underlines(lines) {
			h := heading{level, PlainText(lines[len(lines)-1])}
			lines = lines[:len(lines)-1]
			enter(h)
			continue
		}
		lines = append(lines, line)
	}
	flush()
	return out
}

// Markdown joins sections to one text that Sections cuts into the same sections.
func Markdown(sections []Section) string {
	var b strings.Builder
	var last []string
	for _, s := range sections {
		same := 0
		for same < len(s.Heading) && same < len(last) && s.Heading[same] == last[same] {
			same++
		}
		// A section that goes on under the heading just left (the next page of a
		// file) needs no heading; one back at a parent's level says it again.
		if same == len(s.Heading) && len(last) > same {
			same = max(0, same-1)
		}
		for i := same; i < len(s.Heading); i++ {
			b.WriteString(strings.Repeat("#", min(i+1, 6)) + " " + s.Heading[i] + "\n\n")
		}
		b.WriteString(s.Text + "\n\n")
		last = s.Heading
	}
	return strings.TrimSpace(b.String())
}

type heading struct {
	level int // 1…6
	text  string
}

// atxHeading reads "## Words ##". The space that CommonMark asks for may be
// missing before a Chinese word, as Chinese writers often leave it out.
func atxHeading(line string) (heading, bool) {
	s := strings.TrimLeft(line, " ")
	if len(line)-len(s) > 3 {
		return heading{}, false
	}
	rest := strings.TrimLeft(s, "#")
	level := len(s) - len(rest)
	if level == 0 || level > 6 {
		return heading{}, false
	}
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && r != ' ' && r != '\t' && !unicode.Is(unicode.Han, r) {
		return heading{}, false
	}
	rest = strings.TrimSpace(rest)
	if closed := strings.TrimRight(rest, "#"); closed != rest && (closed == "" || strings.HasSuffix(closed, " ")) {
		rest = strings.TrimSpace(closed)
	}
	return heading{level, PlainText(rest)}, true
}

// setextLevel reads the line under a heading: "===" is 1, "---" 2.
func setextLevel(line string) int {
	s := strings.TrimSpace(line)
	switch {
	case len(s) < 2 || strings.HasPrefix(line, "    "):
		return 0
	case strings.Trim(s, "=") == "":
		return 1
	case strings.Trim(s, "-") == "":
		return 2
	}
	return 0
}

// underlines reports whether the last of lines is a one-line paragraph that the
// next line turns into a heading.
func underlines(lines []string) bool {
	if len(lines) == 0 {
		return false
	}
	s := strings.TrimSpace(lines[len(lines)-1])
	if s == "" || strings.HasPrefix(s, "|") || strings.HasPrefix(s, ">") || listMark(s) > 0 || setextLevel(s) > 0 {
		return false
	}
	return len(lines) == 1 || strings.TrimSpace(lines[len(lines)-2]) == ""
}

// fenceMark returns the run of ``` or ~~~ that opens or closes a code block, or "".
func fenceMark(line string) string {
	s := strings.TrimLeft(line, " ")
	for _, mark := range []string{"`", "~"} {
		run := s[:len(s)-len(strings.TrimLeft(s, mark))]
		if len(run) >= 3 && !strings.Contains(s[len(run):], "`") {
			return run
		}
	}
	return ""
}

// listMark returns the length of a list item's mark with its space: "- ", "* ", "12. ", "3) "; 0: none.
func listMark(s string) int {
	if len(s) > 1 && strings.IndexByte("-*+", s[0]) >= 0 && (s[1] == ' ' || s[1] == '\t') {
		return 2
	}
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 9 || len(s) < digits+2 || s[digits] != '.' && s[digits] != ')' || s[digits+1] != ' ' && s[digits+1] != '\t' {
		return 0
	}
	return digits + 2
}

// tableRule reports whether a line is the "|---|:--:|" below a table's header.
func tableRule(line string) bool {
	s := strings.TrimSpace(line)
	return strings.Contains(s, "-") && strings.Contains(s, "|") && strings.Trim(s, "|:- \t") == ""
}
