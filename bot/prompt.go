package bot

import (
	"embed"
	"fmt"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// The instructions are files, one for each language, so that a change of one is read
// as a change of text; golden files in testdata/prompts show whole prompts. They are
// plain text: a template package would keep every method of the program in it.
//
//go:embed prompts/*.txt
var promptFiles embed.FS

// What goes into a prompt at most, in characters.
const (
	maxPassages       = 5
	maxPassageText    = 1600
	maxPromptPassages = 4800
	maxHistory        = 2 // exchanges
)

// instructions returns the file of a prompt in a language.
func instructions(name, language string) string {
	if language != "zh" {
		language = "en"
	}
	text, err := promptFiles.ReadFile("prompts/" + name + "." + language + ".txt")
	if err != nil {
		panic(err) // a file of ours is missing; the tests read all
	}
	return strings.TrimSpace(string(text))
}

// answerPrompt asks for an answer from passages. Instructions are the system
// message alone; what visitors and documents say stays in the user's messages.
func answerPrompt(t *Turn, passages []knowledge.Candidate, maxTokens int) Prompt {
	pages, question := "Help pages:", "Question:"
	if t.language() == "zh" {
		pages, question = "帮助文档：", "问题："
	}
	var b strings.Builder
	b.WriteString(pages + "\n")
	for i, c := range passages {
		fmt.Fprintf(&b, "\n[%d] %s\n%s\n", i+1, pageName(c), shorten(c.Passage, maxPassageText))
	}
	b.WriteString("\n" + question + " " + t.Trace.Question)
	return Prompt{
		System:    instructions("answer", t.language()),
		Messages:  append(history(t.Memory), PromptMessage{Role: "user", Text: b.String()}),
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
		System:    instructions("rewrite", language),
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
