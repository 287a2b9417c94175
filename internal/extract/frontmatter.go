package extract

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// splitFront cuts the block between two lines of "---" off the top of a file.
func splitFront(text string) (front, body string) {
	text = strings.TrimLeft(strings.ReplaceAll(text, "\r\n", "\n"), "\n\ufeff")
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text
	}
	if body, ok := strings.CutPrefix(rest, "---\n"); ok {
		return "", body
	}
	for _, end := range []string{"\n---\n", "\n...\n"} {
		if i := strings.Index(rest, end); i >= 0 {
			return rest[:i+1], rest[i+len(end):]
		}
	}
	if front, ok := strings.CutSuffix(rest, "\n---"); ok {
		return front + "\n", ""
	}
	return "", text
}

// matter is a page's front matter: what it says about the page is in the document,
// the rest may be words of the page that its layout would set.
type matter struct {
	description string
	keys        []string // in order
	values      map[string]*yaml.Node
	used        map[string]bool
}

// front reads front matter into d.
func (c *content) front(front string, d *knowledge.Document) *matter {
	m := &matter{values: map[string]*yaml.Node{}, used: map[string]bool{}}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(front), &root); err != nil {
		c.problems = append(c.problems, knowledge.Problem{
			Line: 1, Code: knowledge.CodeBadValue,
			Message: "the front matter is not valid YAML and was left out; the page was read without it",
		})
		return m
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return m
	}
	pairs := root.Content[0].Content
	for i := 0; i+1 < len(pairs); i += 2 {
		key, v := pairs[i].Value, pairs[i+1]
		m.keys = append(m.keys, key)
		m.values[key] = v
		m.used[key] = c.about(key, v, d, m)
	}
	return m
}

// about sets the field of d that a key names; false when it names none.
func (c *content) about(key string, v *yaml.Node, d *knowledge.Document, m *matter) bool {
	text := strings.TrimSpace(v.Value)
	line := v.Line + 1 // the "---" above
	bad := func(format string, args ...any) {
		c.problems = append(c.problems, knowledge.Problem{Line: line, Field: key, Code: knowledge.CodeBadValue, Message: fmt.Sprintf(format, args...)})
	}
	switch fieldOf(key) {
	case fieldTitle:
		if d.Title == "" {
			d.Title = untemplate(text)
		}
	case fieldURL:
		switch {
		case text == "" || d.URL != "":
		case knowledge.Address(text):
			d.URL = text
		default:
			bad("%q is no address: it has to begin with https:// or /", text)
		}
	case fieldLanguage:
		if d.Language = knowledge.Language(text); d.Language == "" {
			bad("%q is neither en nor zh; the language was found out from the text", text)
		}
	case fieldAudience:
		d.Audience = text
	case fieldTags:
		if v.Kind == yaml.SequenceNode {
			for _, n := range v.Content {
				d.Tags = append(d.Tags, n.Value)
			}
		} else {
			d.Tags = append(d.Tags, splitList(text, tagMarks)...)
		}
	case fieldFrom, fieldUntil:
		if text == "" {
			break
		}
		t, day, err := parseTime(text)
		switch {
		case err != nil:
			bad("%q is no date; write it as 2026-12-31", text)
		case fieldOf(key) == fieldFrom:
			d.ValidFrom = t
		case day:
			d.ValidUntil = t.AddDate(0, 0, 1) // a last day is meant to count
		default:
			d.ValidUntil = t
		}
	case fieldDescription:
		if m.description == "" && !strings.ContainsAny(text, "{}") {
			m.description = text
		}
	case fieldDraft:
		if b := strings.ToLower(text); key == "published" && b == "false" || key != "published" && (b == "true" || b == "draft") {
			d.Status = knowledge.StatusDraft
		}
	default:
		return false
	}
	return true
}

var (
	include  = regexp.MustCompile(`\{%-?\s*include[^%]*?%\}`)
	fromPage = regexp.MustCompile(`\bpage\.([A-Za-z_][\w-]*)`)
	pageText = regexp.MustCompile(`\{\{-?\s*page\.([A-Za-z_][\w-]*)[^{}]*\}\}`)
)

// fill puts values of the front matter where the page's tags ask for them, as
// "{% include list.html items=page.steps %}" and "{{ page.note }}" do.
func (m *matter) fill(body string) string {
	if len(m.keys) == 0 {
		return body
	}
	body = include.ReplaceAllStringFunc(body, func(tag string) string {
		var out []string
		for _, k := range fromPage.FindAllStringSubmatch(tag, -1) {
			if v := m.values[k[1]]; v != nil {
				m.used[k[1]] = true
				out = append(out, blockOf(v, "####", 0))
			}
		}
		return "\n\n" + strings.Join(out, "\n\n") + "\n\n"
	})
	return pageText.ReplaceAllStringFunc(body, func(tag string) string {
		k := pageText.FindStringSubmatch(tag)[1]
		v := m.values[k]
		if v == nil || v.Kind != yaml.ScalarNode {
			return ""
		}
		m.used[k] = true
		return v.Value
	})
}

// rest is what else of the front matter is words of the page: lists of titled
// texts, as accordions are, and texts of several lines.
func (m *matter) rest() string {
	var out []string
	for _, k := range m.keys {
		if !m.used[k] {
			if s := textOf(m.values[k], 0); s != "" {
				out = append(out, s)
			}
		}
	}
	return strings.Join(out, "\n\n")
}

// maxNesting bounds how deep front matter is searched; aliases could make it endless.
const maxNesting = 8

func textOf(v *yaml.Node, depth int) string {
	if depth > maxNesting {
		return ""
	}
	var out []string
	switch v.Kind {
	case yaml.ScalarNode:
		if strings.Contains(strings.TrimSpace(v.Value), "\n") && len(v.Value) > 80 {
			return strings.TrimSpace(v.Value)
		}
		return ""
	case yaml.MappingNode:
		if title, text := titled(v); title != "" && text != "" {
			return "## " + title + "\n\n" + text
		}
		for i := 1; i < len(v.Content); i += 2 {
			out = append(out, textOf(v.Content[i], depth+1))
		}
	case yaml.SequenceNode:
		for _, n := range v.Content {
			out = append(out, textOf(n, depth+1))
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n\n"))
}

// titled reads a mapping such as {title: …, content: …}.
func titled(v *yaml.Node) (title, text string) {
	for i := 0; i+1 < len(v.Content); i += 2 {
		switch strings.ToLower(v.Content[i].Value) {
		case "title", "question", "heading", "name", "问题", "标题":
			title = strings.Join(strings.Fields(v.Content[i+1].Value), " ")
		case "content", "answer", "text", "body", "答案", "内容":
			text = strings.TrimSpace(v.Content[i+1].Value)
		}
	}
	return title, text
}

// blockOf writes a value as Markdown: a text as it is, a list as a list.
func blockOf(v *yaml.Node, level string, depth int) string {
	if depth > maxNesting {
		return ""
	}
	var out []string
	switch v.Kind {
	case yaml.ScalarNode:
		return strings.TrimSpace(v.Value)
	case yaml.MappingNode:
		if title, text := titled(v); title != "" && text != "" {
			return level + " " + title + "\n\n" + text
		}
		return ""
	case yaml.SequenceNode:
		for _, n := range v.Content {
			if n.Kind == yaml.ScalarNode {
				out = append(out, "- "+strings.ReplaceAll(strings.TrimSpace(n.Value), "\n", "\n  "))
			} else {
				out = append(out, "\n"+blockOf(n, level, depth+1))
			}
		}
	}
	return strings.Join(out, "\n")
}
