package load

import (
	"bytes"
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// DeliveriesPlan is what the clients of a deliveries bench are told. Each seat's
// conversation is read by Readers sockets, one of which sends into it.
type DeliveriesPlan struct {
	Base    string        `json:"base"`
	Seats   []Seat        `json:"seats"`
	Readers int           `json:"readers"`
	Rate    float64       `json:"rate"` // deliveries a second over all readers, open loop
	Warm    time.Duration `json:"warm"` // under load before counting starts
	Seconds time.Duration `json:"seconds"`
}

// Deliveries runs the plan and returns what the clients saw.
func Deliveries(ctx context.Context, plan DeliveriesPlan) (*DeliveriesReport, error) {
	return plan.Fanout().Run(ctx)
}

// Fanout is the plan with sockets that speak our protocol.
func (p DeliveriesPlan) Fanout() Fanout {
	return Fanout{
		Groups: len(p.Seats), Readers: p.Readers, Rate: p.Rate, Warm: p.Warm, Seconds: p.Seconds,
		Join: func(ctx context.Context, group, reader int, saw func([]byte)) (Voice, error) {
			return p.join(ctx, p.Seats[group], group*p.Readers+reader, saw)
		},
	}
}

// visitorVoice is a visitor's socket that follows one conversation and sends into it.
type visitorVoice struct {
	*Client
	conversation string
}

// Say implements Voice.
func (v visitorVoice) Say(words string) error { return v.Send(id.New(), v.conversation, words) }

// firstEvent is where the events of a frame begin. The conversation, which stands
// before them, repeats the last text.
var firstEvent = []byte(`"events":[`)

// join connects the i-th socket and waits until it follows its conversation.
func (p DeliveriesPlan) join(ctx context.Context, seat Seat, i int, saw func([]byte)) (Voice, error) {
	client, err := dial(ctx, p.Base, seat.Token, []Cursor{{ID: seat.Conversation}}, DialerFrom(i))
	if err != nil {
		return nil, err
	}
	synced := make(chan struct{})
	joined := false
	go client.stream(func(data []byte) {
		if !joined {
			if isFrame(data, "synced") {
				joined = true
				close(synced)
			}
			return
		}
		if at := bytes.Index(data, firstEvent); at >= 0 && isFrame(data, "events") {
			saw(data[at:])
		}
	})
	select {
	case <-synced:
		return visitorVoice{client, seat.Conversation}, nil
	case <-client.Done():
		return nil, client.Err()
	}
}
