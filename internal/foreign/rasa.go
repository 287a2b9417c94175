package foreign

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
)

// rasaProject is what the files of a Rasa project say together: examples in one,
// responses in another, and which belongs to which in a third.
type rasaProject struct {
	intents   []rasaIntent
	responses []rasaResponse
	follows   map[string]map[string]bool // response → intents that rules and short stories let it follow
}

// rasaIntent are the examples of one item of nlu.
type rasaIntent struct {
	name     string
	examples []intents.Example
}

// rasaResponse is one utter_… with its variations.
type rasaResponse struct {
	name  string
	file  string
	line  int
	texts []rasaText
}

type rasaText struct {
	text string
	line int
	only string // why it is not for every visitor: "condition", "channel slack"; "": it is
}

// rasaKeys are the top-level keys by which Rasa's files are known.
func rasaKeys() []string {
	return []string{"nlu", "responses", "templates", "stories", "rules", "slots", "entities", "forms", "actions", "e2e_actions", "session_config", "pipeline", "policies", "recipe", "action_endpoint", "flows"}
}

// rasaFile is one file of a project while it is read.
type rasaFile struct {
	yamlfile.File
	project *rasaProject
	set     intents.Set
	report  File
}

// read reads one file: intents and their examples are taken over, a retrieval
// intent "faq/price" under its whole name; responses and what they follow are kept
// for finish. All else is noted. An error leaves the whole file out.
func (p *rasaProject) read(r *reader, f yamlfile.File, root *yaml.Node) {
	one := rasaFile{File: f, project: &rasaProject{}, report: File{Name: f.Name, Format: FormatRasa}}
	if err := one.top(root); err != nil {
		r.unread(f.Name, FormatRasa, err)
		return
	}
	p.intents = append(p.intents, one.project.intents...)
	p.responses = append(p.responses, one.project.responses...)
	for response, names := range one.project.follows {
		for name := range names {
			p.follow(name, response)
		}
	}
	r.Set.Merge(one.set)
	r.report(one.report)
}

func (f *rasaFile) note(line int, format string, args ...any) {
	f.report.Notes = append(f.report.Notes, intents.Note{File: f.Name, Line: line, What: fmt.Sprintf(format, args...)})
}

func (f *rasaFile) top(root *yaml.Node) error {
	return f.Pairs(root, func(key string, v *yaml.Node) error {
		switch key {
		case "version", "intents": // intents of a domain: their examples stand under nlu
			return nil
		case "nlu":
			if v.Kind != yaml.SequenceNode {
				return f.Errorf(v.Line, "nlu must be a list")
			}
			for _, item := range v.Content {
				if err := f.item(yamlfile.Value(item)); err != nil {
					return err
				}
			}
			return nil
		case "responses", "templates":
			return f.responsesOf(v)
		case "rules", "stories":
			f.talks(key, v, yamlfile.KeyLine(root, key))
			return nil
		}
		f.note(yamlfile.KeyLine(root, key), "not taken over: %s", lost(key, v))
		return nil
	})
}

// lost says what of a project has no place here, and why.
func lost(key string, v *yaml.Node) string {
	what := key
	if n := len(names(v)); n > 0 {
		what = fmt.Sprintf("%s (%d: %s)", key, n, cut(strings.Join(names(v), ", ")))
	}
	switch key {
	case "entities":
		return what + ", as amounts, dates, e-mail addresses, telephone and order numbers are found by their form and no others are"
	case "slots", "forms":
		return what + ", as the engine keeps slots of its own"
	case "actions", "e2e_actions":
		return what + ", as actions are programs"
	case "session_config":
		return what + ", as sessions do not expire"
	case "pipeline", "policies", "recipe", "assistant_id", "language":
		return what + ", as the program has its own"
	}
	return what
}

// names lists the keys of a mapping or the items of a list.
func names(v *yaml.Node) []string {
	var out []string
	switch v.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(v.Content); i += 2 {
			out = append(out, v.Content[i].Value)
		}
	case yaml.SequenceNode:
		for _, item := range v.Content {
			item = yamlfile.Value(item)
			if item.Kind == yaml.MappingNode && len(item.Content) > 0 {
				item = item.Content[0]
			}
			out = append(out, item.Value)
		}
	}
	return out
}

// rasaEntity matches an annotated span: [text](type) or [text]{"entity": …}.
var rasaEntity = regexp.MustCompile(`\[([^\[\]]+)\](?:\(([^()]*)\)|(\{[^{}]*\}))`)

func (f *rasaFile) item(item *yaml.Node) error {
	var in intents.Intent
	var examples *yaml.Node
	other := ""
	err := f.Pairs(item, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "intent":
			in.Name, err = f.Word(v, "intent")
			in.Name = strings.ReplaceAll(strings.TrimSpace(in.Name), " ", "_")
			if why := intents.BadName(in.Name); err == nil && why != "" {
				err = f.Errorf(v.Line, "%s", why)
			}
		case "examples":
			examples = v
		case "synonym", "lookup", "regex":
			other = key + " " + v.Value
		default:
			f.note(yamlfile.KeyLine(item, key), "not taken over: %s", key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.Name == "" {
		switch {
		case other == "":
			other = "an item that is no intent"
		case examples != nil:
			n := 0
			for line := range strings.Lines(examples.Value) {
				if strings.TrimSpace(line) != "" {
					n++
				}
			}
			other += fmt.Sprintf(" (%d lines), as there are no lists of entity values", max(n, len(examples.Content)))
		}
		f.note(item.Line, "not taken over: %s", other)
		return nil
	}
	if examples == nil {
		return f.Errorf(item.Line, "intent %q has no examples", in.Name)
	}
	one := intents.Set{Intents: []intents.Intent{in}}
	marked := 0
	add := func(s string, line int) {
		plain := strings.TrimSpace(rasaEntity.ReplaceAllString(s, "$1"))
		if plain != strings.TrimSpace(s) {
			marked++
		}
		one.Examples = append(one.Examples, intents.Example{Intent: in.Name, Text: plain, Language: text.Language(plain), File: f.Name, Line: line})
	}
	switch examples.Kind {
	case yaml.ScalarNode:
		// A block text starts on the line after its "|".
		for i, line := range strings.Split(examples.Value, "\n") {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			s, ok := strings.CutPrefix(line, "-")
			if !ok {
				return f.Errorf(examples.Line+1+i, "an example must begin with \"- \"")
			}
			add(s, examples.Line+1+i)
		}
	case yaml.SequenceNode:
		for _, e := range examples.Content {
			s, err := f.example(yamlfile.Value(e))
			if err != nil {
				return err
			}
			add(s, e.Line)
		}
	default:
		return f.Errorf(examples.Line, "examples must be a text of lines or a list")
	}
	if len(one.Examples) == 0 {
		return f.Errorf(item.Line, "intent %q has no examples", in.Name)
	}
	if marked > 0 {
		f.note(item.Line, "entity marks of intent %s are not taken over (%d examples); the words are", in.Name, marked)
	}
	f.set.Merge(one)
	f.project.intents = append(f.project.intents, rasaIntent{in.Name, one.Examples})
	return nil
}

// example reads an item of the long form: a text, or a mapping with "text".
func (f *rasaFile) example(e *yaml.Node) (string, error) {
	if e.Kind == yaml.ScalarNode {
		return e.Value, nil
	}
	var s string
	err := f.Pairs(e, func(key string, v *yaml.Node) (err error) {
		if key == "text" {
			s, err = f.Word(v, "text")
			s = strings.TrimPrefix(strings.TrimSpace(s), "- ")
		} else {
			f.note(yamlfile.KeyLine(e, key), "not taken over: %s", key)
		}
		return err
	})
	if err == nil && s == "" {
		err = f.Errorf(e.Line, "the example has no text")
	}
	return s, err
}
