package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
)

// spec is the served description, as somebody would use it who has nothing else.
type spec struct {
	Version string                                `json:"openapi"`
	Paths   map[string]map[string]json.RawMessage `json:"paths"`
	ops     map[string]operation
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Security    []map[string][]string
	Responses   map[string]struct {
		Content map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

// schema is the part of JSON Schema that the description uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	Additional any                `json:"additionalProperties"`
	Enum       []any              `json:"enum"`
}

func (w *world) readSpec() *spec {
	w.t.Helper()
	s := &spec{}
	a := w.nobody().send(w.nobody().request("GET", "/openapi.json", nil)).want(w.t, 200)
	a.into(w.t, s)
	s.ops = make(map[string]operation)
	var all struct {
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	a.into(w.t, &all)
	schemas = all.Components.Schemas
	for path, methods := range s.Paths {
		for method, raw := range methods {
			var op operation
			if err := json.Unmarshal(raw, &op); err != nil {
				w.t.Fatal(err)
			}
			s.ops[strings.ToUpper(method)+" "+path] = op
		}
	}
	return s
}

var schemas map[string]*schema

// find returns the operation that a called path belongs to.
func (s *spec) find(method, path string) (string, operation, bool) {
	path, _, _ = strings.Cut("/api/v1"+path, "?")
	parts := strings.Split(path, "/")
	for key, op := range s.ops {
		m, p, _ := strings.Cut(key, " ")
		tmpl := strings.Split(p, "/")
		if m != method || len(tmpl) != len(parts) {
			continue
		}
		match := true
		for i := range tmpl {
			if tmpl[i] != parts[i] && !strings.HasPrefix(tmpl[i], "{") {
				match = false
			}
		}
		if match && (!strings.Contains(p, "{") || s.ops[method+" "+path].OperationID == "") {
			return key, op, true
		}
	}
	return "", operation{}, false
}

// check fails when an answer is not what the description promises.
func (s *spec) check(t testing.TB, method, path string, a answer) {
	t.Helper()
	key, op, ok := s.find(method, path)
	if !ok {
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s answered %d and is not described", method, path, a.status)
		}
		return
	}
	res, ok := op.Responses[strconv.Itoa(a.status)]
	if !ok {
		if res, ok = op.Responses["default"]; !ok || a.status < 400 {
			t.Errorf("%s answered %d, which is not described", key, a.status)
			return
		}
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if len(a.body) == 0 || !strings.HasSuffix(kind, "json") {
		return
	}
	content, ok := res.Content[kind]
	if !ok {
		t.Errorf("%s answered %d as %s, which is not described", key, a.status, kind)
		return
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Errorf("%s: %v", key, err)
		return
	}
	for _, problem := range conforms(content.Schema, v, "$") {
		t.Errorf("%s %d: %s in %s", key, a.status, problem, a.body)
	}
}

// conforms says where a value is not what a schema asks for.
func conforms(s *schema, v any, at string) (problems []string) {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		return conforms(schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")], v, at)
	}
	types, _ := s.Type.([]any)
	if one, ok := s.Type.(string); ok {
		types = []any{one}
	}
	got := map[bool]string{true: "null"}[v == nil]
	switch x := v.(type) {
	case string:
		got = "string"
	case float64:
		got = "number"
		if x == float64(int64(x)) && slices.Contains(types, any("integer")) {
			got = "integer"
		}
	case bool:
		got = "boolean"
	case []any:
		got = "array"
		for i, e := range x {
			problems = append(problems, conforms(s.Items, e, at+"["+strconv.Itoa(i)+"]")...)
		}
	case map[string]any:
		got = "object"
		for _, name := range s.Required {
			if _, ok := x[name]; !ok {
				problems = append(problems, at+"."+name+" is missing")
			}
		}
		for name, e := range x {
			p, ok := s.Properties[name]
			if !ok {
				if s.Additional == false {
					problems = append(problems, at+"."+name+" is not described")
				}
				continue
			}
			problems = append(problems, conforms(p, e, at+"."+name)...)
		}
	}
	if len(types) > 0 && !slices.Contains(types, any(got)) {
		problems = append(problems, at+" is "+got)
	}
	if len(s.Enum) > 0 && v != nil && got != "array" && !slices.Contains(s.Enum, v) {
		problems = append(problems, at+" is none of the enumerated")
	}
	return problems
}

func TestDescriptionListsEveryRoute(t *testing.T) {
	w := newWorld(t, setup{})
	if w.spec.Version != "3.1.0" {
		t.Errorf("OpenAPI %q, want 3.1.0", w.spec.Version)
	}
	var described, registered []string
	for key, op := range w.spec.ops {
		described = append(described, key)
		if op.Summary == "" || op.OperationID == "" {
			t.Errorf("%s has no summary or no name", key)
		}
		if _, ok := op.Responses["default"]; !ok {
			t.Errorf("%s does not say what a refusal looks like", key)
		}
	}
	// What the router really has under /api/v1, apart from what speaks no JSON.
	for _, r := range api.RoutesOf(w.server) {
		method, path, _ := strings.Cut(r, " ")
		if !strings.HasPrefix(path, "/api/v1/") || method == "OPTIONS" || path == "/api/v1/socket" {
			continue
		}
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if strings.HasPrefix(p, ":") {
				parts[i] = "{" + p[1:] + "}"
			}
		}
		registered = append(registered, method+" "+strings.Join(parts, "/"))
	}
	sort.Strings(described)
	sort.Strings(registered)
	if !slices.Equal(described, registered) {
		t.Errorf("described:\n%s\nregistered:\n%s", strings.Join(described, "\n"), strings.Join(registered, "\n"))
	}
	if len(described) < 50 {
		t.Errorf("only %d routes", len(described))
	}
}
