package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/openai"
)

// serve answers chat completions as the handler says.
func serve(t *testing.T, h http.HandlerFunc) *openai.Model {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	m, err := openai.New(openai.Endpoint{URL: s.URL + "/v1/", Key: "secret-key", Model: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sse(w io.Writer, content, finish string) {
	data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{
		"index": 0, "delta": map[string]string{"content": content}, "finish_reason": json.RawMessage(finishJSON(finish)),
	}}})
	fmt.Fprintf(w, "data: %s\n\n", data)
}

func finishJSON(s string) string {
	if s == "" {
		return "null"
	}
	return `"` + s + `"`
}

func ask(ctx context.Context, m *openai.Model, emit func(string) error) (string, error) {
	return m.Generate(ctx, bot.Prompt{
		System: "Be brief.", Messages: []bot.PromptMessage{{Role: "user", Text: "Q1"}, {Role: "assistant", Text: "A1"}, {Role: "user", Text: "Q2"}}, MaxTokens: 50,
	}, emit)
}

func TestGenerate(t *testing.T) {
	var got map[string]any
	m := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer secret-key" {
			t.Errorf("%s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		sse(w, "<thi", "")
		sse(w, "nk>hm, 3 < 4</think>\n\nTwo to ", "")
		sse(w, "four 天", "")
		sse(w, "", "stop")
		fmt.Fprint(w, "data: [DONE]\n\n")
	})
	var pieces []string
	text, err := ask(t.Context(), m, func(s string) error { pieces = append(pieces, s); return nil })
	if err != nil || text != "Two to four 天" || strings.Join(pieces, "") != text {
		t.Errorf("%q, %v in pieces %q", text, err, pieces)
	}
	want := map[string]any{
		"model": "tiny", "stream": true, "max_tokens": 50.0, "temperature": got["temperature"],
		"messages": []any{
			map[string]any{"role": "system", "content": "Be brief."},
			map[string]any{"role": "user", "content": "Q1"},
			map[string]any{"role": "assistant", "content": "A1"},
			map[string]any{"role": "user", "content": "Q2"},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
}

func TestGenerateFails(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	for _, c := range []struct {
		name string
		h    http.HandlerFunc
		kind fault.Kind
		text string
	}{
		{"429", status(429, `{"error":{"message":"slow down secret-key","type":"x"}}`), fault.Limited, ""},
		{"500", status(500, `oops secret-key`), fault.Unavailable, ""},
		{"401", status(401, `{"error":{"message":"bad key"}}`), fault.Denied, ""},
		{"404", status(404, `{"error":{"message":"no model"}}`), fault.NotFound, ""},
		{"400", status(400, `{"error":{"message":"what"}}`), fault.Internal, ""},
		{"html instead of a stream", status(200, `<html>hello</html>`), fault.Unavailable, ""},
		{"invalid JSON", func(w http.ResponseWriter, _ *http.Request) {
			sse(w, "Two ", "")
			fmt.Fprint(w, "data: {\"choices\": [{\"delta\"\n\n")
		}, fault.Unavailable, "Two "},
		{"an error within the stream", func(w http.ResponseWriter, _ *http.Request) {
			sse(w, "Two ", "")
			fmt.Fprint(w, "data: {\"error\":{\"message\":\"out of memory\"}}\n\n")
		}, fault.Unavailable, "Two "},
		{"ends without an end", func(w http.ResponseWriter, _ *http.Request) { sse(w, "Two ", "") }, fault.Unavailable, "Two "},
		{"connection cut", func(w http.ResponseWriter, _ *http.Request) {
			sse(w, "Two ", "")
			w.(http.Flusher).Flush()
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		}, fault.Unavailable, "Two "},
		{"a line without end", func(w http.ResponseWriter, _ *http.Request) {
			for range 6 << 10 {
				fmt.Fprint(w, strings.Repeat("x", 1<<10))
			}
		}, fault.Unavailable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := ask(t.Context(), serve(t, c.h), func(string) error { return nil })
			if fault.KindOf(err) != c.kind || text != c.text {
				t.Errorf("%q, %v (%s); want %q, %s", text, err, fault.KindOf(err), c.text, c.kind)
			}
			if strings.Contains(fault.Message(err), "secret") {
				t.Errorf("message %q repeats what the endpoint said", fault.Message(err))
			}
		})
	}
}

func TestGenerateStops(t *testing.T) {
	gone := make(chan struct{}, 2)
	m := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sse(w, "Two ", "")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	})
	enough := errors.New("enough")
	if _, err := ask(t.Context(), m, func(string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v, want the error of emit", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := ask(ctx, m, func(string) error { cancel(enough); return nil }); !errors.Is(err, enough) {
		t.Errorf("got %v, want the cause", err)
	}
	for range 2 {
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Fatal("the endpoint was never told to stop")
		}
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	m, err := openai.New(openai.Endpoint{URL: s.URL, Model: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), m, func(string) error { return nil }); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	for _, e := range []openai.Endpoint{{URL: "127.0.0.1:1", Model: "m"}, {URL: "ftp://x", Model: "m"}, {URL: "http://x"}} {
		if _, err := openai.New(e); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, want invalid", e, err)
		}
	}
}

func TestEmbed(t *testing.T) {
	reply := `{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}]}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, reply) }))
	t.Cleanup(s.Close)
	e, err := openai.NewEmbedder(openai.Endpoint{URL: s.URL, Model: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.EmbedQueries(t.Context(), []string{"a", "b"})
	if d := cmp.Diff([][]float32{{.6, .8}, {0, 1}}, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for _, bad := range []string{
		`{"data":[{"index":0,"embedding":[3,4]}]}`, `{"data":[{"index":0,"embedding":[3,4]},{"index":0,"embedding":[3,4]}]}`,
		`{"data":[{"index":0,"embedding":[3,4]},{"index":7,"embedding":[3,4]}]}`, `{"data":[{"index":0,"embedding":[3,4]},{"index":1,"embedding":[3]}]}`,
	} {
		reply = bad
		if _, err := e.EmbedPassages(t.Context(), []string{"a", "b"}); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v, want internal", bad, err)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name     string
		refuses  bool // answers 400 to who asks for usage
		requests int  // of two answers
		want     []int
	}{
		{"told", false, 2, []int{900, 100, 900, 100}},
		{"refused", true, 3, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			requests := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				var asked struct {
					Options *struct {
						Usage bool `json:"include_usage"`
					} `json:"stream_options"`
				}
				if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
					t.Error(err)
				}
				wants := asked.Options != nil && asked.Options.Usage
				if wants && c.refuses {
					http.Error(w, `{"error":{"message":"stream_options is not known"}}`, http.StatusBadRequest)
					return
				}
				sse(w, "Hello.", "stop")
				if wants {
					fmt.Fprint(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":100}}\n\n")
				}
				fmt.Fprint(w, "data: [DONE]\n\n")
			}))
			defer s.Close()
			var got []int
			m, err := openai.New(openai.Endpoint{URL: s.URL, Model: "tiny", Usage: func(input, output int) { got = append(got, input, output) }})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if text, err := ask(t.Context(), m, func(string) error { return nil }); err != nil || text != "Hello." {
					t.Fatalf("got %q, %v", text, err)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" || requests != c.requests {
				t.Errorf("%d requests, want %d; tokens (-want +got):\n%s", requests, c.requests, d)
			}
		})
	}
}
