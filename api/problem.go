package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

// Problem is an RFC 9457 document.
type Problem struct {
	Type     string         `json:"type" doc:"Always about:blank: code says what is wrong." example:"about:blank"`
	Title    string         `json:"title" doc:"Name of the status." example:"Not Found"`
	Status   int            `json:"status" example:"404"`
	Detail   string         `json:"detail,omitempty" doc:"What is wrong, for people." example:"There is no such conversation."`
	Instance string         `json:"instance,omitempty" doc:"Names this request in the log, as the header X-Request-ID does." example:"urn:uuid:0199c0de-0000-7000-8000-000000000000"`
	Code     string         `json:"code" doc:"What is wrong, for programs." enum:"invalid,not_found,conflict,denied,unauthenticated,limited,unavailable,internal,method_not_allowed,unsupported_media_type,not_acceptable,too_large"`
	Errors   []FieldProblem `json:"errors,omitempty" doc:"What is wrong in which field."`
	Stopped  *Verdict       `json:"stopped,omitempty" doc:"Of a publish that the release gate stopped: the confirmed questions that would break."`

	retry time.Duration // when to try again; 0: not said
}

// FieldProblem is one wrong field.
type FieldProblem struct {
	Location string `json:"location,omitempty" example:"body.email"`
	Message  string `json:"message" example:"write one address"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problem documents, whatever was negotiated.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers of the response.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retry+time.Second-1)/time.Second)))
	}
	return h
}

// statusGone is what nginx calls a client that went away: nobody reads it.
const statusGone = 499

// statusOf maps a kind of fault to its HTTP status.
func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// codeOf names a status that no fault of ours led to: the router's or huma's.
func codeOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return string(fault.NotFound)
	case http.StatusConflict:
		return string(fault.Conflict)
	case http.StatusForbidden:
		return string(fault.Denied)
	case http.StatusUnauthorized:
		return string(fault.Unauthenticated)
	case http.StatusTooManyRequests:
		return string(fault.Limited)
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return string(fault.Unavailable)
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	case http.StatusNotAcceptable:
		return "not_acceptable"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	}
	if status >= 500 {
		return string(fault.Internal)
	}
	return string(fault.Invalid)
}

// problemOf turns any error into the document that the caller gets. Only what a
// fault says for people goes in; causes go to the log.
func problemOf(err error) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	kind := fault.KindOf(err)
	p := &Problem{Type: "about:blank", Status: statusOf(kind), Detail: fault.Message(err), Code: string(kind)}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		for _, field := range f.Fields {
			p.Errors = append(p.Errors, FieldProblem{Location: field.Name, Message: field.Problem})
		}
	} else {
		switch {
		case errors.Is(err, context.Canceled):
			p.Status, p.Code, p.Detail = statusGone, string(fault.Unavailable), "The caller went away."
		case errors.Is(err, context.DeadlineExceeded):
			p.Status, p.Code, p.Detail = http.StatusServiceUnavailable, string(fault.Unavailable), "That took too long. Try again."
		}
	}
	if stopped := (*training.Stopped)(nil); errors.As(err, &stopped) {
		v := verdictOf(stopped.Verdict)
		p.Stopped, p.Errors = &v, nil // a question is no field
	}
	var wait interface{ RetryAfter() time.Duration }
	switch {
	case errors.As(err, &wait):
		p.retry = wait.RetryAfter()
	case p.Status == http.StatusServiceUnavailable:
		p.retry = time.Second
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// retryIn is the cause of a Limited error that says when to try again.
type retryIn struct{ wait time.Duration }

func (r retryIn) Error() string             { return "limited for " + r.wait.String() }
func (r retryIn) RetryAfter() time.Duration { return r.wait }

// tooMuch returns a Limited error with the time to wait.
func tooMuch(wait time.Duration, message string) error {
	return fault.Wrap(fault.Limited, retryIn{wait}, "%s", message)
}

// busy is an error of a node that has no room now, with the time to wait.
func busy(wait time.Duration, message string) error {
	return fault.Wrap(fault.Unavailable, retryIn{max(wait, time.Millisecond)}, "%s", message)
}

// problem finishes the document of an error for one request, and logs what the
// caller must not read.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	p := *problemOf(err)
	c := callOf(ctx)
	if c.chinese {
		p = s.zh.spoken(p)
	}
	p.Instance = "urn:uuid:" + c.request
	if p.Status == http.StatusInternalServerError {
		s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("request_id", c.request), slog.Any("error", err))
	} else if p.Status == http.StatusServiceUnavailable {
		level := slog.LevelWarn
		if _, limited := errors.AsType[retryIn](err); limited {
			level = slog.LevelDebug // a storm is counted; a line for each would make it worse
		}
		s.log.LogAttrs(ctx, level, "request refused", slog.String("request_id", c.request), slog.Any("error", err))
	}
	return &p
}

// refuse answers a request with an error. It is the one writer of refusals:
// routes behind huma reach it through their middleware or through outcome.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	body, merr := json.Marshal(p)
	if merr != nil {
		s.log.Error("a problem could not be encoded", "error", merr)
		return
	}
	h := w.Header()
	for k, v := range p.GetHeaders() {
		h[k] = v
	}
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the caller may have gone
}

// reshape turns huma's own errors (validation, media types, sizes) into problem
// documents; it is a transformer of every response.
func (s *Server) reshape(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Type: "about:blank", Title: http.StatusText(m.Status), Status: m.Status, Detail: m.Detail, Code: codeOf(m.Status)}
	p.Instance = "urn:uuid:" + callOf(ctx.Context()).request
	if p.Detail == "validation failed" {
		p.Detail = "Some of what was sent does not fit."
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, FieldProblem{Location: e.Location, Message: e.Message})
		}
	}
	if m.Status >= 500 {
		s.log.Error("request failed", "request_id", callOf(ctx.Context()).request, "error", m.Detail, "errors", len(m.Errors))
		p.Detail, p.Errors = "Something went wrong on our side.", nil
	}
	if callOf(ctx.Context()).chinese {
		*p = s.zh.spoken(*p)
	}
	return p, nil
}
