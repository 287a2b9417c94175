package knowledge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bodies(chunks []Chunk) []Chunk {
	var out []Chunk
	for _, c := range chunks {
		if c.Field == FieldBody || c.Field == FieldAnswer {
			out = append(out, c)
		}
	}
	return out
}

func prose(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Sentence number %d says a few plain words about parcels. ", i)
	}
	return strings.TrimSpace(b.String())
}

func TestCutPage(t *testing.T) {
	d := Document{Kind: KindPage, Title: "Parcels", Sections: []Section{
		{Text: "Short lead."},
		{Heading: []string{"Sending", "Abroad"}, Text: prose(60), Page: 3},
	}}
	chunks := Cutter{}.Cut(d)
	if got := chunks[0]; got.Field != FieldTitle || got.Indexed != "Parcels" || got.Tokens == 0 || got.Hash == "" {
		t.Errorf("first chunk = %+v, want the title", got)
	}
	if got, want := chunks[1].Indexed, "Parcels\nShort lead."; got != want {
		t.Errorf("indexed = %q, want %q", got, want)
	}
	long := bodies(chunks)[1:]
	if len(long) < 3 {
		t.Fatalf("%d chunks of 60 sentences, want several", len(long))
	}
	for i, c := range long {
		if c.Tokens > 240 {
			t.Errorf("chunk %d has %d tokens, want about 220 at most", i, c.Tokens)
		}
		if !strings.HasPrefix(c.Indexed, "Parcels\nSending\nAbroad\nSentence") {
			t.Errorf("chunk %d is indexed as %.60q, want title and headings first", i, c.Indexed)
		}
		if c.Page != 3 || !cmp.Equal(c.Heading, []string{"Sending", "Abroad"}) {
			t.Errorf("chunk %d: page %d, heading %v", i, c.Page, c.Heading)
		}
		if i > 0 {
			first, _, _ := strings.Cut(c.Text, ". ")
			if !strings.HasSuffix(long[i-1].Text, first+".") {
				t.Errorf("chunk %d begins with %q, want the last sentence of the one before", i, first)
			}
		}
	}
	for i := range 60 {
		want := fmt.Sprintf("Sentence number %d says", i)
		found := false
		for _, c := range long {
			found = found || strings.Contains(c.Text, want)
		}
		if !found {
			t.Errorf("%q is in no chunk", want)
		}
	}
	for i, c := range chunks {
		if c.Ordinal != i {
			t.Errorf("chunk %d has ordinal %d", i, c.Ordinal)
		}
	}
}

func TestCutTables(t *testing.T) {
	table := func(rows int) string {
		var b strings.Builder
		b.WriteString("| country | price |\n|---|---|\n")
		for i := range rows {
			fmt.Fprintf(&b, "| country number %d | %d euros |\n", i, i)
		}
		return b.String()
	}
	whole := bodies(Cutter{}.Cut(Document{Kind: KindPage, Title: "Prices", Sections: []Section{{Text: "What it costs:\n\n" + table(25)}}}))
	if len(whole) != 1 || !strings.HasPrefix(whole[0].Text, "What it costs:") {
		t.Errorf("a table of %d tokens became %d chunks, want one with its lead", whole[0].Tokens, len(whole))
	}
	parts := bodies(Cutter{}.Cut(Document{Kind: KindPage, Title: "Prices", Sections: []Section{{Text: table(300)}}}))
	if len(parts) < 5 {
		t.Fatalf("%d parts of 300 rows", len(parts))
	}
	rows := 0
	for i, c := range parts {
		if !strings.HasPrefix(c.Text, "| country | price |\n|---|---|\n| country number") {
			t.Errorf("part %d begins %.40q, want the header repeated", i, c.Text)
		}
		if c.Tokens > 480 {
			t.Errorf("part %d has %d tokens", i, c.Tokens)
		}
		rows += strings.Count(c.Text, "| country number")
	}
	if rows != 300 {
		t.Errorf("%d rows in the parts, want 300", rows)
	}
}

func TestCutBounds(t *testing.T) {
	tests := map[string]string{
		"no sentence ends": strings.Repeat("word ", 3000),
		"no spaces":        strings.Repeat("字", 6000),
		"Chinese prose":    strings.Repeat("收到商品后七天之内可以申请退货，运费由我们承担。", 200),
		"a long item":      "- " + strings.Repeat("step one\n  ", 900),
		"a listing":        "```\n" + strings.Repeat("x = y + z\n", 800) + "```",
		"a fat table row":  "| a | b |\n|---|---|\n| " + strings.Repeat("cell ", 2000) + " | 1 |\n| x | y |",
		"only marks":       strings.Repeat("*_[", 4000),
	}
	for name, text := range tests {
		chunks := bodies(Cutter{}.Cut(Document{Kind: KindPage, Title: strings.Repeat("A very long title ", 60), Sections: []Section{{Heading: []string{"H"}, Text: text}}}))
		if len(chunks) < 2 {
			t.Errorf("%s: %d chunks", name, len(chunks))
		}
		for i, c := range chunks {
			if c.Tokens > 500 {
				t.Errorf("%s: chunk %d has %d tokens", name, i, c.Tokens)
			}
		}
	}
}

func TestCutEntry(t *testing.T) {
	got := Cutter{}.Cut(Document{
		Kind: KindEntry, Title: "Can I return it?", Question: "Can I return it?", Answer: "**Yes**, within 30 days.",
		Paraphrases: []string{"Do you take things back?", "Can I return it", "Do you take things back?"}, Negatives: []string{"Can I exchange it?"},
	})
	type row struct {
		Field         Field
		Text, Indexed string
	}
	var rows []row
	for _, c := range got {
		rows = append(rows, row{c.Field, c.Text, c.Indexed})
	}
	want := []row{
		{FieldQuestion, "Can I return it?", "Can I return it?"},
		{FieldParaphrase, "Do you take things back?", "Do you take things back?"},
		{FieldParaphrase, "Can I return it", "Can I return it"},
		{FieldNegative, "Can I exchange it?", "Can I exchange it?"},
		{FieldAnswer, "**Yes**, within 30 days.", "Can I return it?\nYes, within 30 days."},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("chunks (-want +got):\n%s", diff)
	}
	if got[0].Hash == (Cutter{}.Cut(Document{Title: "Can I return it?", Sections: nil})[0].Hash) {
		t.Error("a question and a title of the same words share a hash, yet are embedded differently")
	}
}

func TestCutLeavesNavigationOut(t *testing.T) {
	nav := Section{Heading: []string{"Related articles"}, Text: "* [How do I pay?](/pay)\n* [Where is my parcel?](/parcel)."}
	with := bodies(Cutter{}.Cut(Document{Kind: KindPage, Title: "T", Sections: []Section{{Text: "Words."}, nav}}))
	if len(with) != 1 || with[0].Text != "Words." {
		t.Errorf("chunks = %+v, want the words alone", with)
	}
	alone := bodies(Cutter{}.Cut(Document{Kind: KindPage, Title: "T", Sections: []Section{nav}}))
	if len(alone) != 1 {
		t.Errorf("a page of nothing but links has %d chunks, want 1", len(alone))
	}
}
