// Package fakemodel is an OpenAI-compatible endpoint that follows a script. It
// answers from the passages in the prompt, so that its words pass the check that
// every sentence is supported, and it fails in the ways that endpoints fail.
package fakemodel

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Script is how calls go. The zero value answers at once and in full.
type Script struct {
	Pause   time.Duration // before each word
	Hang    int           // falls silent after so many words; negative: before the first
	Status  int           // answers with this status instead of a stream
	Cut     int           // breaks the connection after so many words
	Invalid int           // sends a line that is not JSON after so many words
	Endless bool          // says its words again and again, without an end
	Loop    bool          // says its first sentence again and again
	Slow    bool          // with Endless: words that are never a sentence

	// Translations are what prompts for a translation are answered with, by the words
	// to translate; what is not among them is said back.
	Translations map[string]string
}

// Server is the endpoint.
type Server struct {
	http    *http.Server
	url     string
	stop    context.CancelFunc
	ended   chan struct{}
	calls   atomic.Int64
	running atomic.Int64

	mu     sync.Mutex
	script Script // guarded by mu
}

// New starts an endpoint on a free port of the loopback.
func New() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{url: "http://" + l.Addr().String(), stop: stop, ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.complete)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(l) // ends with Close
	}()
	return s, nil
}

// URL is the base URL, with the version.
func (s *Server) URL() string { return s.url + "/v1" }

// Addr is HOST:PORT, for a proxy before it.
func (s *Server) Addr() string { return strings.TrimPrefix(s.url, "http://") }

// Play sets the script of calls that begin from now on.
func (s *Server) Play(c Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = c
}

// Calls is how often the endpoint was asked, Running how many calls are open.
func (s *Server) Calls() int { return int(s.calls.Load()) }

// Running is the number of calls that have not ended.
func (s *Server) Running() int { return int(s.running.Load()) }

// Close ends every call and the server.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	<-s.ended
	return err
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	s.running.Add(1)
	defer s.running.Add(-1)
	s.mu.Lock()
	script := s.script
	s.mu.Unlock()
	var in struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Messages) == 0 {
		http.Error(w, `{"error":{"message":"no messages"}}`, http.StatusBadRequest)
		return
	}
	if script.Status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(script.Status)
		fmt.Fprintf(w, `{"error":{"message":"scripted status %d"}}`, script.Status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	if script.Hang < 0 {
		<-r.Context().Done()
		return
	}
	prompt := in.Messages[len(in.Messages)-1].Content
	if out, ok := script.Translations[marked(prompt)]; ok {
		s.stream(w, r, script, []string{out})
		return
	}
	s.stream(w, r, script, words(prompt))
}

// stream says the words as the script wants.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, script Script, text []string) {
	flush := http.NewResponseController(w)
	if script.Loop {
		for i, word := range text {
			if strings.HasSuffix(word, "] ") {
				text = text[:i+1]
				break
			}
		}
	}
	for n := 0; script.Endless || script.Loop || n < len(text); n++ {
		switch {
		case script.Hang > 0 && n == script.Hang:
			<-r.Context().Done()
			return
		case script.Cut > 0 && n == script.Cut:
			panic(http.ErrAbortHandler) // the server closes the connection without an end of the stream
		case script.Invalid > 0 && n == script.Invalid:
			fmt.Fprint(w, "data: {\"choices\": [{\"delta\"\n\n")
			return
		}
		if script.Pause > 0 {
			t := time.NewTimer(script.Pause)
			select {
			case <-t.C:
			case <-r.Context().Done():
				t.Stop()
				return
			}
		}
		word := text[n%len(text)]
		if script.Slow {
			word = "and "
		}
		if err := piece(w, word, ""); err != nil {
			return
		}
		if err := flush.Flush(); err != nil {
			return
		}
	}
	if err := piece(w, "", "stop"); err == nil {
		fmt.Fprint(w, "data: [DONE]\n\n")
	}
}

func piece(w http.ResponseWriter, content, finish string) error {
	choice := map[string]any{"index": 0, "delta": map[string]string{"content": content}}
	if finish != "" {
		choice["finish_reason"] = finish
	}
	b, err := json.Marshal(map[string]any{"id": "scripted", "object": "chat.completion.chunk", "choices": []any{choice}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", b)
	return err
}

// marked are the words of a prompt that stand between two equal lines.
func marked(prompt string) string {
	mark, rest, _ := strings.Cut(prompt, "\n")
	text, _ := strings.CutSuffix(rest, "\n"+mark)
	return text
}

// words cuts the first page of the prompt into words, with a citation behind each
// sentence. A prompt without pages is said back: it asks for a rewrite.
func words(prompt string) []string {
	_, page, ok := strings.Cut(prompt, "\n[1] ")
	if !ok {
		return []string{prompt}
	}
	page, _, _ = strings.Cut(page, "\n[2] ")
	page, _, _ = strings.Cut(page, "\nQuestion:")
	page, _, _ = strings.Cut(page, "\n问题：")
	_, page, _ = strings.Cut(page, "\n") // without its name
	var out []string
	for _, word := range strings.Fields(page) {
		out = append(out, word+" ")
		if strings.HasSuffix(word, ".") {
			out = append(out, "[1] ")
		}
	}
	if len(out) == 0 {
		return []string{prompt}
	}
	return out
}
