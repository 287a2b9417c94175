package load

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Session is what a visitor gets from the server.
type Session struct {
	Token   string `json:"token"`
	Visitor struct {
		ID string `json:"id"`
	} `json:"visitor"`
}

// NewSession starts a visitor's session with an inbox.
func NewSession(ctx context.Context, base, inbox string) (Session, error) {
	var s Session
	err := call(ctx, http.DefaultClient, http.MethodPost, base+"/api/v1/visitor/sessions", base, nil, map[string]any{"inbox": inbox, "language": "en"}, &s)
	return s, err
}

// get reads an answer as a visitor.
func get(ctx context.Context, url, origin, token string, out any) error {
	return call(ctx, http.DefaultClient, http.MethodGet, url, origin, map[string]string{"Authorization": "Bearer " + token}, nil, out)
}

// OpenConversation sends a first message and returns the conversation it made.
func OpenConversation(ctx context.Context, base, token, words string) (string, error) {
	var ack struct {
		Conversation string `json:"conversation"`
	}
	err := call(ctx, http.DefaultClient, http.MethodPost, base+"/api/v1/visitor/messages", base, map[string]string{"Authorization": "Bearer " + token},
		map[string]any{"id": id.New(), "client_conv_id": id.New(), "text": words}, &ack)
	return ack.Conversation, err
}

// call sends body as JSON and reads the answer into out; headers may be nil. Whoever
// asks too much of one address waits as long as the server says.
func call(ctx context.Context, client *http.Client, method, url, origin string, headers map[string]string, body, out any) error {
	h := http.Header{"Origin": {origin}}
	for k, v := range headers {
		h.Set(k, v)
	}
	for {
		status, retry, err := request(ctx, client, method, url, h, body, out)
		if status != http.StatusTooManyRequests || !sleep(ctx, max(retry, 100*time.Millisecond)) {
			return err
		}
	}
}
