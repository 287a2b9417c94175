package extract

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// page finishes a page: its sections, and its title if it has none yet. Sections
// that the reader set already stay.
func (c *content) page(d knowledge.Document, markdown string) error {
	if d.Sections == nil {
		d.Sections = knowledge.Sections(markdown)
	}
	for _, title := range []string{d.Title, lonelyTop(d.Sections), fileTitle(d.Path), d.Path} {
		if d.Title = strings.Join(strings.Fields(knowledge.PlainText(title)), " "); d.Title != "" {
			break
		}
	}
	for i := range d.Sections {
		if h := d.Sections[i].Heading; len(h) > 0 && same(h[0], d.Title) {
			d.Sections[i].Heading = h[1:]
		}
	}
	if len(d.Sections) == 0 && d.Title == fileTitle(d.Path) {
		return refuse(knowledge.CodeEmpty, "the file has no text")
	}
	c.docs = append(c.docs, d)
	return nil
}

// lonelyTop is the heading that every section stands under, as a page's title
// does; "" when there is none.
func lonelyTop(sections []knowledge.Section) string {
	top := ""
	for i, s := range sections {
		switch {
		case len(s.Heading) == 0 && i == 0 && len(sections) > 1: // a lead above the title
		case len(s.Heading) == 0:
			return ""
		case top == "":
			top = s.Heading[0]
		case s.Heading[0] != top:
			return ""
		}
	}
	return top
}

// same compares headings as readers do.
func same(a, b string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, s)
	}
	return letters(a) == letters(b)
}

// fileTitle makes a title of a file's name: "change-your_password.md" → "Change your password".
func fileTitle(name string) string {
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if strings.EqualFold(stem, "index") || strings.EqualFold(stem, "readme") {
		if dir := path.Base(path.Dir(name)); dir != "." && dir != "/" {
			stem = dir
		}
	}
	r := []rune(strings.Join(strings.FieldsFunc(stem, func(r rune) bool { return r == '-' || r == '_' || unicode.IsSpace(r) }), " "))
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// readText reads plain text. A short first line that stands alone and ends
// without a stop is taken for the title.
func readText(name, text string) (*content, error) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines { // what means something in Markdown means nothing here
		lines[i] = strings.TrimRight(l, " \t\f")
		if strings.HasPrefix(strings.TrimSpace(l), "#") {
			lines[i] = `\` + strings.TrimSpace(l)
		}
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	d := knowledge.Document{Kind: knowledge.KindPage, Path: name}
	if len(lines) > 2 && lines[1] == "" && len(lines[0]) <= 120 && !slices.Contains([]rune(".。!！:：;；,，"), lastRune(lines[0])) {
		d.Title, lines = lines[0], lines[2:]
	}
	body := strings.TrimSpace(strings.Join(lines, "\n"))
	if body == "" && d.Title == "" {
		return nil, refuse(knowledge.CodeEmpty, "the file has no text")
	}
	if body != "" {
		d.Sections = []knowledge.Section{{Text: body}}
	}
	c := &content{}
	return c, c.page(d, "")
}

func lastRune(s string) rune {
	r := []rune(s)
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1]
}
