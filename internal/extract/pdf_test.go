package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// set is a line of text on a page of a made PDF.
type set struct {
	font string // F1: regular, F2: bold
	size int
	x, y int
	text string
}

// makePDF writes a PDF of these pages, every letter half its size wide.
func makePDF(title string, pages ...[]set) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(offsets)}, args...)...)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 6+2*i)
	}
	object("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), kids.String())
	widths := strings.TrimSpace(strings.Repeat("500 ", 224))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Plain /FirstChar 32 /LastChar 255 /Widths [%s] /Encoding /WinAnsiEncoding >>", widths)
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Plain-Bold /FirstChar 32 /LastChar 255 /Widths [%s] /Encoding /WinAnsiEncoding >>", widths)
	object("<< /Title (%s) >>", title)
	for i, lines := range pages {
		object("<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents %d 0 R >>", 7+2*i)
		var s strings.Builder
		for _, l := range lines {
			text := strings.NewReplacer("•", "\x95", "(", `\(`, ")", `\)`).Replace(l.text)
			fmt.Fprintf(&s, "BT /%s %d Tf 1 0 0 1 %d %d Tm (%s) Tj ET\n", l.font, l.size, l.x, l.y, text)
		}
		object("<< /Length %d >>\nstream\n%sendstream", s.Len(), s.String())
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

// column sets lines one below the other from y down, 12 apart.
func column(y int, lines ...string) []set {
	var out []set
	for i, l := range lines {
		out = append(out, set{"F1", 10, 50, y - 12*i, l})
	}
	return out
}

func TestReadPDF(t *testing.T) {
	running := func(n int) []set {
		return []set{{"F1", 8, 50, 800, "The Shop - Handbook"}, {"F1", 8, 300, 20, fmt.Sprint("Page ", n)}}
	}
	one := append(running(1)[:1:1], set{"F1", 24, 50, 760, "Sending parcels"})
	one = append(one, column(720, "We send parcels every day, even on holi-", "days, from our house in town.")...)
	one = append(one, column(680, "A second paragraph stands a little apart.")...)
	one = append(one, set{"F2", 10, 50, 640, "What it costs"})
	one = append(one, column(620, "• Five euros within the country", "• Ten euros abroad", "A parcel that comes back is")...)
	one = append(one, running(1)[1])
	two := append(running(2)[:1:1], column(760, "free of charge for you.")...)
	two = append(two, set{"F1", 16, 50, 720, "Returns"})
	two = append(two, column(700, "Within 30 days.")...)
	two = append(two, running(2)[1])
	three := append(running(3)[:1:1], column(760, "And the label is in the box (see below).")...)
	three = append(three, running(3)[1])

	for name, title := range map[string]string{"a title of its own": "Parcels and returns", "a title some program made": "Microsoft Word - draft7.doc"} {
		c, err := readPDF(Limits{}.filled(), "help/handbook.pdf", makePDF(title, one, two, three))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := "Parcels and returns"
		if strings.HasPrefix(title, "Microsoft") {
			want = "Sending parcels"
		}
		d := c.docs[0]
		if d.Title != want {
			t.Errorf("%s: title %q, want %q", name, d.Title, want)
		}
		if want != "Sending parcels" {
			continue
		}
		if diff := cmp.Diff([]knowledge.Section{
			{Heading: []string{}, Page: 1, Text: "We send parcels every day, even on holidays, from our house in town.\n\nA second paragraph stands a little apart."},
			{Heading: []string{"What it costs"}, Page: 1, Text: "- Five euros within the country\n- Ten euros abroad A parcel that comes back is free of charge for you."},
			{Heading: []string{"Returns"}, Page: 2, Text: "Within 30 days."},
			{Heading: []string{"Returns"}, Page: 3, Text: "And the label is in the box (see below)."},
		}, d.Sections); diff != "" {
			t.Errorf("sections (-want +got):\n%s", diff)
		}
	}
}

func TestReadPDFRefuses(t *testing.T) {
	whole := makePDF("T", column(700, "Words."))
	locked := bytes.Replace(whole, []byte("/Info 5 0 R"), []byte("/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O (0123456789012345678901234567890a) /U (0123456789012345678901234567890b) >> /ID [(x) (x)]"), 1)
	tests := map[string]struct {
		in   []byte
		code knowledge.Code
	}{
		"cut off":          {whole[:len(whole)-200], knowledge.CodeBroken},
		"no text":          {makePDF("T", nil), knowledge.CodeEmpty},
		"password":         {locked, knowledge.CodeEncrypted},
		"letters lost":     {makePDF("T", column(700, strings.Repeat("\x01\x02\x03", 20))), knowledge.CodeEmpty},
		"too many pages":   {makePDF("T", make([][]set, 12)...), knowledge.CodeTooMany},
		"pages in a loop":  {bytes.Replace(whole, []byte("/Kids [6 0 R ]"), []byte("/Kids [2 0 R ]"), 1), knowledge.CodeTooMany},
		"a damaged stream": {bytes.Replace(whole, []byte("BT /F1"), []byte("begin "), 1), knowledge.CodeBroken},
	}
	for name, tt := range tests {
		c, err := read(Limits{Pages: 10}.filled(), "a.pdf", tt.in)
		if x := outcome("a.pdf", "a.pdf", c, err); x.Code != tt.code {
			t.Errorf("%s: %q (%v), want %q", name, x.Code, err, tt.code)
		}
	}
	for name, b := range map[string][]byte{
		"junk around":  append(append([]byte("HTTP/1.1 200 OK\r\n\r\n"), whole...), "\r\n<!-- end -->"...),
		"version 2":    bytes.Replace(whole, []byte("%PDF-1.4"), []byte("%PDF-2.0"), 1),
		"as it should": whole,
	} {
		c, err := readPDF(Limits{}.filled(), "a.pdf", b)
		if err != nil || len(c.docs) != 1 || c.docs[0].Sections[0].Text != "Words." {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestJoined(t *testing.T) {
	tests := []struct{ a, b, want string }{
		{"one", "two", "one two"}, {"退货", "政策", "退货政策"}, {"devel-", "oper", "developer"}, {"2020 -", "2021", "2020 - 2021"}, {"e-", "Mail", "e- Mail"},
	}
	for _, tt := range tests {
		if got := joined(tt.a, tt.b); got != tt.want {
			t.Errorf("joined(%q, %q) = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte("BT /F1 10 Tf 50 700 Td (Hello) Tj [(a) -300 <62>] TJ T* (x) ' ET q 1 0 0 1 0 0 cm /X Do Q"))
	f.Add([]byte("/F2 0 Tf 0 0 0 0 0 0 Tm [] TJ 1 (a) \" 2 Tz -1 TL"))
	f.Fuzz(func(t *testing.T, contents []byte) {
		b := makePDF("T", column(700, "Words."))
		at := bytes.Index(b, []byte("BT /F1"))
		end := bytes.Index(b, []byte("endstream"))
		c, err := read(Limits{}.filled(), "a.pdf", append(append(bytes.Clone(b[:at]), contents...), b[end:]...))
		check(t, c, err)
	})
}
