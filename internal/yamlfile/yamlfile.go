// Package yamlfile reads YAML files that people wrote, so that whatever is wrong
// with one is told with its line: a second document, a key that stands twice, a
// control character, a value of another kind. It walks nodes instead of decoding
// into structs, which forget where they came from; anchors are never multiplied.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// MaxBytes bounds one file.
const MaxBytes = 16 << 20

// File names the file that nodes came from.
type File struct{ Name string }

// Parse reads the one mapping that a file holds. Errors are Invalid and name file
// and, where it is known, line.
func Parse(name string, data []byte) (File, *yaml.Node, error) {
	f := File{name}
	if len(data) > MaxBytes {
		return f, nil, fault.New(fault.Invalid, "%s: larger than %d MB", name, MaxBytes>>20)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return f, nil, fault.New(fault.Invalid, "%s: the file is empty", name)
		}
		return f, nil, f.broken(data, err)
	}
	if err := dec.Decode(&more); err == nil {
		return f, nil, f.Errorf(more.Line, "a second YAML document; keep one a file")
	} else if !errors.Is(err, io.EOF) {
		return f, nil, f.broken(data, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return f, nil, f.Errorf(max(1, doc.Line), "a mapping (key: value) is wanted")
	}
	return f, doc.Content[0], nil
}

// broken explains a parser's error; that of a control character names no line.
func (f File) broken(data []byte, err error) error {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		line := 1 + bytes.Count(data[:i], []byte("\n"))
		switch {
		case r == utf8.RuneError && size == 1:
			return f.Errorf(line, "not UTF-8 text; save the file as UTF-8")
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return f.Errorf(line, "the control character U+%04X; remove it", r)
		}
		i += size
	}
	return fault.Wrap(fault.Invalid, err, "%s: not YAML: %s", f.Name, strings.TrimPrefix(err.Error(), "yaml: "))
}

// Errorf returns an Invalid error with its place.
func (f File) Errorf(line int, format string, args ...any) error {
	return fault.New(fault.Invalid, "%s:%d: %s", f.Name, line, fmt.Sprintf(format, args...))
}

// Pairs calls visit for each key of a mapping. Errors: Invalid for another kind of
// node and for a key that stands twice; visit's.
func (f File) Pairs(m *yaml.Node, visit func(key string, v *yaml.Node) error) error {
	m = Value(m)
	if m.Kind != yaml.MappingNode {
		return f.Errorf(m.Line, "a mapping (key: value) is wanted here")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k := m.Content[i].Value
		if seen[k] {
			return f.Errorf(m.Content[i].Line, "the key %q stands twice", k)
		}
		seen[k] = true
		if err := visit(k, Value(m.Content[i+1])); err != nil {
			return err
		}
	}
	return nil
}

// Word reads a text. Error: Invalid for lists, mappings and nothing.
func (f File) Word(v *yaml.Node, key string) (string, error) {
	v = Value(v)
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" {
		return "", f.Errorf(v.Line, "%s must be a text", key)
	}
	return v.Value, nil
}

// Has reports whether a mapping has a key.
func Has(m *yaml.Node, key string) bool { return KeyLine(m, key) > 0 }

// KeyLine is the line in which a key of a mapping stands; 0: it has none.
func KeyLine(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i].Line
		}
	}
	return 0
}

// Value is what a node stands for: itself, or what its alias names.
func Value(v *yaml.Node) *yaml.Node {
	if v.Kind == yaml.AliasNode && v.Alias != nil {
		return v.Alias
	}
	return v
}
