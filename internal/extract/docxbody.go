package extract

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// paragraph is a paragraph of a Word document being read.
type paragraph struct {
	text    strings.Builder
	level   int    // of the heading; -1: none; 0: the document's title
	list    string // numbering ID; "" or "0": no list item
	indent  int    // level of the list item, from 0
	link    string // address of the link being read
	linked  int    // where its words began
	deleted int    // depth of what is left out: deleted text, field codes
}

// body writes the document as Markdown.
func (w *docx) body(d *xml.Decoder) error {
	var p *paragraph
	var stack []*paragraph // paragraphs around a text box
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if int64(w.out.Len()) > w.limit {
			return refuse(knowledge.CodeTooLarge, "the document has more than %d MB of text; split it", w.limit/1_000_000)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "tbl":
				w.depth++
			case "tr":
				if w.depth == 1 {
					w.cells = append(w.cells, nil)
				}
			case "tc":
				if n := len(w.cells); w.depth == 1 && n > 0 {
					w.cells[n-1] = append(w.cells[n-1], "")
				}
			case "p":
				if p != nil {
					stack = append(stack, p)
				}
				if len(stack) > 100 {
					return refuse(knowledge.CodeBroken, "the document nests text boxes too deeply")
				}
				p = &paragraph{level: -1}
			case "Fallback", "pPrChange", "rPrChange": // the same text again for older programs; how it looked before
				if err := d.Skip(); err != nil {
					return err
				}
			default:
				if p != nil {
					if err := w.inside(d, p, e); err != nil {
						return err
					}
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "p":
				if p != nil {
					w.end(p)
				}
				p = nil
				if n := len(stack); n > 0 {
					p, stack = stack[n-1], stack[:n-1]
				}
			case "hyperlink":
				if p != nil && p.link != "" {
					p.closeLink()
				}
			case "del", "moveFrom":
				if p != nil && p.deleted > 0 {
					p.deleted--
				}
			case "tbl":
				if w.depth--; w.depth == 0 {
					w.table()
				}
			}
		}
	}
}

// inside reads an element within a paragraph.
func (w *docx) inside(d *xml.Decoder, p *paragraph, e xml.StartElement) error {
	switch e.Name.Local {
	case "t":
		var s string
		if err := d.DecodeElement(&s, &e); err != nil {
			return err
		}
		if p.deleted == 0 {
			p.text.WriteString(s)
		}
	case "tab":
		p.text.WriteByte(' ')
	case "br", "cr":
		p.text.WriteByte('\n')
	case "noBreakHyphen":
		p.text.WriteByte('-')
	case "del", "moveFrom":
		p.deleted++
	case "pStyle":
		p.level, p.list = w.styled(val(e, "val"))
	case "outlineLvl":
		if n := val(e, "val"); len(n) == 1 && n >= "0" && n <= "8" && p.level < 0 {
			p.level = int(n[0]-'0') + 1
		}
	case "numId":
		p.list = val(e, "val")
	case "ilvl":
		if n := val(e, "val"); len(n) == 1 && n >= "0" && n <= "8" {
			p.indent = int(n[0] - '0')
		}
	case "hyperlink":
		if target := w.targets[val(e, "id")]; p.link == "" && safeLink(target) && strings.Contains(target, ":") {
			p.link, p.linked = target, p.text.Len()
		}
	}
	return nil
}

// closeLink puts the marks of a link around the words read since it began.
func (p *paragraph) closeLink() {
	all := p.text.String()
	words := strings.TrimSpace(all[p.linked:])
	if words != "" && words != p.link && !strings.ContainsAny(words, "[]\n") && !strings.ContainsAny(p.link, "() ") {
		p.text.Reset()
		p.text.WriteString(all[:p.linked] + "[" + words + "](" + p.link + ")")
	}
	p.link = ""
}

// end writes a finished paragraph.
func (w *docx) end(p *paragraph) {
	text := strings.TrimSpace(p.text.String())
	switch {
	case text == "":
	case w.depth > 0: // a cell: its paragraphs become one line
		if n := len(w.cells); n > 0 && len(w.cells[n-1]) > 0 {
			cell := &w.cells[n-1][len(w.cells[n-1])-1]
			*cell = strings.TrimSpace(*cell + " " + strings.Join(strings.Fields(text), " "))
		}
	case p.level == 0 && w.title == "":
		w.title = strings.Join(strings.Fields(text), " ")
	case p.level >= 0:
		w.out.WriteString(strings.Repeat("#", min(max(p.level, 1), 6)) + " " + strings.Join(strings.Fields(text), " ") + "\n\n")
	case p.list != "" && p.list != "0":
		mark := "- "
		if w.ordered[[2]string{p.list, strconv.Itoa(p.indent)}] {
			mark = "1. " // renderers count, and so do readers
		}
		w.out.WriteString(strings.Repeat("   ", p.indent) + mark + strings.ReplaceAll(text, "\n", " ") + "\n")
	default:
		if s := w.out.String(); strings.HasSuffix(s, "\n") && !strings.HasSuffix(s, "\n\n") {
			w.out.WriteByte('\n') // after a list
		}
		w.out.WriteString(plainLines(text) + "\n\n")
	}
}

// plainLines keeps words from being read as Markdown marks at the start of a line.
func plainLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "#") || strings.HasPrefix(l, ">") || strings.HasPrefix(l, "```") || strings.HasPrefix(l, "~~~") {
			l = `\` + l
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// table writes the rows read so far as a Markdown table, the first as its header.
func (w *docx) table() {
	width := 0
	for _, r := range w.cells {
		width = max(width, len(r))
	}
	rows := w.cells
	w.cells = nil
	if s := w.out.String(); width > 0 && strings.HasSuffix(s, "\n") && !strings.HasSuffix(s, "\n\n") {
		w.out.WriteByte('\n')
	}
	if width == 1 { // a frame around text
		for _, r := range rows {
			if len(r) > 0 && r[0] != "" {
				w.out.WriteString(plainLines(r[0]) + "\n\n")
			}
		}
		return
	}
	if width > 200 {
		width = 200
	}
	for i, r := range rows {
		w.out.WriteString("|")
		for k := range width {
			cell := ""
			if k < len(r) {
				cell = strings.ReplaceAll(r[k], "|", `\|`)
			}
			w.out.WriteString(" " + cell + " |")
		}
		w.out.WriteString("\n")
		if i == 0 {
			w.out.WriteString("|" + strings.Repeat("---|", width) + "\n")
		}
	}
	w.out.WriteString("\n")
}
