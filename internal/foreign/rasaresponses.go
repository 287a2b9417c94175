package foreign

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
)

// responsesOf reads the responses of a domain: names with lists of variations.
func (f *rasaFile) responsesOf(v *yaml.Node) error {
	return f.Pairs(v, func(name string, list *yaml.Node) error {
		r := rasaResponse{name: name, file: f.Name, line: yamlfile.KeyLine(v, name)}
		if list.Kind != yaml.SequenceNode {
			return f.Errorf(list.Line, "the response %s must be a list of variations", name)
		}
		for _, item := range list.Content {
			item = yamlfile.Value(item)
			if item.Kind == yaml.ScalarNode {
				r.texts = append(r.texts, rasaText{text: item.Value, line: item.Line})
				continue
			}
			one := rasaText{line: item.Line}
			err := f.Pairs(item, func(key string, v *yaml.Node) (err error) {
				switch key {
				case "text":
					one.text, err = f.Word(v, "text")
				case "condition":
					one.only = "a condition"
				case "channel":
					one.only = "channel " + v.Value
				case "id", "metadata":
				default: // buttons, image, custom, attachment, elements, quick_replies
					f.note(yamlfile.KeyLine(item, key), "not taken over: %s of response %s", key, name)
				}
				return err
			})
			if err != nil {
				return err
			}
			if one.text != "" {
				r.texts = append(r.texts, one)
			}
		}
		f.project.responses = append(f.project.responses, r)
		return nil
	})
}

// talks reads rules and stories for the one thing that they say about answers: the
// intent that a response follows where a talk is just these two steps.
func (f *rasaFile) talks(key string, v *yaml.Node, line int) {
	used := 0
	for _, talk := range v.Content {
		talk = yamlfile.Value(talk)
		steps := find(talk, "steps")
		if steps == nil || len(steps.Content) != 2 || find(talk, "condition") != nil {
			continue
		}
		intent, action := find(steps.Content[0], "intent"), find(steps.Content[1], "action")
		if intent != nil && action != nil && strings.HasPrefix(action.Value, "utter_") {
			f.project.follow(intent.Value, action.Value)
			used++
		}
	}
	f.note(line, "not taken over: %s (%d), as the policy leads the talk; %d of them said which response answers an intent", key, len(v.Content), used)
}

// find returns a key's value in a mapping; nil when it is not there.
func find(m *yaml.Node, key string) *yaml.Node {
	m = yamlfile.Value(m)
	if m.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return yamlfile.Value(m.Content[i+1])
		}
	}
	return nil
}

func (p *rasaProject) follow(intent, response string) {
	if p.follows == nil {
		p.follows = map[string]map[string]bool{}
	}
	if p.follows[response] == nil {
		p.follows[response] = map[string]bool{}
	}
	p.follows[response][strings.ReplaceAll(intent, " ", "_")] = true
}

// rasaSlot matches what a response fills in from a slot.
var rasaSlot = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_.]*\}`)

// finish makes an entry of every response that belongs to one intent: by its name
// (utter_price, or utter_faq/price of a retrieval intent), else by rules and stories.
// The intent's examples are its question and paraphrases.
func (p *rasaProject) finish(b *Bundle) {
	examples := map[string][]intents.Example{}
	for _, in := range p.intents {
		examples[in.name] = append(examples[in.name], in.examples...)
	}
	var notes []intents.Note
	answered := map[string]string{} // intent → response
	for _, r := range p.responses {
		note := func(line int, format string, args ...any) {
			notes = append(notes, intents.Note{File: r.file, Line: line, What: fmt.Sprintf(format, args...)})
		}
		name, why := p.owner(r, examples)
		if why != "" {
			note(r.line, "not taken over: response %s, as %s", r.name, why)
			continue
		}
		if other, ok := answered[name]; ok {
			note(r.line, "not taken over: response %s, as %s answers intent %s already", r.name, other, name)
			continue
		}
		chosen, ok := r.choose(note)
		if !ok {
			continue
		}
		answered[name] = r.name
		e := Entry{Answer: chosen.text, File: r.file, Line: chosen.line}
		for i, ex := range examples[name] {
			if i == 0 {
				e.Question = ex.Text
			} else {
				e.Paraphrases = append(e.Paraphrases, ex.Text)
			}
		}
		e.Language = text.Language(e.Question + " " + e.Answer)
		b.Entries = append(b.Entries, e)
	}
	b.file(notes)
}

// owner finds the intent that a response answers, or says why there is none.
func (p *rasaProject) owner(r rasaResponse, examples map[string][]intents.Example) (name, why string) {
	bare, ok := strings.CutPrefix(r.name, "utter_")
	if !ok {
		return "", "its name does not begin with utter_"
	}
	if len(examples[bare]) > 0 {
		return bare, ""
	}
	var known []string
	for name := range p.follows[r.name] {
		if len(examples[name]) > 0 {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	switch len(known) {
	case 0:
		return "", "no intent with examples is known that it answers"
	case 1:
		return known[0], ""
	}
	return "", "it answers several intents (" + cut(strings.Join(known, ", ")) + "): write an entry for each"
}

// choose takes the first variation that can be said to every visitor as it stands,
// and notes the others.
func (r rasaResponse) choose(note func(line int, format string, args ...any)) (rasaText, bool) {
	at := -1
	for i, t := range r.texts {
		switch slot := rasaSlot.FindString(t.text); {
		case t.only != "":
			note(t.line, "not taken over: a variation of response %s that is for %s only", r.name, t.only)
		case slot != "":
			note(t.line, "not taken over: a variation of response %s that fills in %s", r.name, slot)
		case at >= 0:
			note(t.line, "not taken over: another variation of response %s; an entry has one answer", r.name)
		default:
			at = i
		}
	}
	if at < 0 {
		note(r.line, "not taken over: response %s, as none of its texts can be said as it stands", r.name)
		return rasaText{}, false
	}
	return r.texts[at], true
}
