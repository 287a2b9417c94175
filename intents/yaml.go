package intents

import (
	"io/fs"
	"path"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
)

// ReadFile reads one YAML file of examples in the project's own format:
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
// Errors are Invalid and name file and line. Texts are not judged here; see
// Set.Check.
func ReadFile(name string, data []byte) (Set, error) {
	file, root, err := yamlfile.Parse(name, data)
	if err != nil {
		return Set{}, err
	}
	f := yamlFile{File: file}
	err = f.own(root)
	return f.set, err
}

// ReadFS reads every .yaml and .yml file of a folder and below, in the order of
// their names.
func ReadFS(fsys fs.FS) (Set, error) {
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
		return Set{}, fault.Wrap(fault.Invalid, err, "the folder of examples cannot be read")
	}
	sort.Strings(names)
	if len(names) == 0 {
		return Set{}, fault.New(fault.Invalid, "the folder holds no .yaml or .yml file of examples")
	}
	var set Set
	for _, p := range names {
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return Set{}, fault.Wrap(fault.Invalid, err, "%s cannot be read", p)
		}
		one, err := ReadFile(p, data)
		if err != nil {
			return Set{}, err
		}
		set.Merge(one)
	}
	return set, nil
}

// yamlFile is one file while it is read.
type yamlFile struct {
	yamlfile.File
	set Set
}

func (f *yamlFile) language(v *yaml.Node) (string, error) {
	l, err := f.Word(v, "language")
	if err == nil && l != "en" && l != "zh" {
		err = f.Errorf(v.Line, "language %q is not known; use en or zh", l)
	}
	return l, err
}

func (f *yamlFile) own(root *yaml.Node) error {
	var language string
	var list *yaml.Node
	err := f.Pairs(root, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "version":
			if v.Value != "1" {
				err = f.Errorf(v.Line, "version %q is not known; this program reads version 1", v.Value)
			}
		case "language":
			language, err = f.language(v)
		case "intents":
			list = v
		default:
			err = f.Errorf(v.Line, "unknown key %q; known: version, language, intents", key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if list == nil || list.Kind != yaml.SequenceNode {
		return f.Errorf(root.Line, "the key \"intents\" with a list is missing")
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
	err := f.Pairs(item, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "name":
			in.Name, err = f.Word(v, "name")
			if why := BadName(in.Name); err == nil && why != "" {
				err = f.Errorf(v.Line, "%s", why)
			}
		case "class":
			var c string
			c, err = f.Word(v, "class")
			switch in.Class = Class(c); in.Class {
			case ClassBusiness, ClassSmalltalk, ClassPerson, ClassOther:
			default:
				err = f.Errorf(v.Line, "class %q is not known; use business, smalltalk, person or other", c)
			}
		case "language":
			language, err = f.language(v)
		case "description":
			in.Description, err = f.Word(v, "description")
		case "examples":
			examples = v
		default:
			err = f.Errorf(v.Line, "unknown key %q; known: name, class, language, description, examples", key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if in.Name == "" {
		return f.Errorf(item.Line, "the intent has no name")
	}
	if examples == nil || examples.Kind != yaml.SequenceNode || len(examples.Content) == 0 {
		return f.Errorf(item.Line, "intent %q has no list of examples", in.Name)
	}
	one := Set{Intents: []Intent{in}}
	for _, e := range examples.Content {
		s, err := f.Word(e, "an example")
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
	return Example{Intent: intent, Text: strings.TrimSpace(s), Language: language, File: f.Name, Line: line}
}
