package mail

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textOf is the text of a mail that is HTML alone. What is quoted in it is left
// out.
func textOf(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var b strings.Builder
	skip := 0 // depth inside what is not read
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(b.String())
		case html.StartTagToken:
			t := z.Token()
			switch {
			case skip == 0 && quotes(t):
				return tidy(b.String()) // all that follows is ours
			case skip > 0 && !void(t.DataAtom):
				skip++
			case hidden(t):
				skip = 1
			case breaks(t.DataAtom):
				b.WriteByte('\n')
			}
		case html.SelfClosingTagToken:
			if t := z.Token(); skip == 0 && breaks(t.DataAtom) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			t := z.Token()
			switch {
			case skip > 0 && !void(t.DataAtom):
				skip--
			case skip == 0 && breaks(t.DataAtom):
				b.WriteByte('\n')
			}
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(" "+string(z.Text())+" ", func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
			}
		}
	}
}

// hidden begins what is not read: what no reader sees, and what mail programs
// quote.
func hidden(t html.Token) bool {
	switch t.DataAtom {
	case atom.Head, atom.Style, atom.Script, atom.Title, atom.Blockquote:
		return true
	}
	for _, a := range t.Attr {
		if a.Key == "class" && strings.Contains(a.Val, "gmail_quote") {
			return true
		}
	}
	return false
}

// quotes begins what Outlook quotes: it stands beside it rather than in it.
func quotes(t html.Token) bool {
	return slices.ContainsFunc(t.Attr, func(a html.Attribute) bool {
		return a.Key == "id" && (a.Val == "appendonsend" || a.Val == "divRplyFwdMsg")
	})
}

func void(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Area, atom.Base, atom.Col, atom.Wbr:
		return true
	}
	return false
}

func breaks(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.P, atom.Div, atom.Li, atom.Tr, atom.H1, atom.H2, atom.H3, atom.Hr:
		return true
	}
	return false
}

// tidy joins blanks, and keeps at most one empty line between others.
func tidy(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
