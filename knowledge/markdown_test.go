package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSections(t *testing.T) {
	tests := map[string]struct {
		markdown string
		want     []Section
	}{
		"none": {"  \n\n", nil},
		"text before the first heading": {"Hello.\n\n# One\nA\n## Two ##\nB\n### Three\nC\n## Four\nD\n# Five\nE", []Section{
			{Text: "Hello."},
			{Heading: []string{"One"}, Text: "A"},
			{Heading: []string{"One", "Two"}, Text: "B"},
			{Heading: []string{"One", "Two", "Three"}, Text: "C"},
			{Heading: []string{"One", "Four"}, Text: "D"},
			{Heading: []string{"Five"}, Text: "E"},
		}},
		"a heading without text is a path only": {"# A\n\n## B\n\ntext", []Section{{Heading: []string{"A", "B"}, Text: "text"}}},
		"levels may be skipped":                 {"### Deep\nx\n# Top\ny", []Section{{Heading: []string{"Deep"}, Text: "x"}, {Heading: []string{"Top"}, Text: "y"}}},
		"underlined":                            {"Title\n=====\nx\n\nSub\n---\ny\n\n---\nz", []Section{{Heading: []string{"Title"}, Text: "x"}, {Heading: []string{"Title", "Sub"}, Text: "y\n\n---\nz"}}},
		"marks in headings":                     {"## How do **I** [pay](/pay)?\nx", []Section{{Heading: []string{"How do I pay?"}, Text: "x"}}},
		"fences":                                {"# A\n```sh\n# not a heading\n```\n# B\ny", []Section{{Heading: []string{"A"}, Text: "```sh\n# not a heading\n```"}, {Heading: []string{"B"}, Text: "y"}}},
		"an open fence runs to the end":         {"# A\n~~~\n# b", []Section{{Heading: []string{"A"}, Text: "~~~\n# b"}}},
		"Chinese without a space":               {"##退货\n七天内可退。", []Section{{Heading: []string{"退货"}, Text: "七天内可退。"}}},
		"a number sign is not a heading":        {"#1 in sales\n#hashtag", []Section{{Text: "#1 in sales\n#hashtag"}}},
		"table rules are no underline":          {"# A\n| a | b |\n|---|---|\n| 1 | 2 |", []Section{{Heading: []string{"A"}, Text: "| a | b |\n|---|---|\n| 1 | 2 |"}}},
		"windows line ends":                     {"# A\r\nx\r\ny\r\n", []Section{{Heading: []string{"A"}, Text: "x\ny"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Sections(tt.markdown)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Sections(%q) (-want +got):\n%s", tt.markdown, diff)
			}
			if diff := cmp.Diff(got, Sections(Markdown(got))); diff != "" && name != "underlined" {
				t.Errorf("joined and cut again (-want +got):\n%s\n%s", diff, Markdown(got))
			}
		})
	}
}

func TestPlainText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"**Bold** and *it* and __u__ and _v_.", "Bold and it and u and v."},
		{"Go to [your account](https://x.example/a_b(c)) now", "Go to your account now"},
		{"![the menu](menu.png)", "the menu"},
		{"see [terms][1]", "see terms"},
		{"[not a link] at all", "[not a link] at all"},
		{"<https://shop.example> or <a@b.example>", "https://shop.example or a@b.example"},
		{"a<br>b <b>c</b> 3 < 4", "a b c 3 < 4"},
		{"`code` and ``a`b``", "code and a`b"},
		{"5 * 3 = 15, snake_case, ~5", "5 * 3 = 15, snake_case, ~5"},
		{"- one\n- two\n\n\n3. three", "one\ntwo\n\n3. three"},
		{"| a | b |\n|---|:-:|\n| 1 | x \\| y |", "a | b\n1 | x | y"},
		{"> quoted\n> again", "quoted\nagain"},
		{"## Head", "Head"},
		{`\*not bold\* 1\. done`, "*not bold* 1. done"},
		{"fish &amp; chips &lt;3", "fish & chips <3"},
		{"```\n**as it is**\n```", "**as it is**"},
		{"**警告：**不要这样做。", "警告：不要这样做。"},
		{"---\nx", "x"},
		{"~~old~~ new", "old new"},
	}
	for _, tt := range tests {
		if got := PlainText(tt.in); got != tt.want {
			t.Errorf("PlainText(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
