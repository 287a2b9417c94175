package handoff

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// TicketStore reads tickets and keeps what becomes of mails. Tickets themselves
// are written by Store.Move, with the conversation's events.
type TicketStore interface {
	// Tickets lists tickets in the order that the query asks for.
	Tickets(ctx context.Context, q TicketQuery) ([]Ticket, error)

	// Ticket returns one ticket with what belongs to it. Error: NotFound.
	Ticket(ctx context.Context, ws bot.WorkspaceID, ticket TicketID) (TicketFile, error)

	// MailDone notes what became of a mail that was due; others stay as they are.
	// Error: NotFound.
	MailDone(ctx context.Context, ws bot.WorkspaceID, mail string, state MailState, failure string, now time.Time) error

	// Mail returns one mail. Error: NotFound.
	Mail(ctx context.Context, ws bot.WorkspaceID, mail string) (Mail, error)

	// OldestMail says since when the oldest mail of all workspaces that is due waits
	// to be sent; zero: none does.
	OldestMail(ctx context.Context) (time.Time, error)
}

// TicketFile is a ticket with what belongs to it.
type TicketFile struct {
	Ticket Ticket
	Linked []Ticket // and those merged into it or that it was merged into, in order of Number
	Mails  []Mail   // the oldest first
}

// TicketQuery filters a list of tickets.
type TicketQuery struct {
	Workspace    bot.WorkspaceID
	Statuses     []TicketStatus     // any of these; empty: all
	Assignee     bot.AgentID        // "": any
	Unassigned   bool               // only those that nobody has
	Conversation bot.ConversationID // "": any
	Heard        bool               // only pending ones whose visitor wrote in the chat after the ticket changed last
	Late         time.Time          // only those whose service level ended by then; zero: all
	Text         string             // part of the subject or address, or the number; "": any
	Sort         TicketSort
	After        *Ticket // keyset: those after it in that order; only sort key and Number are read; nil: from the start
	Limit        int     // 1…200
}

// TicketSort is the order of a list of tickets.
type TicketSort string

// The orders of lists. The zero TicketSort is SortNewest.
const (
	SortNewest TicketSort = "newest" // highest number first
	SortDue    TicketSort = "due"    // whose service level ends first; those without one last, then lowest number first
)
