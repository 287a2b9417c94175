package main

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

// perAgent is how many chats one person of a bench serves: the most there may be.
const perAgent = 50

const staffPassword = "a bench's password"

func staffEmail(i int) string { return fmt.Sprintf("agent%d@bench.example", i) }

// staff returns what prepares a bed with enough people to serve count seats.
func staff(count int) func(app *frontdesk.App) error {
	return func(app *frontdesk.App) error {
		for i := range (count + perAgent - 1) / perAgent {
			err := app.AddPerson(context.Background(), frontdesk.Person{
				Email: staffEmail(i), Name: "Bench", Password: staffPassword, Roles: []string{"agent"}, Capacity: perAgent,
			})
			if err != nil && !fault.Is(err, fault.Conflict) { // the folder was used by an earlier bench
				return err
			}
		}
		return nil
	}
}

// seats gives count visitors a conversation that a person serves.
func (b *bed) seats(ctx context.Context, count int) ([]load.Seat, error) {
	return load.SeatsPlan{Base: b.base, Inbox: benchInbox, Count: count, Email: staffEmail, Password: staffPassword, PerAgent: perAgent}.Make(ctx)
}
