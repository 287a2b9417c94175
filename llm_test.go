package frontdesk

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// streamed is what one question's answer looked like on the socket.
type streamed struct {
	deltas int
	state  string // of the finished event; "" when the answer came whole
	text   string
}

// TestLlamaStreams asks about the sample shop's pages with a small model behind
// llama.cpp's server, as `make test-llm` starts it. What a model of this size
// says is not judged; that every question ends in words, and that what was
// streamed is what was stored, is.
func TestLlamaStreams(t *testing.T) {
	url := os.Getenv("FRONTDESK_TEST_LLM_URL")
	if url == "" {
		t.Skip("no model server: run make test-llm")
	}
	c := Defaults()
	c.Storage.Dir, c.Server.Addr, c.Server.Demo = t.TempDir(), "127.0.0.1:0", true
	c.LLM.URL, c.LLM.Model, c.LLM.TurnLimit = url, "gemma", 60*time.Second
	app, err := Open(t.Context(), c, WithoutLimits(), WithLog(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, err := app.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(address string) { ready <- address }) }()
	base := "http://" + <-ready
	questions := []string{
		"How much does a kintsugi repair cost and how long does it take?",
		"How hot should the water be for oolong tea?",
		"Do I have to pay import tax in Switzerland?",
		"What does the guarantee cover?",
		"How should I season a clay teapot before I use it?",
		"What happens if a parcel comes back because nobody was at home?",
		"How do I wash a bowl with a gold rim?",
		"Which clay do you use for the cups?",
	}
	streams := 0
	for _, q := range questions {
		got := askLive(t, base, q)
		t.Logf("%q: %d pieces, state %q, %q", q, got.deltas, got.state, got.text)
		if strings.TrimSpace(got.text) == "" {
			t.Errorf("%q ended without words", q)
		}
		if got.deltas > 1 && got.state == string(bot.RunComplete) {
			streams++
		}
	}
	if streams == 0 {
		t.Error("no answer was streamed to its end")
	}
	traces, err := app.db.conversations.Turns(t.Context(), bot.TurnQuery{Workspace: id.DefaultWorkspace, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range traces {
		if tr.Model == "" && tr.Fallback == "" && tr.Decision == bot.DecideAnswer && curated(tr) == "" {
			t.Errorf("%q was answered without the model and without saying why", tr.Asked)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// curated returns the answer's own document when it is an editor's entry, which
// is given word for word without a model.
func curated(tr bot.Trace) knowledge.DocumentID {
	for _, c := range tr.Candidates {
		if c.Curated && len(tr.Sources) > 0 && string(c.Document) == tr.Sources[0].Document {
			return c.Document
		}
	}
	return ""
}

// askLive asks in a conversation of its own and reads the socket until the
// answer is whole.
func askLive(t *testing.T, base, question string) streamed {
	t.Helper()
	s, err := load.NewSession(t.Context(), base, "shop")
	if err != nil {
		t.Fatal(err)
	}
	var out streamed
	whole := make(chan struct{}, 8)
	assembled := ""
	c, err := load.Dial(t.Context(), base, s.Token, nil, nil, func(f load.Frame) {
		switch f.Type {
		case "delta":
			out.deltas++
			assembled += f.Text
		case "reset":
			assembled = f.Text
		}
		for _, e := range f.Events {
			switch {
			case e.Kind == "finished":
				out.text, out.state = e.Text, e.State
				if e.State == string(bot.RunComplete) && assembled != "" && assembled != e.Text {
					t.Errorf("streamed %q, stored %q", assembled, e.Text)
				}
				whole <- struct{}{}
			case e.Kind == "message" && e.Author.Kind == "bot":
				out.text = e.Text
				whole <- struct{}{}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": id.New(), "text": question}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-whole:
	case <-time.After(90 * time.Second):
		t.Fatalf("%q was never answered", question)
	}
	return out
}

// A frame's text survives its reading; deltas stand on it.
func TestFrameText(t *testing.T) {
	var f load.Frame
	if err := json.Unmarshal([]byte(`{"type":"delta","event":"e","text":"hello"}`), &f); err != nil || f.Text != "hello" {
		t.Errorf("got %+v, %v", f, err)
	}
}
