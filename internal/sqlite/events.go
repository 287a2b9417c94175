package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const eventColumns = `conversation, seq, vseq, id, kind, author_kind, author_id, author_name, client_msg_id, epoch, at, body`

// scanEvent reads a row of eventColumns.
func scanEvent(scan func(...any) error) (bot.Event, error) {
	var (
		e    bot.Event
		at   int64
		body string
	)
	if err := scan(&e.Conversation, &e.Seq, &e.VSeq, &e.ID, &e.Kind, &e.Author.Kind, &e.Author.ID, &e.Author.Name,
		&e.ClientMsgID, &e.Epoch, &at, &body); err != nil {
		return bot.Event{}, err
	}
	e.At = cell.Time(at)
	return e, cell.Decode(body, &e.Body)
}

// repeated answers a key that was used before with what its write stored.
func repeated(ctx context.Context, tx *sql.Tx, row bot.Conversation, key bot.Key) (bot.Written, bool, error) {
	if key.ClientMsgID == "" {
		return bot.Written{}, false, nil
	}
	var (
		digest      string
		first, last int64
		run         bot.RunID
	)
	err := tx.QueryRowContext(ctx, `
		SELECT digest, first_seq, last_seq, run FROM sends
		WHERE workspace = ? AND conversation = ? AND client_msg_id = ? AND sender_kind = ? AND sender_id = ?`,
		row.Workspace, row.ID, key.ClientMsgID, key.Sender.Kind, key.Sender.ID).Scan(&digest, &first, &last, &run)
	if errors.Is(err, sql.ErrNoRows) {
		return bot.Written{}, false, nil
	}
	if err != nil {
		return bot.Written{}, false, err
	}
	if digest != key.Digest {
		return bot.Written{}, false, fault.New(fault.Conflict,
			"The id %s was used for another message. Make a new id for each message.", key.ClientMsgID)
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT `+eventColumns+` FROM events WHERE workspace = ? AND conversation = ? AND seq BETWEEN ? AND ? ORDER BY seq`,
		row.Workspace, row.ID, first, last)
	if err != nil {
		return bot.Written{}, false, err
	}
	events, err := collect(rows, scanEvent)
	return bot.Written{Conversation: row, Events: events, Dup: true, Run: run}, true, err
}

// store writes what a change says about the locked row.
func (db *DB) store(ctx context.Context, tx *sql.Tx, row bot.Conversation, key bot.Key, ch bot.Change) (bot.Written, error) {
	if ch.Empty() {
		return bot.Written{Conversation: row}, nil
	}
	if (ch.Owe || ch.Trace != nil && ch.Trace.Event == "") && len(ch.Events) == 0 {
		return bot.Written{}, fault.New(fault.Internal, "A change that owes an answer or leaves a trace needs an event.")
	}
	now := db.micronow()
	if ch.Run != nil {
		if err := moveRun(ctx, tx, row, *ch.Run, now); err != nil {
			return bot.Written{}, err
		}
	}
	var stopped []bot.Run
	if ch.Cancel {
		var err error
		if stopped, err = cancelRuns(ctx, tx, row, now); err != nil {
			return bot.Written{}, err
		}
	}
	after, events, first := row.Append(ch, key, stopped, id.New, now)
	w := bot.Written{Conversation: after, Events: events}
	for _, e := range events {
		if err := insertEvent(ctx, tx, row.Workspace, e); err != nil {
			return bot.Written{}, err
		}
		if e.Kind == bot.EventFeedback {
			if err := markTrace(ctx, tx, row.Workspace, e); err != nil {
				return bot.Written{}, err
			}
		}
	}
	if ch.Owe {
		run, err := oweRun(ctx, tx, row.Workspace, events[first], now)
		if err != nil {
			return bot.Written{}, err
		}
		w.Run = run
	}
	if ch.Trace != nil {
		var e bot.Event
		if first < len(events) {
			e = events[first]
		}
		if err := putTrace(ctx, tx, row, *ch.Trace, e, now); err != nil {
			return bot.Written{}, err
		}
	}
	if key.ClientMsgID != "" {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO sends (workspace, conversation, sender_kind, sender_id, client_msg_id, digest, first_seq, last_seq, run)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			row.Workspace, row.ID, key.Sender.Kind, key.Sender.ID, key.ClientMsgID, key.Digest, row.Seq+1, after.Seq, w.Run); err != nil {
			return bot.Written{}, err
		}
	}
	return w, updateConversation(ctx, tx, after, ch.Row != nil)
}

func insertEvent(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, e bot.Event) error {
	body, err := cell.Encode(e.Body)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO events (workspace, conversation, seq, vseq, id, kind, author_kind, author_id, author_name, client_msg_id, epoch, at, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		ws, e.Conversation, e.Seq, e.VSeq, e.ID, e.Kind, e.Author.Kind, e.Author.ID, e.Author.Name, e.ClientMsgID, e.Epoch, cell.Micros(e.At), body)
	return err
}

// updateConversation stores the row. Most writes move the numbers only; then
// the long columns stay untouched.
func updateConversation(ctx context.Context, tx *sql.Tx, c bot.Conversation, all bool) error {
	if !all {
		_, err := tx.ExecContext(ctx, `
			UPDATE conversations SET seq = ?, vseq = ?, version = ?, last_text = ?, last_by = ?, updated_at = ?
			WHERE workspace = ? AND id = ?`,
			c.Seq, c.VSeq, c.Version, c.LastText, c.LastBy, cell.Micros(c.UpdatedAt), c.Workspace, c.ID)
		return err
	}
	skills, err := cell.Encode(c.Skills)
	if err != nil {
		return err
	}
	if len(c.Skills) == 0 {
		skills = ""
	}
	memory, err := cell.Encode(c.Memory)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE conversations SET inbox = ?, seq = ?, vseq = ?, control_epoch = ?, version = ?,
			speaker = ?, service = ?, agent = ?, queue = ?, priority = ?, skills = ?, reason = ?, enqueued_at = ?,
			language = ?, sentiment = ?, last_text = ?, last_by = ?, memory = ?, updated_at = ?
		WHERE workspace = ? AND id = ?`,
		c.Inbox, c.Seq, c.VSeq, c.ControlEpoch, c.Version,
		c.Speaker, c.Service, c.Agent, c.Queue, c.Priority, skills, c.Reason, cell.Micros(c.Enqueued),
		c.Language, c.Sentiment, c.LastText, c.LastBy, memory, cell.Micros(c.UpdatedAt),
		c.Workspace, c.ID)
	return err
}

// Events returns a stretch of a timeline, its numbers and the owed answer, all
// from one snapshot.
func (s *Conversations) Events(ctx context.Context, q bot.EventQuery) (bot.EventPage, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return bot.EventPage{}, fault.New(fault.Invalid, "A stretch has 1 to 500 events, not %d.", q.Limit).WithField("limit", "1 to 500")
	}
	if q.View != bot.ViewAgent && q.View != bot.ViewVisitor {
		return bot.EventPage{}, fault.New(fault.Internal, "A timeline is read as a visitor or as an agent.")
	}
	tx, err := s.db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return bot.EventPage{}, translate(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	c, err := getConversation(ctx, tx, q.Workspace, q.Conversation)
	if err != nil {
		return bot.EventPage{}, err
	}
	p := bot.EventPage{Conversation: c, Top: c.Seq}
	// An event's seq is never below its vseq, and above it by at most the number of
	// hidden events, so one index serves both views.
	hidden, visible := int64(0), int64(0)
	if q.View == bot.ViewVisitor {
		p.Top, hidden, visible = c.VSeq, c.Seq-c.VSeq, 1
	}
	backward := q.Before > 0 || q.Latest
	before := q.Before
	if before <= 0 || before > p.Top {
		before = p.Top + 1
	}
	var rows *sql.Rows
	if backward {
		rows, err = tx.QueryContext(ctx, `
			SELECT `+eventColumns+` FROM events
			WHERE workspace = ?1 AND conversation = ?2 AND seq < ?3 + ?4 AND vseq >= ?5 AND (?5 = 0 OR vseq < ?3)
			ORDER BY seq DESC LIMIT ?6`,
			q.Workspace, q.Conversation, before, hidden, visible, q.Limit+1)
	} else {
		rows, err = tx.QueryContext(ctx, `
			SELECT `+eventColumns+` FROM events
			WHERE workspace = ?1 AND conversation = ?2 AND seq > ?3 AND (?4 = 0 OR vseq > ?3)
			ORDER BY seq LIMIT ?5`,
			q.Workspace, q.Conversation, max(q.After, 0), visible, q.Limit+1)
	}
	if err != nil {
		return bot.EventPage{}, translate(err)
	}
	if p.Events, err = collect(rows, scanEvent); err != nil {
		return bot.EventPage{}, err
	}
	if len(p.Events) > q.Limit {
		p.More, p.Events = true, p.Events[:q.Limit]
	}
	if backward {
		slices.Reverse(p.Events)
	}
	p.Run, err = owedRun(ctx, tx, q.Workspace, q.Conversation)
	return p, err
}
