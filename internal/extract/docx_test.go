package extract

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

const wordStyles = `<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="a1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="a2"><w:name w:val="标题 2"/></w:style>
<w:style w:type="paragraph" w:styleId="own"><w:name w:val="Chapter"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="top"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="mine"><w:name w:val="My chapter"/><w:basedOn w:val="own"/></w:style>
<w:style w:type="paragraph" w:styleId="dots"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="c"><w:name w:val="heading 1 Char"/></w:style></w:styles>`

const wordNumbering = `<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num></w:numbering>`

const wordLinks = `<Relationships><Relationship Id="r1" Type="http://x/hyperlink" Target="https://shop.example/map"/><Relationship Id="r2" Type="http://x/hyperlink" Target="javascript:alert(1)"/></Relationships>`

func wordPara(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return "<w:p>" + style + "<w:r><w:t>" + text + "</w:t></w:r></w:p>"
}

func wordItem(list, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + list + `"/></w:numPr></w:pPr><w:r><w:t>` + text + "</w:t></w:r></w:p>"
}

func makeDOCX(t testing.TB, body string, parts ...string) []byte {
	t.Helper()
	return archive(t, append([]string{"word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="w" xmlns:r="r" xmlns:mc="mc"><w:body>` + body + `</w:body></w:document>`}, parts...)...)
}

func TestReadDOCX(t *testing.T) {
	body := wordPara("top", "Shop handbook") +
		wordPara("", "Words before.") +
		wordPara("a1", "Returns") +
		`<w:p><w:pPr><w:pPrChange><w:pPr><w:pStyle w:val="a1"/></w:pPr></w:pPrChange></w:pPr><w:r><w:t xml:space="preserve">See </w:t></w:r><w:hyperlink r:id="r1"><w:r><w:t>the map</w:t></w:r></w:hyperlink><w:del><w:r><w:delText>gone</w:delText><w:t>gone too</w:t></w:r></w:del><w:r><w:t xml:space="preserve"> or </w:t></w:r><w:hyperlink r:id="r2"><w:r><w:t>this</w:t></w:r></w:hyperlink><w:r><w:br/><w:t># not a heading</w:t></w:r></w:p>` +
		wordItem("1", "0", "First") + wordItem("1", "1", "Inner") + wordItem("1", "0", "Second") + wordPara("dots", "Dot") +
		wordPara("a2", "费用") +
		`<w:tbl><w:tr><w:tc>` + wordPara("", "from") + `</w:tc><w:tc>` + wordPara("", "price") + `</w:tc></w:tr><w:tr><w:tc>` + wordPara("", "home") + wordPara("", "only") + `</w:tc><w:tc>` + wordPara("", "5 | 6") + `</w:tc></w:tr></w:tbl>` +
		wordPara("mine", "Abroad") +
		`<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>` + wordPara("", "Boxed") + `</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>` + wordPara("", "Boxed") + `</w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>Around</w:t></w:r></w:p>` +
		`<w:tbl><w:tr><w:tc>` + wordPara("", "Framed") + `</w:tc></w:tr></w:tbl>`
	c, err := readDOCX(Limits{}.filled(), "a.docx", makeDOCX(t, body, "word/styles.xml", wordStyles, "word/numbering.xml", wordNumbering, "word/_rels/document.xml.rels", wordLinks))
	if err != nil {
		t.Fatal(err)
	}
	want := []knowledge.Document{{Kind: knowledge.KindPage, Path: "a.docx", Title: "Shop handbook", Sections: []knowledge.Section{
		{Text: "Words before."},
		{Heading: []string{"Returns"}, Text: "See [the map](https://shop.example/map) or this\n\\# not a heading\n\n1. First\n   - Inner\n1. Second\n- Dot"},
		{Heading: []string{"Returns", "费用"}, Text: "| from | price |\n|---|---|\n| home only | 5 \\| 6 |"},
		{Heading: []string{"Returns", "费用", "Abroad"}, Text: "Boxed\n\nAround\n\nFramed"},
	}}}
	if diff := cmp.Diff(want, c.docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestReadDOCXTitles(t *testing.T) {
	core := `<cp:coreProperties xmlns:cp="cp" xmlns:dc="dc"><dc:title> From the properties </dc:title></cp:coreProperties>`
	for want, body := range map[string]string{
		"Only heading":        wordPara("Heading1", "Only heading") + wordPara("", "x"),
		"From the properties": wordPara("Heading1", "One") + wordPara("", "x") + wordPara("Heading1", "Two") + wordPara("", "y"),
	} {
		c, err := readDOCX(Limits{}.filled(), "a.docx", makeDOCX(t, body, "docProps/core.xml", core))
		if err != nil || c.docs[0].Title != want {
			t.Errorf("title %+v, %v; want %q", c, err, want)
		}
	}
}

func TestReadDOCXRefuses(t *testing.T) {
	tests := map[string]struct {
		in   []byte
		code knowledge.Code
	}{
		"no text":      {makeDOCX(t, wordPara("", " ")), knowledge.CodeEmpty},
		"broken XML":   {archive(t, "word/document.xml", "<w:document><w:body></w:document>"), knowledge.CodeBroken},
		"too much":     {makeDOCX(t, strings.Repeat(wordPara("", strings.Repeat("word ", 100)), 50)), knowledge.CodeTooLarge},
		"an older one": {[]byte("\xD0\xCF\x11\xE0 Word"), knowledge.CodeUnsupported},
		"a password":   {append([]byte("\xD0\xCF\x11\xE0"), utf16Name("EncryptedPackage")...), knowledge.CodeEncrypted},
		"boxed deeply": {makeDOCX(t, strings.Repeat("<w:p>", 200)+"x"+strings.Repeat("</w:p>", 200)), knowledge.CodeBroken},
	}
	for name, tt := range tests {
		c, err := read(Limits{Text: 20_000}.filled(), "a.docx", tt.in)
		if x := outcome("a.docx", "a.docx", c, err); x.Code != tt.code {
			t.Errorf("%s: %q (%v), want %q", name, x.Code, err, tt.code)
		}
	}
}

func FuzzDOCX(f *testing.F) {
	f.Add(wordPara("a1", "H")+wordItem("1", "0", "x"), wordStyles)
	f.Add("<w:tbl><w:tr><w:tc/><w:tc>"+wordPara("", "x")+"</w:tc></w:tr><w:tbl>", "<w:styles/>")
	f.Add("<w:tr><w:tc><w:p><w:p><w:t>x</w:t></w:del></w:p>", "<")
	f.Fuzz(func(t *testing.T, body, styles string) {
		// The parts without their archive: packing would be most of the work.
		w := &docx{limit: 1 << 20}
		for _, part := range []struct {
			text string
			read func(*xml.Decoder) error
		}{{styles, w.styles}, {wordNumbering, w.numbering}, {wordLinks, w.relations}, {`<w:body xmlns:w="w">` + body + `</w:body>`, w.body}} {
			if err := part.read(xml.NewDecoder(strings.NewReader(part.text))); err != nil && !errors.Is(err, io.EOF) {
				return
			}
		}
		c, err := w.page("a.docx")
		check(t, c, err)
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add("---\ntitle: A\nsteps: [a, b]\n---\n{% include x.html items=page.steps %}\n\n# T\n<div>\n\n    <p>x</p></div>")
	f.Add("---\na: &a [*a]\n---\n```\n{{ x }}\n```\n| a |\n|--|\n")
	f.Add("---\nx:\n  - title: q\n    content: >-\n      a\n---\n{: .b}\n<script>")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readMarkdown("a.md", text)
		check(t, c, err)
	})
}

// check fails when a reader gave what no reader may give.
func check(t *testing.T, c *content, err error) {
	t.Helper()
	if err != nil {
		return
	}
	if len(c.docs) != 1 || c.docs[0].Title == "" {
		t.Errorf("documents: %+v", c.docs)
	}
	for _, d := range c.docs {
		for _, s := range d.Sections {
			if strings.TrimSpace(s.Text) == "" {
				t.Errorf("an empty section under %q", s.Heading)
			}
		}
		for _, ch := range (knowledge.Cutter{}).Cut(d) {
			if ch.Indexed == "" {
				t.Errorf("an empty chunk: %+v", ch)
			}
		}
	}
}
