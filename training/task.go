package training

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Kind says what a task measures; it decides which files it has and which
// metrics come out.
type Kind string

// The kinds of tasks.
const (
	KindIntent         Kind = "intent"
	KindRetrieval      Kind = "retrieval"
	KindAnswer         Kind = "answer"
	KindFollowup       Kind = "followup"
	KindSentiment      Kind = "sentiment"
	KindSatisfaction   Kind = "satisfaction"
	KindHandoffRequest Kind = "handoff-request"
	KindEscalation     Kind = "escalation"
	KindRewrite        Kind = "rewrite"
)

// Task is a folder with task.json and JSON-lines files beside it.
type Task struct {
	Dir      string
	Name     string
	Kind     Kind
	Language string            // of the documents, or of everything; "" for mixed
	Files    map[string]string // role ("train", "test", "documents" …) → file name relative to Dir
}

// fileRoles says which files a kind must and may have. It is the kinds table of
// the format, as data.
func fileRoles(k Kind) (must, may []string, ok bool) {
	switch k {
	case KindIntent:
		return []string{"train", "test"}, []string{"valid", "oos"}, true
	case KindRetrieval, KindAnswer, KindFollowup:
		return []string{"documents", "queries"}, nil, true
	case KindSentiment, KindHandoffRequest, KindRewrite:
		return []string{"test"}, nil, true
	case KindSatisfaction:
		return []string{"dialogues"}, nil, true
	case KindEscalation:
		return []string{"documents", "scenarios"}, nil, true
	}
	return nil, nil, false
}

// ReadTask reads task.json of a folder. Every error is Invalid and names the
// file and what is wrong; an unknown key is an error.
func ReadTask(dir string) (Task, error) {
	path := filepath.Join(dir, "task.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return Task{}, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(trimBOM(data), &raw); err != nil {
		return Task{}, fault.Wrap(fault.Invalid, err, "%s is not a JSON object: %s", path, jsonReason(data, err))
	}
	words := map[string]string{}
	for _, key := range sortedKeys(raw) {
		var s string
		if err := json.Unmarshal(raw[key], &s); err != nil {
			return Task{}, fault.New(fault.Invalid, "%s line %d: %q must be a text", path, lineOfKey(data, key), key)
		}
		words[key] = s
	}
	t := Task{Dir: dir, Name: words["name"], Kind: Kind(words["kind"]), Language: words["language"], Files: map[string]string{}}
	if t.Name == "" {
		return Task{}, fault.New(fault.Invalid, "%s: the key \"name\" is missing or empty", path)
	}
	must, may, ok := fileRoles(t.Kind)
	if !ok {
		return Task{}, fault.New(fault.Invalid, "%s line %d: kind %q is not known; use one of %s", path, lineOfKey(data, "kind"), t.Kind, strings.Join(kindNames(), ", "))
	}
	if l := t.Language; l != "" && l != "en" && l != "zh" {
		return Task{}, fault.New(fault.Invalid, "%s line %d: language %q is not known; use en, zh or leave it out", path, lineOfKey(data, "language"), l)
	}
	known := map[string]bool{"name": true, "kind": true, "language": true}
	for _, role := range append(append([]string{}, must...), may...) {
		known[role] = true
		if words[role] != "" {
			t.Files[role] = words[role]
		}
	}
	for _, key := range sortedKeys(raw) {
		if !known[key] {
			return Task{}, fault.New(fault.Invalid, "%s line %d: unknown key %q for kind %s", path, lineOfKey(data, key), key, t.Kind)
		}
	}
	for _, role := range must {
		if t.Files[role] == "" {
			return Task{}, fault.New(fault.Invalid, "%s: kind %s needs the key %q with a file name", path, t.Kind, role)
		}
	}
	return t, nil
}

func kindNames() []string {
	return []string{"intent", "retrieval", "answer", "followup", "sentiment", "satisfaction", "handoff-request", "escalation", "rewrite"}
}

// maxLineBytes bounds one line of a task file; the longest page of a help
// centre is far below it.
const maxLineBytes = 16 << 20

// readLines decodes a task's JSON-lines file. needs lists the keys that every
// line must have with a value other than null; further keys are ignored. check,
// when not nil, judges a decoded line. Errors are Invalid and name file, line
// and reason.
func readLines[T any](t Task, role string, needs []string, check func(*T) error) ([]T, error) {
	name, ok := t.Files[role]
	if !ok {
		return nil, nil
	}
	path := filepath.Join(t.Dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	return parseLines(path, trimBOM(data), needs, check)
}

func parseLines[T any](path string, data []byte, needs []string, check func(*T) error) ([]T, error) {
	var out []T
	for number := 1; len(data) > 0; number++ {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if len(line) > maxLineBytes {
			return nil, fault.New(fault.Invalid, "%s line %d: longer than %d bytes", path, number, maxLineBytes)
		}
		keys := map[string]json.RawMessage{}
		if err := json.Unmarshal(line, &keys); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%s line %d: not a JSON object: %s", path, number, jsonReason(nil, err))
		}
		for _, need := range needs {
			if v, ok := keys[need]; !ok || string(v) == "null" {
				return nil, fault.New(fault.Invalid, "%s line %d: the key %q is missing", path, number, need)
			}
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%s line %d: %s", path, number, jsonReason(nil, err))
		}
		if check != nil {
			if err := check(&v); err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "%s line %d: %s", path, number, err.Error())
			}
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "%s holds no lines", path)
	}
	return out, nil
}

// jsonReason says what is wrong with JSON in words that hold no Go type names.
func jsonReason(data []byte, err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		if kind.Field == "" {
			return "found " + kind.Value + " where an object is wanted"
		}
		return "the key \"" + kind.Field + "\" holds a " + kind.Value + ", which does not fit"
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && data != nil {
		return "line " + strconv.Itoa(1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))) + ": " + syntax.Error()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return err.Error()
}

func lineOfKey(data []byte, key string) int {
	i := bytes.Index(data, []byte(`"`+key+`"`))
	if i < 0 {
		return 1
	}
	return 1 + bytes.Count(data[:i], []byte("\n"))
}

func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
