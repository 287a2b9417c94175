package load

import (
	"context"
	"fmt"
)

// SeatsPlan says how seats are made: visitors come through an inbox, and agents
// who have accounts take their conversations, so that the bot keeps silent.
type SeatsPlan struct {
	Base     string
	Inbox    string
	Count    int
	Email    func(agent int) string
	Password string
	PerAgent int // chats that one agent takes
}

// Make makes the seats.
func (p SeatsPlan) Make(ctx context.Context) ([]Seat, error) {
	var out []Seat
	var agent *Agent
	for i := range p.Count {
		if i%p.PerAgent == 0 {
			var err error
			if agent, err = SignIn(ctx, p.Base, p.Email(i/p.PerAgent), p.Password); err != nil {
				return nil, err
			}
		}
		v, err := NewSession(ctx, p.Base, p.Inbox)
		if err != nil {
			return nil, err
		}
		conv, err := OpenConversation(ctx, p.Base, v.Token, fmt.Sprintf("visitor %d is here", i))
		if err != nil {
			return nil, err
		}
		if err := agent.Take(ctx, conv); err != nil {
			return nil, err
		}
		out = append(out, Seat{Token: v.Token, Conversation: conv})
	}
	return out, nil
}
