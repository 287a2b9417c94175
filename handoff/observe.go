package handoff

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Observer is told what happens at the desk, for metrics. Its methods must not
// block, are called concurrently and must not change what they are given.
type Observer interface {
	// Moved tells of a move once it is durable.
	Moved(m Moved)
	// Seen shows the desk of a workspace as a sweep left it.
	Seen(ws bot.WorkspaceID, f Floor, now time.Time)
}

// Moved is what one move did.
type Moved struct {
	At            time.Time
	Before, After bot.Conversation
	Since         time.Time     // start of the wait that the move began or found; zero: there was none
	Offers        []Reservation // that it made or ended
	Agents        []Agent       // that it changed, as it left them
}

type unobserved struct{}

func (unobserved) Moved(Moved)                            {}
func (unobserved) Seen(bot.WorkspaceID, Floor, time.Time) {}
