package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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

const conversationColumns = `workspace, id, inbox, visitor, client_conv_id, seq, vseq, control_epoch, version,
	speaker, service, agent, queue, priority, skills, reason, enqueued_at,
	language, sentiment, last_text, last_by, memory, created_at, updated_at`

// conversationRow receives conversationColumns.
type conversationRow struct {
	c                          bot.Conversation
	skills, memory             string
	enqueued, created, updated int64
}

func (r *conversationRow) dest() []any {
	c := &r.c
	return []any{
		&c.Workspace, &c.ID, &c.Inbox, &c.Visitor, &c.ClientConvID, &c.Seq, &c.VSeq, &c.ControlEpoch, &c.Version,
		&c.Speaker, &c.Service, &c.Agent, &c.Queue, &c.Priority, &r.skills, &c.Reason, &r.enqueued,
		&c.Language, &c.Sentiment, &c.LastText, &c.LastBy, &r.memory, &r.created, &r.updated,
	}
}

func (r *conversationRow) conversation() (bot.Conversation, error) {
	c := r.c
	c.Enqueued, c.CreatedAt, c.UpdatedAt = cell.Time(r.enqueued), cell.Time(r.created), cell.Time(r.updated)
	if err := cell.Decode(r.skills, &c.Skills); err != nil {
		return bot.Conversation{}, err
	}
	return c, cell.Decode(r.memory, &c.Memory)
}

// scanConversation reads a row of conversationColumns.
func scanConversation(row pgx.CollectableRow) (bot.Conversation, error) {
	var r conversationRow
	if err := row.Scan(r.dest()...); err != nil {
		return bot.Conversation{}, err
	}
	return r.conversation()
}

var errNoConversation = fault.New(fault.NotFound, "There is no such conversation.")

// held is a locked conversation with what is read together with the lock.
type held struct {
	row    bot.Conversation
	found  bool
	send   send      // of the key
	queued bot.RunID // the run that waits; "": none
}

// hold locks a conversation and, behind the lock, looks for the key and for the
// run that waits. With its own flush it is the first round trip of a write.
func hold(t *tx, h *held, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key) {
	one(t, &h.row, &h.found, scanConversation, `
		SELECT `+conversationColumns+` FROM conversations WHERE workspace = $1 AND id = $2 FOR UPDATE`, ws, conv)
	behind(t, h, ws, conv, key)
}

// behind reads what a write needs to know and only a lock holder can.
func behind(t *tx, h *held, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key) {
	var always bool
	s := &h.send
	value(t, &always, []any{&h.queued, &s.found, &s.digest, &s.first, &s.last, &s.run}, `
		SELECT coalesce((SELECT id FROM runs WHERE workspace = $1 AND conversation = $2 AND state = 'queued'), ''),
			s.digest IS NOT NULL, coalesce(s.digest, ''), coalesce(s.first_seq, 0), coalesce(s.last_seq, 0), coalesce(s.run, '')
		FROM (SELECT) x LEFT JOIN sends s
			ON s.workspace = $1 AND s.conversation = $2 AND s.client_msg_id = $3 AND s.sender_kind = $4 AND s.sender_id = $5 AND $3 <> ''`,
		ws, conv, key.ClientMsgID, key.Sender.Kind, key.Sender.ID)
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
	err := s.db.write(ctx, c.Workspace, func(ctx context.Context, t *tx) error {
		var h held
		one(t, &h.row, &h.found, scanConversation, `
			SELECT `+conversationColumns+` FROM conversations WHERE workspace = $1 AND visitor = $2 AND client_conv_id = $3 FOR UPDATE`,
			c.Workspace, c.Visitor, c.ClientConvID)
		if err := t.flush(ctx); err != nil {
			return err
		}
		created := !h.found
		if created {
			now := s.db.micronow()
			h.row = bot.Conversation{
				Workspace: c.Workspace, ID: c.ID, Inbox: c.Inbox, Visitor: c.Visitor, ClientConvID: c.ClientConvID,
				Version: 1, Speaker: bot.SpeakerBot, Service: bot.ServiceBot, Language: c.Language,
				CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.CreatedAt.UTC(),
			}
			row := &h.row
			if row.ID == "" {
				row.ID = bot.ConversationID(id.New())
			}
			if c.CreatedAt.IsZero() {
				row.CreatedAt, row.UpdatedAt = now, now
			}
			row.CreatedAt, row.UpdatedAt = cell.Time(cell.Micros(row.CreatedAt)), cell.Time(cell.Micros(row.UpdatedAt))
			t.exec(`
				INSERT INTO conversations (workspace, id, inbox, visitor, client_conv_id, version, speaker, service, language, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				row.Workspace, row.ID, row.Inbox, row.Visitor, row.ClientConvID, row.Version, row.Speaker, row.Service, row.Language,
				cell.Micros(row.CreatedAt), cell.Micros(row.UpdatedAt))
		} else {
			behind(t, &h, h.row.Workspace, h.row.ID, key)
			if err := t.flush(ctx); err != nil {
				return err
			}
		}
		var err error
		w, err = s.decide(ctx, t, h, key, decide)
		w.Created = created
		return err
	})
	return w, err
}

// Write locks the conversation, asks decide, and stores what it said. What clients
// send, which has a key, may share its transaction with others.
func (s *Conversations) Write(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	if key.ClientMsgID == "" {
		return s.alone(ctx, ws, conv, key, decide)
	}
	return s.send(&message{ctx: ctx, ws: ws, conv: conv, key: key, decide: decide})
}

// alone is Write in a transaction of its own.
func (s *Conversations) alone(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID, key bot.Key, decide bot.Decide) (bot.Written, error) {
	var w bot.Written
	err := s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var h held
		hold(t, &h, ws, conv, key)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if !h.found {
			return errNoConversation
		}
		var err error
		w, err = s.decide(ctx, t, h, key, decide)
		return err
	})
	return w, err
}

// decide answers a repeated key, or asks and stores.
func (s *Conversations) decide(ctx context.Context, t *tx, h held, key bot.Key, decide bot.Decide) (bot.Written, error) {
	if h.send.found {
		return repeated(ctx, t, h, key)
	}
	ch, err := decide(h.row)
	if err != nil {
		return bot.Written{}, err
	}
	return s.db.store(ctx, t, h, key, ch)
}

// Conversation returns one row.
func (s *Conversations) Conversation(ctx context.Context, ws bot.WorkspaceID, conv bot.ConversationID) (bot.Conversation, error) {
	var (
		c     bot.Conversation
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &c, &found, scanConversation, `
			SELECT `+conversationColumns+` FROM conversations WHERE workspace = $1 AND id = $2`, ws, conv)
	})
	if err == nil && !found {
		err = errNoConversation
	}
	return c, err
}

// filter collects the conditions of a list with their numbered arguments.
type filter struct {
	where []string
	args  []any
}

// and adds a condition; each ? in it becomes the number of its argument.
func (f *filter) and(condition string, args ...any) {
	for _, a := range args {
		f.args = append(f.args, a)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(f.args)), 1)
	}
	f.where = append(f.where, condition)
}

func (f *filter) String() string { return strings.Join(f.where, ` AND `) }

// limit adds the last argument and returns its number.
func (f *filter) limit(n int) string {
	f.args = append(f.args, n)
	return "$" + strconv.Itoa(len(f.args))
}

// substring is a LIKE pattern for text in the middle.
func substring(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// Conversations lists rows, newest event first, ties by ID, highest first.
func (s *Conversations) Conversations(ctx context.Context, q bot.ConversationQuery) ([]bot.Conversation, error) {
	if q.Limit < 1 || q.Limit > 200 {
		return nil, fault.New(fault.Invalid, "A list has 1 to 200 rows, not %d.", q.Limit).WithField("limit", "1 to 200")
	}
	var f filter
	f.and(`workspace = ?`, q.Workspace)
	if len(q.Services) > 0 {
		f.and(`service = ANY(?)`, q.Services)
		human := true
		for _, v := range q.Services {
			human = human && v != bot.ServiceBot && v != bot.ServiceClosed
		}
		if human { // says what the partial index needs to be told
			f.and(`service <> 'bot' AND service <> 'closed'`)
		}
	}
	if q.Agent != "" {
		f.and(`agent = ? AND agent <> ''`, q.Agent)
	}
	if q.Visitor != "" {
		f.and(`visitor = ?`, q.Visitor)
	}
	if q.Inbox != "" {
		f.and(`inbox = ?`, q.Inbox)
	}
	if q.Text != "" {
		f.and(`last_text ILIKE ?`, substring(q.Text))
	}
	if !q.Before.IsZero() {
		f.and(`minute <= ?`, cell.Micros(q.Before)/time.Minute.Microseconds())
		f.and(`(updated_at, id) < (?, ?)`, cell.Micros(q.Before), q.BeforeID)
	}
	limit := f.limit(q.Limit)
	var out []bot.Conversation
	err := s.db.read(ctx, q.Workspace, func(r queue) {
		all(r, &out, scanConversation, `
			SELECT `+conversationColumns+` FROM conversations
			WHERE `+f.String()+`
			ORDER BY minute DESC, updated_at DESC, id DESC LIMIT `+limit, f.args...)
	})
	return out, err
}

// Epoch returns the stream epoch: the name of this history of the database and,
// behind a dot, of the server's timeline, for a standby that took over may lack what
// its primary had acknowledged.
func (s *Conversations) Epoch(ctx context.Context) (string, error) {
	var (
		epoch string
		found bool
	)
	err := s.db.read(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&epoch}, `SELECT value || '.' || `+timeline+` FROM meta WHERE key = 'stream_epoch'`)
	})
	return epoch, err
}
