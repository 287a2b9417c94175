package load

import (
	"context"
	"net/http"
	"net/http/cookiejar"
)

// Agent is a person signed in to the console.
type Agent struct {
	base   string
	client *http.Client
	csrf   string
}

// SignIn signs an agent in.
func SignIn(ctx context.Context, base, email, password string) (*Agent, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	a := &Agent{base: base, client: &http.Client{Jar: jar}}
	var in struct {
		CSRF string `json:"csrf"`
	}
	err = call(ctx, a.client, http.MethodPost, base+"/api/v1/sessions", base, nil, map[string]string{"email": email, "password": password}, &in)
	a.csrf = in.CSRF
	return a, err
}

// Take makes the agent responsible for a conversation.
func (a *Agent) Take(ctx context.Context, conversation string) error {
	return call(ctx, a.client, http.MethodPost, a.base+"/api/v1/conversations/"+conversation+"/take", a.base,
		map[string]string{"X-CSRF-Token": a.csrf}, map[string]any{}, nil)
}
