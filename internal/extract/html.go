package extract

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// readHTML reads a page of a site: the words of its main part, without
// navigation, scripts and forms.
func readHTML(name, text string) (*content, error) {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, refuse(knowledge.CodeBroken, "the HTML cannot be read")
	}
	d := knowledge.Document{Kind: knowledge.KindPage, Path: name}
	about(root, &d)
	top := first(root, atom.Main)
	if top == nil {
		if articles := all(root, atom.Article); len(articles) == 1 {
			top = articles[0]
		}
	}
	if top == nil {
		top = root
	}
	markdown, err := toMarkdown(top)
	if err != nil {
		return nil, err
	}
	c := &content{}
	return c, c.page(d, markdown)
}

// about fills in what a page's head says of it.
func about(root *html.Node, d *knowledge.Document) {
	if n := first(root, atom.Html); n != nil {
		d.Language = attr(n, "lang")
	}
	if n := first(root, atom.Title); n != nil {
		d.Title = siteless(words(n))
	}
	for _, n := range all(root, atom.Link) {
		if href := attr(n, "href"); strings.EqualFold(attr(n, "rel"), "canonical") && knowledge.Address(href) {
			d.URL = href
		}
	}
}

// siteless cuts the site's name off a page's title: "Returns | Shop" → "Returns".
func siteless(title string) string {
	for _, sep := range []string{" | ", " – ", " — ", " · ", "｜", "|"} {
		if i := strings.LastIndex(title, sep); i > 0 {
			return strings.TrimSpace(title[:i])
		}
	}
	return title
}

// boilerplate are the elements that hold no words of the page itself.
func boilerplate(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Embed, atom.Svg, atom.Canvas,
		atom.Nav, atom.Footer, atom.Aside, atom.Input, atom.Select, atom.Textarea, atom.Datalist, atom.Dialog, atom.Audio, atom.Video, atom.Head:
		return true
	}
	return false
}

// prune takes out what is not for readers and brings the rest to what Markdown
// can say. It recurses no deeper than the parser lets elements nest.
func prune(n *html.Node, inHeading, inArticle bool) {
	var next *html.Node
	for c := n.FirstChild; c != nil; c = next {
		next = c.NextSibling
		if c.Type == html.CommentNode {
			n.RemoveChild(c)
			continue
		}
		if c.Type != html.ElementNode {
			continue
		}
		role := attr(c, "role")
		switch {
		case boilerplate(c.DataAtom), has(c, "hidden"), attr(c, "aria-hidden") == "true", strings.Contains(strings.ReplaceAll(attr(c, "style"), " ", ""), "display:none"),
			slices.Contains([]string{"navigation", "banner", "contentinfo", "search", "dialog"}, role),
			c.DataAtom == atom.Header && !inArticle,
			c.DataAtom == atom.Button && !inHeading:
			n.RemoveChild(c)
			continue
		}
		switch c.DataAtom {
		case atom.Img: // a passage is read in a chat: the description says what can be said
			if alt := strings.TrimSpace(attr(c, "alt")); alt != "" {
				n.InsertBefore(&html.Node{Type: html.TextNode, Data: alt}, c)
			}
			n.RemoveChild(c)
			continue
		case atom.Button:
			rename(c, atom.Span)
		case atom.Summary: // the visible line of a fold is a heading, below any that stands around it
			rename(c, atom.H5)
		case atom.Dt:
			rename(c, atom.P)
			strong := &html.Node{Type: html.ElementNode, Data: "strong", DataAtom: atom.Strong}
			for k := c.FirstChild; k != nil; k = c.FirstChild {
				c.RemoveChild(k)
				strong.AppendChild(k)
			}
			c.AppendChild(strong)
		case atom.A:
			if !safeLink(attr(c, "href")) {
				rename(c, atom.Span)
			}
		}
		heading := c.DataAtom == atom.H1 || c.DataAtom == atom.H2 || c.DataAtom == atom.H3 || c.DataAtom == atom.H4 || c.DataAtom == atom.H5 || c.DataAtom == atom.H6
		prune(c, inHeading || heading, inArticle || c.DataAtom == atom.Article || c.DataAtom == atom.Main)
	}
}

func rename(n *html.Node, a atom.Atom) { n.DataAtom, n.Data, n.Attr = a, a.String(), nil }

// safeLink reports whether an address may stay a link: of the web, of mail or
// telephone, or relative.
func safeLink(href string) bool {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil || href == "" || strings.HasPrefix(href, "#") {
		return false
	}
	return slices.Contains([]string{"", "http", "https", "mailto", "tel"}, strings.ToLower(u.Scheme))
}

// toMarkdown writes the words below a node as Markdown; the node is changed.
func toMarkdown(n *html.Node) (string, error) {
	prune(n, false, n.DataAtom == atom.Main || n.DataAtom == atom.Article)
	c := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithListEndComment(false)),
		strikethrough.NewStrikethroughPlugin(),
		table.NewTablePlugin(
			table.WithNewlineBehavior(table.NewlineBehaviorPreserve),
			table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal),
			table.WithSpanCellBehavior(table.SpanBehaviorMirror),
			table.WithHeaderPromotion(true),
			table.WithSkipEmptyRows(true)),
	))
	b, err := c.ConvertNode(n)
	if err != nil {
		return "", refuse(knowledge.CodeBroken, "the HTML cannot be read")
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(b, []byte("\u00a0"), []byte(" ")))), nil
}

// fragment converts HTML that stands within another text.
func fragment(text string) (string, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(text), body)
	if err != nil {
		return "", refuse(knowledge.CodeBroken, "the HTML cannot be read")
	}
	article := &html.Node{Type: html.ElementNode, Data: "article", DataAtom: atom.Article}
	for _, n := range nodes {
		article.AppendChild(n)
	}
	return toMarkdown(article)
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func all(root *html.Node, a atom.Atom) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == a {
			out = append(out, n)
		}
	}
	return out
}

func first(root *html.Node, a atom.Atom) *html.Node {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == a {
			return n
		}
	}
	return nil
}

// words is the text below a node, spaces joined.
func words(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
