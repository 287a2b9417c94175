package openai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	openai "github.com/sashabaranov/go-openai"
)

// Endpoint is where a model is served.
type Endpoint struct {
	URL    string       // base URL, with the version: "http://127.0.0.1:11434/v1"
	Key    string       // sent as a bearer token; "": none
	Model  string       // name of the model there
	Client *http.Client // nil: a new one without a time limit of its own
	// Usage is told the tokens of each complete answer, as far as the endpoint
	// reports them; nil: nobody is told and nothing is asked.
	Usage func(input, output int)
}

// maxResponse bounds what is read of one response: an endpoint that never ends,
// or never ends a line, must not fill the memory.
const maxResponse = 4 << 20

// temperature is low: answers stand on given passages and should not vary.
const temperature = .2

// Model is a chat model. It is safe for concurrent use.
type Model struct {
	client *openai.Client
	name   string
	usage  func(input, output int)
	silent atomic.Bool // the endpoint refuses to be asked for usage
}

var _ bot.Model = (*Model)(nil)

// New returns a model of an endpoint; nothing is sent yet. Error: Invalid.
func New(e Endpoint) (*Model, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return &Model{client: c, name: e.Model, usage: e.Usage}, nil
}

func (e Endpoint) client() (*openai.Client, error) {
	u, err := url.Parse(e.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fault.New(fault.Invalid, "the model's address must be a URL like http://127.0.0.1:11434/v1").WithField("url", "is not a URL")
	}
	if strings.TrimSpace(e.Model) == "" {
		return nil, fault.New(fault.Invalid, "the endpoint needs the name of a model").WithField("model", "is missing")
	}
	cfg := openai.DefaultConfig(e.Key)
	cfg.BaseURL = strings.TrimRight(e.URL, "/")
	httpClient := e.Client
	if httpClient == nil {
		httpClient = &http.Client{}
	}
	cfg.HTTPClient = bounded{httpClient}
	return openai.NewClientWithConfig(cfg), nil
}

// Name implements bot.Model.
func (m *Model) Name() string { return m.name }

// Generate streams a chat completion. Thoughts that a model writes between
// <think> and </think> are left out. Errors: Unavailable when the endpoint
// cannot be reached, answers with an error, or ends the stream before the
// answer is complete; Limited when it refuses for now; Denied when it refuses
// the key; an error of emit or of ctx as it is.
func (m *Model) Generate(ctx context.Context, p bot.Prompt, emit func(string) error) (string, error) {
	r := m.request(p)
	stream, err := m.client.CreateChatCompletionStream(ctx, r)
	if err != nil && r.StreamOptions != nil && refused(err) {
		// Perhaps it does not know the wish for usage: an answer matters more than a count.
		r.StreamOptions = nil
		if stream, err = m.client.CreateChatCompletionStream(ctx, r); err == nil {
			m.silent.Store(true)
		}
	}
	if err != nil {
		return "", m.fault(ctx, err)
	}
	defer stream.Close()
	var text strings.Builder
	var thoughts thoughtFilter
	finished := false
	input, output := 0, 0
	defer func() {
		if input+output > 0 {
			m.usage(input, output)
		}
	}()
	say := func(s string) error {
		if s == "" {
			return nil
		}
		text.WriteString(s)
		return emit(s)
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return text.String(), m.fault(ctx, err)
		}
		if u := r.Usage; u != nil && m.usage != nil {
			input, output = u.PromptTokens, u.CompletionTokens
		}
		for _, c := range r.Choices {
			if c.Index != 0 {
				continue
			}
			finished = finished || c.FinishReason != ""
			if err := say(thoughts.feed(c.Delta.Content)); err != nil {
				return text.String(), err
			}
		}
	}
	if !finished {
		return text.String(), fault.New(fault.Unavailable, "the model's answer broke off")
	}
	return text.String(), say(thoughts.rest())
}

func (m *Model) request(p bot.Prompt) openai.ChatCompletionRequest {
	r := openai.ChatCompletionRequest{Model: m.name, Stream: true}
	if m.usage != nil && !m.silent.Load() {
		r.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	if p.System != "" {
		r.Messages = append(r.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: p.System})
	}
	for _, msg := range p.Messages {
		role := openai.ChatMessageRoleUser
		if msg.Role == "assistant" {
			role = openai.ChatMessageRoleAssistant
		}
		r.Messages = append(r.Messages, openai.ChatCompletionMessage{Role: role, Content: msg.Text})
	}
	if reasons(m.name) {
		r.MaxCompletionTokens = p.MaxTokens
		return r
	}
	//lint:ignore SA1019 most compatible endpoints know the limit by this name only
	r.MaxTokens = p.MaxTokens
	r.Temperature = temperature
	return r
}

// reasons reports models that refuse max_tokens and a temperature.
func reasons(model string) bool {
	for _, p := range []string{"o1", "o3", "o4", "gpt-5"} {
		if strings.HasPrefix(model, p) {
			return true
		}
	}
	return false
}

// fault translates what the client says, by status and sentinel.
func (m *Model) fault(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return translate(err)
}

// refused reports whether the endpoint did not accept the request as it was made.
func refused(err error) bool {
	s := status(err)
	return s == http.StatusBadRequest || s == http.StatusUnprocessableEntity
}

// status is the HTTP status behind an error, 0 for none.
func status(err error) int {
	var api *openai.APIError
	var req *openai.RequestError
	switch {
	case errors.As(err, &api):
		return api.HTTPStatusCode
	case errors.As(err, &req):
		return req.HTTPStatusCode
	}
	return 0
}

func translate(err error) error {
	status := status(err)
	switch {
	case status == http.StatusTooManyRequests:
		return fault.Wrap(fault.Limited, err, "the model's endpoint takes no more requests for now")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.Wrap(fault.Denied, err, "the model's endpoint refuses the key")
	case status == http.StatusNotFound:
		return fault.Wrap(fault.NotFound, err, "the model's endpoint knows no such model or path")
	case status >= 400 && status < 500:
		return fault.Wrap(fault.Internal, err, "the model's endpoint does not accept the request")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Wrap(fault.Unavailable, err, "the model's answer broke off")
	}
	return fault.Wrap(fault.Unavailable, err, "the model's endpoint failed")
}

// bounded limits how much of a response is read.
type bounded struct{ client *http.Client }

func (b bounded) Do(r *http.Request) (*http.Response, error) {
	resp, err := b.client.Do(r)
	if err != nil {
		return nil, err
	}
	resp.Body = limitedBody{io.LimitReader(resp.Body, maxResponse), resp.Body}
	return resp, nil
}

type limitedBody struct {
	io.Reader
	io.Closer
}
