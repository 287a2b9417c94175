package foreign

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
)

// chatterBot reads a corpus of ChatterBot: categories, and conversations as lists
// of turns. The first two turns are a question and its answer; questions with one
// answer become one entry. ChatterBot itself learns every turn as the answer to
// the one before, without what was said earlier; such turns are left here.
func (r *reader) chatterBot(f yamlfile.File, root *yaml.Node) {
	report := File{Name: f.Name, Format: FormatChatterBot}
	note := func(line int, format string, args ...any) {
		report.Notes = append(report.Notes, intents.Note{File: f.Name, Line: line, What: fmt.Sprintf(format, args...)})
	}
	var tags []string
	var talks *yaml.Node
	err := f.Pairs(root, func(key string, v *yaml.Node) error {
		switch key {
		case "categories":
			if v.Kind != yaml.SequenceNode {
				return f.Errorf(v.Line, "categories must be a list")
			}
			for _, c := range v.Content {
				tag, err := f.Word(c, "a category")
				if err != nil {
					return err
				}
				tags = append(tags, tag)
			}
		case "conversations":
			if v.Kind != yaml.SequenceNode {
				return f.Errorf(v.Line, "conversations must be a list of lists")
			}
			talks = v
		default:
			note(yamlfile.KeyLine(root, key), "not taken over: %s", key)
		}
		return nil
	})
	if err != nil {
		r.unread(f.Name, FormatChatterBot, err)
		return
	}
	var entries []Entry
	answered := map[string]int{} // answer → entry
	for _, talk := range talks.Content {
		talk = yamlfile.Value(talk)
		if talk.Kind != yaml.SequenceNode || len(talk.Content) < 2 {
			note(talk.Line, "not taken over: a conversation needs a question and an answer")
			continue
		}
		question, err := f.Word(talk.Content[0], "a turn")
		if err != nil {
			note(talk.Line, "not taken over: the question is no text")
			continue
		}
		answer, err := f.Word(talk.Content[1], "a turn")
		if err != nil {
			note(talk.Content[1].Line, "not taken over: the answer to %q is no text", cut(question))
			continue
		}
		if n := len(talk.Content); n > 2 {
			note(talk.Content[2].Line, "not taken over: turns 3 to %d of a conversation, which lean on what was said before", n)
		}
		if i, ok := answered[answer]; ok && oneLine(answer) != "" {
			entries[i].Paraphrases = append(entries[i].Paraphrases, question)
			entries[i].lines = append(entries[i].lines, talk.Content[0].Line)
			continue
		}
		line := talk.Content[0].Line
		answered[answer] = len(entries)
		entries = append(entries, Entry{Question: question, Answer: answer, Tags: tags, File: f.Name, Line: line, lines: []int{line}})
	}
	r.Entries = append(r.Entries, entries...)
	r.report(report)
}
