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
	levels   map[string]int     // heading level of styles, by ID; 0 is the title style
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

// styles finds the styles of headings, by their outline level or English or
// Chinese name.
func (w *docx) styles(d *xml.Decoder) error {
	w.levels = map[string]int{}
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
		switch e.Name.Local {
		case "style":
			id = ""
			if val(e, "type") == "paragraph" {
				id = val(e, "styleId")
			}
		case "name":
			if id == "" {
				continue
			}
			name := strings.ToLower(strings.ReplaceAll(val(e, "val"), " ", ""))
			if name == "title" || name == "标题" {
				w.levels[id] = 0
			}
			for _, prefix := range []string{"heading", "标题"} {
				if n, ok := strings.CutPrefix(name, prefix); ok && len(n) == 1 && n >= "1" && n <= "9" {
					w.levels[id] = int(n[0] - '0')
				}
			}
		case "outlineLvl":
			if n := val(e, "val"); id != "" && len(n) == 1 && n <= "8" && n >= "0" {
				if _, known := w.levels[id]; !known {
					w.levels[id] = int(n[0]-'0') + 1
				}
			}
		}
	}
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
