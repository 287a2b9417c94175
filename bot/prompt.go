package bot

import (
	"embed"
	"strconv"
	"strings"
	"text/template"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// The prompts are files, so that a change of one is read as a change of text;
// golden files in testdata/prompts show them filled in.
//
//go:embed prompts/*.tmpl
var promptFiles embed.FS

// What goes into a prompt at most, in characters.
const (
	maxPassages       = 5
	maxPassageText    = 1600
	maxPromptPassages = 4800
	maxHistory        = 2 // exchanges
)

type promptPassage struct{ Name, Text string }

type promptData struct {
	Language string
	Mark     string // around words to translate
	Question string
	Passages []promptPassage
}

func render(name string, data promptData) string {
	t := template.Must(template.New(name).Funcs(template.FuncMap{"number": func(i int) string { return strconv.Itoa(i + 1) }}).ParseFS(promptFiles, "prompts/"+name))
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		panic(err) // a template of ours that does not fit its data; the tests render all
	}
	return strings.TrimSpace(b.String())
}

// answerPrompt asks for an answer from passages. Instructions are the system
// message alone; what visitors and documents say stays in the user's messages.
func answerPrompt(t *Turn, passages []knowledge.Candidate, maxTokens int) Prompt {
	data := promptData{Language: t.language(), Question: t.Trace.Question}
	for _, c := range passages {
		data.Passages = append(data.Passages, promptPassage{Name: pageName(c), Text: shorten(c.Passage, maxPassageText)})
	}
	return Prompt{
		System:    render("answer.tmpl", data),
		Messages:  append(history(t.Memory), PromptMessage{Role: "user", Text: render("question.tmpl", data)}),
		MaxTokens: maxTokens,
	}
}

// nameMark stands between the parts of a page's name.
const nameMark = " › "

// pageName is what a prompt calls a passage: its title and the headings it stands under.
func pageName(c knowledge.Candidate) string {
	return strings.Join(append([]string{c.Title}, c.Heading...), nameMark)
}

// rewritePrompt asks for the visitor's words as a question that stands alone.
func rewritePrompt(m Memory, asked, language string) Prompt {
	return Prompt{
		System:    render("rewrite.tmpl", promptData{Language: language}),
		Messages:  append(history(m), PromptMessage{Role: "user", Text: asked}),
		MaxTokens: 80,
	}
}

// history are the last exchanges, roles alternating as some models demand.
func history(m Memory) []PromptMessage {
	var out []PromptMessage
	turns := m.Turns
	if len(turns) > maxHistory {
		turns = turns[len(turns)-maxHistory:]
	}
	for _, x := range turns {
		if x.Asked == "" || x.Answer == "" {
			continue
		}
		out = append(out, PromptMessage{Role: "user", Text: x.Asked}, PromptMessage{Role: "assistant", Text: x.Answer})
	}
	return out
}

// passagesFor are the candidates that a model may write from: the chosen one
// first, then others that are not far behind, as many as fit.
func (e *Engine) passagesFor(t *Turn) []knowledge.Candidate {
	chosen := t.candidate()
	out := []knowledge.Candidate{*chosen}
	size := len(chosen.Passage)
	for i, c := range t.Trace.Candidates {
		if i == t.Chosen || c.Confidence < chosen.Confidence/3 || len(out) == maxPassages || saysTheSame(c, out) {
			continue
		}
		if size += min(len(c.Passage), maxPassageText); size > maxPromptPassages {
			break
		}
		out = append(out, c)
	}
	return out
}
