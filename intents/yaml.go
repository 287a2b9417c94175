package intents

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// maxFileBytes bounds one file of examples.
const maxFileBytes = 16 << 20

// ReadFile reads one YAML file of examples: the project's own format, or Rasa's
// NLU format, which is known by its top-level key "nlu". Own format:
//
//	version: 1
//	language: en            # of every example below; left out: told from the text
//	intents:
//	  - name: order_status
//	    class: business     # business (default), smalltalk, person, other
//	    language: en        # overrides the file's
//	    description: for editors
//	    examples:
//	      - where is my parcel
//
// Notes say what of a Rasa file was not taken over. Errors are Invalid and name
// file and line. Texts are not judged here; see Set.Check.
func ReadFile(name string, data []byte) (Set, []Note, error) {
	if len(data) > maxFileBytes {
		return Set{}, nil, fault.New(fault.Invalid, "%s: larger than %d MB", name, maxFileBytes>>20)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return Set{}, nil, fault.New(fault.Invalid, "%s: the file is empty", name)
		}
		return Set{}, nil, fault.Wrap(fault.Invalid, err, "%s: not YAML: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		return Set{}, nil, fault.New(fault.Invalid, "%s:%d: a second YAML document; keep one a file", name, more.Line)
	} else if !errors.Is(err, io.EOF) {
		return Set{}, nil, fault.Wrap(fault.Invalid, err, "%s: not YAML: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return Set{}, nil, fault.New(fault.Invalid, "%s:%d: a mapping with the key \"intents\" is wanted", name, max(1, doc.Line))
	}
	f := yamlFile{name: name}
	root := doc.Content[0]
	if f.has(root, "nlu") {
		err := f.rasa(root)
		return f.set, f.notes, err
	}
	err := f.own(root)
	return f.set, f.notes, err
}

// ReadFS reads every .yaml and .yml file of a folder and below, in the order of
// their names.
func ReadFS(fsys fs.FS) (Set, []Note, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := path.Ext(p); !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, p)
		}
		return nil
	})
	if err != nil {
		return Set{}, nil, fault.Wrap(fault.Invalid, err, "the folder of examples cannot be read")
	}
	sort.Strings(names)
	if len(names) == 0 {
		return Set{}, nil, fault.New(fault.Invalid, "the folder holds no .yaml or .yml file of examples")
	}
	var set Set
	var notes []Note
	for _, p := range names {
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return Set{}, nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", p)
		}
		one, n, err := ReadFile(p, data)
		if err != nil {
			return Set{}, nil, err
		}
		set.Merge(one)
		notes = append(notes, n...)
	}
	return set, notes, nil
}

// yamlFile is one file while it is read.
type yamlFile struct {
	name  string
	set   Set
	notes []Note
}

func (f *yamlFile) errorf(line int, format string, args ...any) error {
	return fault.New(fault.Invalid, "%s%s", place(f.name, line), fmt.Sprintf(format, args...))
}

func (f *yamlFile) note(line int, what string) {
	f.notes = append(f.notes, Note{File: f.name, Line: line, What: what})
}

func (f *yamlFile) has(m *yaml.Node, key string) bool {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return true
		}
	}
	return false
}

// pairs calls visit for each key of a mapping; a repeated key is an error.
func (f *yamlFile) pairs(m *yaml.Node, visit func(key string, v *yaml.Node) error) error {
	if m.Kind != yaml.MappingNode {
		return f.errorf(m.Line, "a mapping (key: value) is wanted here")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k := m.Content[i].Value
		if seen[k] {
			return f.errorf(m.Content[i].Line, "the key %q stands twice", k)
		}
		seen[k] = true
		if err := visit(k, m.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (f *yamlFile) word(v *yaml.Node, key string) (string, error) {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		return "", f.errorf(v.Line, "%s must be a text", key)
	}
	return v.Value, nil
}

func (f *yamlFile) language(v *yaml.Node) (string, error) {
	l, err := f.word(v, "language")
	if err == nil && l != "en" && l != "zh" {
		err = f.errorf(v.Line, "language %q is not known; use en or zh", l)
	}
	return l, err
}

func (f *yamlFile) own(root *yaml.Node) error {
	var language string
	var list *yaml.Node
	err := f.pairs(root, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "version":
			if v.Value != "1" {
				err = f.errorf(v.Line, "version %q is not known; this program reads version 1", v.Value)
			}
		case "language":
			language, err = f.language(v)
		case "intents":
			list = v
		default:
			err = f.errorf(v.Line, "unknown key %q; known: version, language, intents", key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if list == nil || list.Kind != yaml.SequenceNode {
		return f.errorf(root.Line, "the key \"intents\" with a list is missing")
	}
	for _, item := range list.Content {
		if err := f.intent(item, language); err != nil {
			return err
		}
	}
	return nil
}

func (f *yamlFile) intent(item *yaml.Node, language string) error {
	var in Intent
	var examples *yaml.Node
	err := f.pairs(item, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			in.Name, err = f.word(v, "name")
			if why := badName(in.Name); err == nil && why != "" {
				err = f.errorf(v.Line, "%s", why)
			}
		case "class":
			var c string
			c, err = f.word(v, "class")
			switch in.Class = Class(c); in.Class {
			case ClassBusiness, ClassSmalltalk, ClassPerson, ClassOther:
			default:
				err = f.errorf(v.Line, "class %q is not known; use business, smalltalk, person or other", c)
			}
		case "language":
			language, err = f.language(v)
		case "description":
			in.Description, err = f.word(v, "description")
		case "examples":
			examples = v
		default:
			err = f.errorf(v.Line, "unknown key %q; known: name, class, language, description, examples", key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.Name == "" {
		return f.errorf(item.Line, "the intent has no name")
	}
	if examples == nil || examples.Kind != yaml.SequenceNode || len(examples.Content) == 0 {
		return f.errorf(item.Line, "intent %q has no list of examples", in.Name)
	}
	one := Set{Intents: []Intent{in}}
	for _, e := range examples.Content {
		s, err := f.word(e, "an example")
		if err != nil {
			return err
		}
		one.Examples = append(one.Examples, f.example(in.Name, s, language, e.Line))
	}
	f.set.Merge(one)
	return nil
}

func (f *yamlFile) example(intent, s, language string, line int) Example {
	if language == "" {
		language = text.Language(s)
	}
	return Example{Intent: intent, Text: strings.TrimSpace(s), Language: language, File: f.name, Line: line}
}
