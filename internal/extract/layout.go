package extract

import (
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/extract/pdftext"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// layOut makes sections of a paged file's lines. A paragraph that runs over the
// end of a page belongs to the page on which it begins.
func layOut(lines []pdftext.Line) (sections []knowledge.Section, title string) {
	body := bodySize(lines)
	levels := headingLevels(lines, body)
	w := &layout{}
	pitch := pitchOf(lines, body)
	for i, l := range lines {
		gap := 0.0
		if i > 0 && lines[i-1].Page == l.Page {
			gap = lines[i-1].Y - l.Y
		}
		apart := i == 0 || gap > 1.4*pitch || gap < 0 || lines[i-1].Page != l.Page && ended(lines[i-1].Text)
		if level := levelOf(l, body, levels, apart); level > 0 {
			if w.heading(level, l, i > 0 && lines[i-1].Page == l.Page && gap < 1.6*l.Size) {
				continue
			}
		}
		w.words(l, apart)
	}
	w.flush()
	return w.sections, largest(lines, body)
}

// largest is the line of the largest letters on the first page, if it is the only
// one of its size or begins the page; "" when there is none.
func largest(lines []pdftext.Line, body float64) string {
	at, count := -1, 0
	for i, l := range lines {
		switch {
		case l.Page != lines[0].Page || l.Size <= body:
		case at < 0 || l.Size > lines[at].Size:
			at, count = i, 1
		case l.Size == lines[at].Size:
			count++
		}
	}
	if at >= 0 && (count == 1 || at < 2) {
		return lines[at].Text
	}
	return ""
}

// bodySize is the size of most letters.
func bodySize(lines []pdftext.Line) float64 {
	count := map[float64]int{}
	for _, l := range lines {
		count[l.Size] += len(l.Text)
	}
	best := 0.0
	for size, n := range count {
		if n > count[best] || n == count[best] && size < best {
			best = size
		}
	}
	return best
}

// pitchOf is the usual distance between two lines of the body.
func pitchOf(lines []pdftext.Line, body float64) float64 {
	var gaps []float64
	for i := 1; i < len(lines); i++ {
		if g := lines[i-1].Y - lines[i].Y; lines[i].Page == lines[i-1].Page && lines[i].Size == body && g > 0 && g < 4*body {
			gaps = append(gaps, g)
		}
	}
	if len(gaps) == 0 {
		return 1.2 * body
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/4] // the usual one is small: the larger ones stand between paragraphs
}

// headingLevels ranks the sizes above the body's: the largest is level 1.
func headingLevels(lines []pdftext.Line, body float64) map[float64]int {
	var sizes []float64
	for _, l := range lines {
		if l.Size >= 1.15*body && len(l.Text) <= 200 && !slices.Contains(sizes, l.Size) {
			sizes = append(sizes, l.Size)
		}
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	levels := map[float64]int{}
	for i, s := range sizes {
		levels[s] = min(i+1, 4)
	}
	return levels
}

// levelOf returns a line's level as a heading; 0: none. A bold line of the body's
// size is one if it stands apart and is no sentence.
func levelOf(l pdftext.Line, body float64, levels map[float64]int, apart bool) int {
	if len(l.Text) > 200 || !strings.ContainsFunc(l.Text, unicode.IsLetter) {
		return 0
	}
	if n := levels[l.Size]; n > 0 {
		return n
	}
	if l.Bold && l.Size >= body && apart && len(l.Text) <= 120 && !strings.ContainsRune(".。;；,，", lastRune(l.Text)) {
		return 5
	}
	return 0
}

// layout gathers paragraphs into sections.
type layout struct {
	sections []knowledge.Section
	path     []mark
	now      []string // paragraphs of the present section
	page     int      // on which it begins
	last     *mark    // heading just read, with nothing below it yet
}

type mark struct {
	level int
	size  float64
	text  string
}

// heading enters a heading, or adds to the one just read when this line goes on
// with it.
func (w *layout) heading(level int, l pdftext.Line, close bool) bool {
	if w.last != nil && close && w.last.level == level && w.last.size == l.Size && len(w.last.text) < 200 {
		w.last.text = joined(w.last.text, l.Text)
		w.path[len(w.path)-1] = *w.last
		return true
	}
	w.flush()
	for len(w.path) > 0 && w.path[len(w.path)-1].level >= level {
		w.path = w.path[:len(w.path)-1]
	}
	w.last = &mark{level, l.Size, l.Text}
	w.path = append(w.path, *w.last)
	return true
}

// words adds a line to the text.
func (w *layout) words(l pdftext.Line, apart bool) {
	w.last = nil
	text, item := bullet(l.Text)
	if len(w.now) > 0 && l.Page != w.page && (apart || item) {
		w.flush()
	}
	if len(w.now) == 0 {
		w.page = l.Page
	}
	if n := len(w.now); n > 0 && !apart && !item {
		w.now[n-1] = joined(w.now[n-1], l.Text)
		return
	}
	if item {
		text = "- " + text
	} else {
		text = plainLines(l.Text)
	}
	w.now = append(w.now, text)
}

func (w *layout) flush() {
	if len(w.now) == 0 {
		return
	}
	s := knowledge.Section{Page: w.page}
	for _, h := range w.path {
		s.Heading = append(s.Heading, h.text)
	}
	var b strings.Builder
	for i, p := range w.now {
		switch {
		case i == 0:
		case strings.HasPrefix(p, "- ") && strings.HasPrefix(w.now[i-1], "- "):
			b.WriteString("\n")
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(p)
	}
	s.Text = b.String()
	w.sections = append(w.sections, s)
	w.now = nil
}

// bullet reads the dot before a list's item.
func bullet(s string) (rest string, ok bool) {
	for _, mark := range []string{"•", "●", "▪", "■", "◦", "‣", "·", "–", "-", "*", "\uf0b7", "\uFFFD"} {
		if rest, ok := strings.CutPrefix(s, mark); ok && (strings.HasPrefix(rest, " ") || mark == "•" || mark == "●" || mark == "\uf0b7") {
			return strings.TrimSpace(rest), true
		}
	}
	return s, false
}

// joined puts two lines of one paragraph together: words with a space, Chinese
// without, a word that was divided in one.
func joined(a, b string) string {
	last := lastRune(a)
	next := []rune(b)[0]
	switch {
	case pdftext.Wide(last) && pdftext.Wide(next):
		return a + b
	case last == '-' && len([]rune(a)) > 2 && unicode.IsLetter([]rune(a)[len([]rune(a))-2]) && unicode.IsLower(next):
		return strings.TrimSuffix(a, "-") + b
	}
	return a + " " + b
}

// ended reports whether a line is likely the last of its paragraph.
func ended(s string) bool { return strings.ContainsRune(".。!！?？:：;；”\"", lastRune(s)) }
