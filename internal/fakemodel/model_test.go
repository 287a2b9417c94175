package fakemodel_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fakemodel"
)

const prompt = "Help pages:\n\n[1] Repairs\nA repair takes ten days. It costs 60.\n\n[2] Other\nNot this.\n\nQuestion: how long?"

// ask returns the text of a call, and whether the stream said that it was over.
func ask(t *testing.T, ctx context.Context, s *fakemodel.Server) (status int, text string, over bool, err error) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"model": "m", "stream": true, "messages": []map[string]string{{"role": "user", "content": prompt}}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", false, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			over = true
			continue
		}
		var c struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			return res.StatusCode, text, over, err
		}
		text += c.Choices[0].Delta.Content
		if len(text) > 10_000 {
			return res.StatusCode, text, over, nil
		}
	}
	return res.StatusCode, text, over, lines.Err()
}

func TestScripts(t *testing.T) {
	s, err := fakemodel.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const whole = "A repair takes ten days. [1] It costs 60. [1] "
	cases := []struct {
		name   string
		script fakemodel.Script
		status int
		check  func(text string, over bool, err error) bool
	}{
		{"whole", fakemodel.Script{Pause: time.Microsecond}, 200, func(x string, over bool, err error) bool { return x == whole && over && err == nil }},
		{"429", fakemodel.Script{Status: 429}, 429, func(x string, _ bool, _ error) bool { return x == "" }},
		{"cut", fakemodel.Script{Cut: 3}, 200, func(x string, over bool, err error) bool {
			return x == "A repair takes " && !over && err != nil && err != io.EOF
		}},
		{"invalid", fakemodel.Script{Invalid: 2}, 200, func(x string, over bool, err error) bool { return x == "A repair " && !over && err != nil }},
		{"endless", fakemodel.Script{Endless: true}, 200, func(x string, over bool, _ error) bool { return len(x) > 10_000 && !over }},
		{"slow", fakemodel.Script{Endless: true, Slow: true}, 200, func(x string, over bool, _ error) bool { return strings.HasPrefix(x, "and and and ") && !over }},
		{"loop", fakemodel.Script{Loop: true}, 200, func(x string, _ bool, _ error) bool {
			return strings.HasPrefix(x, strings.Repeat("A repair takes ten days. [1] ", 50))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.Play(c.script)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			status, text, over, err := ask(t, ctx, s)
			if status != c.status || !c.check(text, over, err) {
				t.Errorf("status %d, over %v, %v: %.200q", status, over, err, text)
			}
		})
	}
	for _, hang := range []int{-1, 2} {
		s.Play(fakemodel.Script{Hang: hang})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, text, over, err := ask(t, ctx, s)
		cancel()
		if err == nil || over || hang < 0 && text != "" || hang > 0 && text != "A repair " {
			t.Errorf("hang %d: %q, over %v, %v", hang, text, over, err)
		}
	}
}
