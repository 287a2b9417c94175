package intents

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// rasaEntity matches an annotated span: [text](type) or [text]{"entity": …}.
var rasaEntity = regexp.MustCompile(`\[([^\[\]]+)\](?:\(([^()]*)\)|(\{[^{}]*\}))`)

// rasa reads the training data format of Rasa Open Source 2 and 3. Intents and
// their examples are taken over, a retrieval intent "faq/price" under its whole
// name; entity marks are stripped. What has no place here is noted.
func (f *yamlFile) rasa(root *yaml.Node) error {
	return f.pairs(root, func(key string, v *yaml.Node) error {
		switch key {
		case "version":
			return nil
		case "nlu":
			if v.Kind != yaml.SequenceNode {
				return f.errorf(v.Line, "nlu must be a list")
			}
			for _, item := range v.Content {
				if err := f.rasaItem(item); err != nil {
					return err
				}
			}
		default:
			f.note(v.Line, "not taken over: "+key)
		}
		return nil
	})
}

func (f *yamlFile) rasaItem(item *yaml.Node) error {
	var in Intent
	var examples *yaml.Node
	other := ""
	err := f.pairs(item, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "intent":
			in.Name, err = f.word(v, "intent")
			in.Name = strings.ReplaceAll(strings.TrimSpace(in.Name), " ", "_")
			if why := badName(in.Name); err == nil && why != "" {
				err = f.errorf(v.Line, "%s", why)
			}
		case "examples":
			examples = v
		case "synonym", "lookup", "regex":
			other = key + " " + v.Value
		default:
			f.note(v.Line, "not taken over: "+key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.Name == "" {
		if other == "" {
			other = "an item that is no intent"
		}
		f.note(item.Line, "not taken over: "+other)
		return nil
	}
	if examples == nil {
		return f.errorf(item.Line, "intent %q has no examples", in.Name)
	}
	one := Set{Intents: []Intent{in}}
	marked := 0
	add := func(s string, line int) {
		plain := rasaEntity.ReplaceAllString(s, "$1")
		if plain != s {
			marked++
		}
		one.Examples = append(one.Examples, f.example(in.Name, plain, "", line))
	}
	switch examples.Kind {
	case yaml.ScalarNode:
		// A block text starts on the line after its "|".
		for i, line := range strings.Split(examples.Value, "\n") {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			s, ok := strings.CutPrefix(line, "-")
			if !ok {
				return f.errorf(examples.Line+1+i, "an example must begin with \"- \"")
			}
			add(s, examples.Line+1+i)
		}
	case yaml.SequenceNode:
		for _, e := range examples.Content {
			s, err := f.rasaExample(e)
			if err != nil {
				return err
			}
			add(s, e.Line)
		}
	default:
		return f.errorf(examples.Line, "examples must be a text of lines or a list")
	}
	if len(one.Examples) == 0 {
		return f.errorf(item.Line, "intent %q has no examples", in.Name)
	}
	if marked > 0 {
		f.note(item.Line, "entity marks of intent "+in.Name+" are not taken over; the words are")
	}
	f.set.Merge(one)
	return nil
}

// rasaExample reads an item of the long form: a text, or a mapping with "text".
func (f *yamlFile) rasaExample(e *yaml.Node) (string, error) {
	if e.Kind == yaml.ScalarNode {
		return e.Value, nil
	}
	var s string
	err := f.pairs(e, func(key string, v *yaml.Node) (err error) {
		if key == "text" {
			s, err = f.word(v, "text")
			s = strings.TrimPrefix(strings.TrimSpace(s), "- ")
		} else {
			f.note(v.Line, "not taken over: "+key)
		}
		return err
	})
	if err == nil && s == "" {
		err = f.errorf(e.Line, "the example has no text")
	}
	return s, err
}
