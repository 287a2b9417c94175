package extract

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readDOCX reads a Word document: headings by style, lists, tables, links.
// Text that was deleted under tracked changes, headers and footers are left out.
func readDOCX(l Limits, name string, b []byte) (*content, error) {
	if err := officeFile(l, b); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		parts[strings.TrimPrefix(path.Clean("/"+f.Name), "/")] = f
	}
	main := parts["word/document.xml"]
	if main == nil {
		return nil, refuse(knowledge.CodeBroken, "the file is no Word document")
	}
	w := &docx{limit: l.Text}
	if err := readPart(parts["word/styles.xml"], l, w.styles); err != nil {
		return nil, err
	}
	if err := readPart(parts["word/numbering.xml"], l, w.numbering); err != nil {
		return nil, err
	}
	if err := readPart(parts["word/_rels/document.xml.rels"], l, w.relations); err != nil {
		return nil, err
	}
	if err := readPart(parts["docProps/core.xml"], l, w.properties); err != nil {
		return nil, err
	}
	if err := readPart(main, l, w.body); err != nil {
		return nil, err
	}
	return w.page(name)
}

// page makes the page of what was read.
func (w *docx) page(name string) (*content, error) {
	c := &content{}
	title := w.title
	if title == "" && lonelyTop(knowledge.Sections(w.out.String())) == "" {
		title = w.property // templates leave odd ones behind, so the text's own comes first
	}
	return c, c.page(knowledge.Document{Kind: knowledge.KindPage, Path: name, Title: title}, w.out.String())
}

// readPart hands one XML part to read; a part that is not there is no error.
func readPart(f *zip.File, l Limits, read func(*xml.Decoder) error) error {
	if f == nil {
		return nil
	}
	if f.UncompressedSize64 > uint64(20*l.Text) {
		return refuse(knowledge.CodeTooLarge, "the document has more than %d MB of text; split it", l.Text/1_000_000)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(io.LimitReader(r, 20*l.Text))
	d.Strict = true
	if err := read(d); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// docx is a document being read.
type docx struct {
	limit    int64
	style    map[string]style   // of paragraphs, by ID
	ordered  map[[2]string]bool // numbering IDs with the levels that count
	targets  map[string]string  // addresses of links, by relation
	property string             // title among the file's properties
	title    string             // first paragraph of the style Title

	out   strings.Builder
	cells [][]string // rows of the table being read
	depth int        // of tables within tables
}

func val(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// style is what the style of a paragraph says.
type style struct {
	based string // ID of the style that it changes
	level int    // of headings; 0: the title; -1: none
	list  string // numbering ID
}

// styles reads the styles of paragraphs: headings by their outline level or
// English or Chinese name, and lists.
func (w *docx) styles(d *xml.Decoder) error {
	w.style = map[string]style{}
	var id string
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "style" {
			id = ""
			if val(e, "type") == "paragraph" {
				id = val(e, "styleId")
				w.style[id] = style{level: -1}
			}
		}
		if id == "" {
			continue
		}
		s := w.style[id]
		switch e.Name.Local {
		case "name":
			if n := namedLevel(val(e, "val")); n >= 0 {
				s.level = n
			}
		case "basedOn":
			s.based = val(e, "val")
		case "outlineLvl":
			if n := val(e, "val"); len(n) == 1 && n >= "0" && n <= "8" && s.level < 0 {
				s.level = int(n[0]-'0') + 1
			}
		case "numId":
			s.list = val(e, "val")
		}
		w.style[id] = s
	}
}

// namedLevel reads the names of the styles that Word comes with; -1: no heading.
func namedLevel(name string) int {
	name = strings.ToLower(strings.ReplaceAll(name, " ", ""))
	if name == "title" || name == "标题" {
		return 0
	}
	for _, prefix := range []string{"heading", "标题"} {
		if n, ok := strings.CutPrefix(name, prefix); ok && len(n) == 1 && n >= "1" && n <= "9" {
			return int(n[0] - '0')
		}
	}
	return -1
}

// styled follows a style to those it is based on.
func (w *docx) styled(id string) (level int, list string) {
	level = -1
	for range 10 {
		s, ok := w.style[id]
		if !ok {
			if level < 0 { // written by a program that uses Word's styles without saying what they are
				level = namedLevel(id)
			}
			break
		}
		if level < 0 {
			level = s.level
		}
		if list == "" {
			list = s.list
		}
		id = s.based
	}
	return level, list
}

// numbering finds which lists count; the others have bullets.
func (w *docx) numbering(d *xml.Decoder) error {
	w.ordered = map[[2]string]bool{}
	counts := map[[2]string]bool{} // the same of abstract numberings
	var abstract, num, level string
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "abstractNum":
			abstract, num = val(e, "abstractNumId"), ""
		case "lvl":
			level = val(e, "ilvl")
		case "numFmt":
			if f := val(e, "val"); num == "" {
				counts[[2]string{abstract, level}] = f != "bullet" && f != "none"
			}
		case "num":
			num = val(e, "numId")
		case "abstractNumId":
			if num != "" {
				for _, level := range "012345678" {
					w.ordered[[2]string{num, string(level)}] = counts[[2]string{val(e, "val"), string(level)}]
				}
			}
		}
	}
}

func (w *docx) relations(d *xml.Decoder) error {
	w.targets = map[string]string{}
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "Relationship" && strings.HasSuffix(val(e, "Type"), "/hyperlink") {
			w.targets[val(e, "Id")] = val(e, "Target")
		}
	}
}

func (w *docx) properties(d *xml.Decoder) error {
	for {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "title" {
			var s string
			if err := d.DecodeElement(&s, &e); err != nil {
				return err
			}
			w.property = strings.TrimSpace(s)
			return nil
		}
	}
}
