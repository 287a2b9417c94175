package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Conversations keeps the timelines, the owed answers and the traces.
type Conversations struct{ db *DB }

var (
	_ bot.Timeline   = (*Conversations)(nil)
	_ bot.RunStore   = (*Conversations)(nil)
	_ bot.TraceStore = (*Conversations)(nil)
)

// Conversations returns the store of package bot.
func (db *DB) Conversations() *Conversations { return &Conversations{db} }

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const conversationColumns = `workspace, id, inbox, visitor, client_conv_id, seq, vseq, control_epoch, version,
	speaker, service, agent, queue, priority, skills, reason, enqueued_at,
	language, sentiment, last_text, last_by, memory, created_at, updated_at`

// scanConversation reads a row of conversationColumns.
func scanConversation(scan func(...any) error) (bot.Conversation, error) {
	var (
		c                          bot.Conversation
		skills, memory             string
		enqueued, created, updated int64
	)
	if err := scan(&c.Workspace, &c.ID, &c.Inbox, &c.Visitor, &c.ClientConvID, &c.Seq, &c.VSeq, &c.ControlEpoch, &c.Version,
		&c.Speaker, &c.Service, &c.Agent, &c.Queue, &c.Priority, &skills, &c.Reason, &enqueued,
		&c.Language, &c.Sentiment, &c.LastText, &c.LastBy, &memory, &created, &updated); err != nil {
		return bot.Conversation{}, err
	}
	c.Enqueued, c.CreatedAt, c.UpdatedAt = cell.Time(enqueued), cell.Time(created), cell.Time(updated)
	if err := cell.Decode(skills, &c.Skills); err != nil {
		return bot.Conversation{}, err
	}
	return c, cell.Decode(memory, &c.Memory)
}

// getConversation returns one row. Error: NotFound.
func getConversation(ctx context.Context, q querier, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Conversation, error) {
	c, err := scanConversation(q.QueryRowContext(ctx, `
		SELECT `+conversationColumns+` FROM conversations WHERE workspace = ? AND id = ?`, ws, conv).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.Wrap(fault.NotFound, err, "There is no such conversation.")
	}
	return c, translate(err)
}

// Open returns the visitor's conversation of that client id, making it when
// there is none, and writes as Write does.
func (s *Conversations) Open(ctx context.Context, c bot.Conversation, key bot.Key, decide bot.Decide) (bot.Written, error) {
	switch {
	case c.Workspace == "", c.Inbox == "", c.Visitor == "":
		return bot.Written{}, fault.New(fault.Invalid, "A conversation needs a workspace, an inbox and a visitor.")
	case c.ClientConvID == "":
		return bot.Written{}, fault.New(fault.Invalid, "A new conversation needs an id of its own.").
			WithField("client_conv_id", "send a UUID that you keep for this conversation")
	}
	var w bot.Written
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		row, err := scanConversation(tx.QueryRowContext(ctx, `
			SELECT `+conversationColumns+` FROM conversations WHERE workspace = ? AND visitor = ? AND client_conv_id = ?`,
			c.Workspace, c.Visitor, c.ClientConvID).Scan)
		created := errors.Is(err, sql.ErrNoRows)
		if err != nil && !created {
			return err
		}
		if created {
			now := s.db.micronow()
			row = bot.Conversation{
				Workspace: c.Workspace, ID: c.ID, Inbox: c.Inbox, Visitor: c.Visitor, ClientConvID: c.ClientConvID,
				Version: 1, Speaker: bot.SpeakerBot, Service: bot.ServiceBot, Language: c.Language,
				CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.CreatedAt.UTC(),
			}
			if row.ID == "" {
				row.ID = bot.ConversationID(id.New())
			}
			if c.CreatedAt.IsZero() {
				row.CreatedAt, row.UpdatedAt = now, now
			}
			row.CreatedAt, row.UpdatedAt = cell.Time(cell.Micros(row.CreatedAt)), cell.Time(cell.Micros(row.UpdatedAt))
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO conversations (workspace, id, inbox, visitor, client_conv_id, version, speaker, service, language, created_at, updated_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				row.Workspace, row.ID, row.Inbox, row.Visitor, row.ClientConvID, row.Version, row.Speaker, row.Service, row.Language,
				cell.Micros(row.CreatedAt), cell.Micros(row.UpdatedAt)); err != nil {
				return err
			}
		}
		w, err = s.decide(ctx, tx, row, key, decide)
		w.Created = created
		return err
	})
	return w, err
}

// Write locks the conversation, asks decide, and stores what it said.
func (s *Conversations) Write(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	var w bot.Written
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		row, err := getConversation(ctx, tx, ws, conv)
		if err != nil {
			return err
		}
		w, err = s.decide(ctx, tx, row, key, decide)
		return err
	})
	return w, err
}

// decide answers a repeated key, or asks and stores.
func (s *Conversations) decide(ctx context.Context, tx *sql.Tx, row bot.Conversation, key bot.Key, decide bot.Decide) (bot.Written, error) {
	if w, dup, err := repeated(ctx, tx, row, key); dup || err != nil {
		return w, err
	}
	ch, err := decide(row)
	if err != nil {
		return bot.Written{}, err
	}
	return s.db.store(ctx, tx, row, key, ch)
}

// Conversation returns one row.
func (s *Conversations) Conversation(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Conversation, error) {
	return getConversation(ctx, s.db.read, ws, conv)
}

// Conversations lists rows, newest event first, ties by ID, highest first.
func (s *Conversations) Conversations(ctx context.Context, q bot.ConversationQuery) ([]bot.Conversation, error) {
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 200 rows, not %d.", q.Limit).WithField("limit", "1 to 200")
	}
	var (
		where = []string{`workspace = ?`}
		args  = []any{q.Workspace}
	)
	and := func(cond string, arg ...any) {
		where = append(where, cond)
		args = append(args, arg...)
	}
	if len(q.Services) > 0 {
		b, err := json.Marshal(q.Services)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "Something went wrong on our side.")
		}
		and(`service IN (SELECT value FROM json_each(?))`, string(b))
		human := true
		for _, v := range q.Services {
			human = human && v != bot.ServiceBot && v != bot.ServiceClosed
		}
		if human { // says what the partial index needs to be told
			and(`service <> 'bot' AND service <> 'closed'`)
		}
	}
	if q.Agent != "" {
		and(`agent = ? AND agent <> ''`, q.Agent)
	}
	if q.Visitor != "" {
		and(`visitor = ?`, q.Visitor)
	}
	if q.Inbox != "" {
		and(`inbox = ?`, q.Inbox)
	}
	if q.Text != "" {
		and(`last_text LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Text)+"%")
	}
	if !q.Before.IsZero() {
		and(`(updated_at, id) < (?, ?)`, cell.Micros(q.Before), q.BeforeID)
	}
	args = append(args, q.Limit)
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT `+conversationColumns+` FROM conversations
		WHERE `+strings.Join(where, ` AND `)+`
		ORDER BY updated_at DESC, id DESC LIMIT ?`, args...)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanConversation)
}

// collect reads all rows with scan and closes them.
func collect[T any](rows *sql.Rows, scan func(func(...any) error) (T, error)) ([]T, error) {
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, translate(err)
		}
		out = append(out, v)
	}
	return out, translate(rows.Err())
}

// Epoch returns the stream epoch.
func (s *Conversations) Epoch(ctx context.Context) (string, error) {
	var epoch string
	err := s.db.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'stream_epoch'`).Scan(&epoch)
	return epoch, translate(err)
}
