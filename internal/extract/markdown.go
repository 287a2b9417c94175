package extract

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readMarkdown reads a Markdown page with its front matter.
func readMarkdown(name, text string) (*content, error) {
	c := &content{}
	front, body := splitFront(text)
	d := knowledge.Document{Kind: knowledge.KindPage, Path: name}
	m := c.front(front, &d)
	body = m.fill(body)
	markdown, err := CleanMarkdown(body)
	if err != nil {
		return nil, err
	}
	if more := m.rest(); more != "" {
		if more, err = CleanMarkdown(more); err != nil {
			return nil, err
		}
		markdown = strings.TrimSpace(markdown + "\n\n" + more)
	}
	if m.description != "" && !strings.Contains(markdown, m.description) {
		markdown = m.description + "\n\n" + markdown
	}
	return c, c.page(d, markdown)
}

// CleanMarkdown returns Markdown as readers of the finished page would see it:
// without the marks of site generators and with raw HTML turned into Markdown.
func CleanMarkdown(s string) (string, error) {
	s = flushHTML(untemplate(s))
	source := []byte(s)
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithRendererOptions(html.WithUnsafe()))
	doc := md.Parser().Parse(text.NewReader(source))
	if !rawHTML(doc, source) {
		return strings.TrimSpace(outsideCode(s, func(s string) string { return gaps.ReplaceAllString(s, "\n\n") })), nil
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, source, doc); err != nil {
		return "", refuse(knowledge.CodeBroken, "the Markdown cannot be read")
	}
	return fragment(b.String())
}

var blockTag = regexp.MustCompile(`^ {0,3}<(div|section|article|details|table|ul|ol|dl|figure|blockquote|center)\b`)

// flushHTML moves the lines of an HTML block to the left edge. To CommonMark a
// blank line ends such a block and what is indented after it is a listing; to the
// people who write these pages the block goes on to its closing tag.
func flushHTML(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	return outsideCode(s, func(s string) string {
		lines := strings.Split(s, "\n")
		tag, depth, blank := "", 0, false
		for i, line := range lines {
			if depth == 0 {
				m := blockTag.FindStringSubmatch(line)
				if m == nil {
					continue
				}
				tag = m[1]
			}
			depth += strings.Count(line, "<"+tag) - strings.Count(line, "</"+tag)
			text := strings.TrimLeft(line, " \t")
			if strings.HasPrefix(text, "<") || blank && len(line)-len(text) >= 4 {
				lines[i] = text
			}
			blank = text == ""
		}
		return strings.Join(lines, "\n")
	})
}

// rawHTML reports whether a page has HTML beside its Markdown; a line break or a
// comment need no conversion.
func rawHTML(doc ast.Node, source []byte) bool {
	found := false
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch h := n.(type) {
		case *ast.HTMLBlock:
			found = true
		case *ast.RawHTML:
			for i := range h.Segments.Len() {
				seg := h.Segments.At(i)
				if !bytes.HasPrefix(bytes.ToLower(seg.Value(source)), []byte("<br")) {
					found = true
				}
			}
		}
		if found {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}

var (
	comment   = regexp.MustCompile(`(?s)\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{#-?\s.*?#\}|<!--.*?-->`)
	statement = regexp.MustCompile(`(?s)\{%.*?%\}|\{\{[<%].*?[%>]\}\}`)
	value     = regexp.MustCompile(`\{\{[^{}\n]*\}\}`)
	attrList  = regexp.MustCompile(`\{:[^{}\n]*\}`)
	anchorID  = regexp.MustCompile(`(?m)^(#{1,6} .*?)\s*\{#[\w:-]+\}\s*$`)
	gaps      = regexp.MustCompile(`\n{3,}`)
	onlySpace = regexp.MustCompile(`(?m)^[ \t]+$`)
)

// untemplate takes out what Jekyll, Hugo and their kind read and readers never
// see: Liquid and shortcode tags, values, kramdown attribute lists, comments.
// Listings keep theirs, for there they are what the page is about.
func untemplate(s string) string {
	if !strings.ContainsAny(s, "{<") {
		return s
	}
	return outsideCode(strings.ReplaceAll(s, "\r\n", "\n"), func(s string) string {
		s = comment.ReplaceAllString(s, "")
		s = statement.ReplaceAllString(s, "")
		s = value.ReplaceAllString(s, "")
		s = anchorID.ReplaceAllString(s, "$1")
		s = attrList.ReplaceAllString(s, "")
		return onlySpace.ReplaceAllString(s, "")
	})
}

var code = regexp.MustCompile("(?s)(?:^|\n)(?:```.*?\n```|~~~.*?\n~~~)|`[^`\n]+`")

// outsideCode applies f to the stretches between fences and code spans.
func outsideCode(s string, f func(string) string) string {
	var b strings.Builder
	last := 0
	for _, at := range code.FindAllStringIndex(s, -1) {
		b.WriteString(f(s[last:at[0]]))
		b.WriteString(s[at[0]:at[1]])
		last = at[1]
	}
	b.WriteString(f(s[last:]))
	return b.String()
}
