package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/history"
)

// answer reads a response of the API.
func answer(res *http.Response, what string, out any) (status int, retry time.Duration, err error) {
	text, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return 0, 0, err
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		retry = time.Duration(s) * time.Second
	}
	if res.StatusCode >= 300 {
		return res.StatusCode, retry, fmt.Errorf("%s: status %d: %.300s", what, res.StatusCode, text)
	}
	if out == nil || len(text) == 0 {
		return res.StatusCode, retry, nil
	}
	return res.StatusCode, retry, json.Unmarshal(text, out)
}

// Talker is somebody in a conversation for whom the generator speaks.
type Talker struct {
	User         *User
	Conversation string
}

// Generator sends at given times whatever the server does: a stall shows in the
// latency of everything that was meant to be sent in it.
type Generator struct {
	Log     *history.Log
	Talkers []Talker
	Rate    float64 // sends a second, over all
	Seed    uint64
}

// Run sends until ctx ends and returns how many, and how late the generator
// itself was at worst: a late one measures itself.
func (g Generator) Run(ctx context.Context) (sends int, late time.Duration) {
	rng := rand.New(rand.NewPCG(g.Seed, 0x6c6f6164))
	gap := time.Duration(float64(time.Second) / g.Rate)
	start := g.Log.Now()
	for ; ; sends++ {
		meant := start + gap*time.Duration(sends)
		if wait := meant - g.Log.Now(); wait > 0 {
			if !sleep(ctx, wait) {
				return sends, late
			}
		} else if ctx.Err() != nil {
			return sends, late
		}
		late = max(late, g.Log.Now()-meant)
		t := g.Talkers[rng.IntN(len(g.Talkers))]
		t.User.Say(t.Conversation, "message "+strconv.Itoa(sends), meant)
	}
}

// ReadFinal reads a whole conversation as the user sees it, above number from.
func (u *User) ReadFinal(ctx context.Context, conversation string, from int64) (history.Final, error) {
	f := history.Final{View: u.o.View, Conversation: conversation, From: from}
	var pages [][]Event
	below := int64(0)
	for {
		var page struct {
			Events []Event `json:"events"`
		}
		path := u.prefix() + conversation + "/events?limit=200"
		if below > 0 {
			path += fmt.Sprintf("&before=%d", below)
		}
		status, retry, err := u.request(ctx, http.MethodGet, path, nil, &page)
		if (status == 0 || status == http.StatusTooManyRequests || status >= 500) && ctx.Err() == nil && err != nil {
			if sleep(ctx, max(retry, 100*time.Millisecond)) {
				continue // the last of a fault; the caller's time is the limit
			}
		}
		if err != nil {
			return f, err
		}
		if len(page.Events) == 0 {
			break
		}
		pages = append(pages, page.Events)
		below = page.Events[0].N
		if below <= from+1 {
			break
		}
	}
	for i := len(pages) - 1; i >= 0; i-- {
		for _, e := range pages[i] {
			if e.N > from {
				f.Events = append(f.Events, history.Stored{N: e.N, Event: e.ID, ID: idIn(e.Text)})
			}
		}
	}
	return f, nil
}
