package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

const eventColumns = `conversation, seq, vseq, id, kind, author_kind, author_id, author_name, client_msg_id, epoch, at, body`

// scanEvent reads a row of eventColumns.
func scanEvent(row pgx.CollectableRow) (bot.Event, error) {
	var (
		e    bot.Event
		at   int64
		body string
	)
	if err := row.Scan(&e.Conversation, &e.Seq, &e.VSeq, &e.ID, &e.Kind, &e.Author.Kind, &e.Author.ID, &e.Author.Name,
		&e.ClientMsgID, &e.Epoch, &at, &body); err != nil {
		return bot.Event{}, err
	}
	e.At = cell.Time(at)
	return e, cell.Decode(body, &e.Body)
}

// send is the row of a key that was used before.
type send struct {
	found       bool
	digest      string
	first, last int64
	run         bot.RunID
}

// repeated answers a key that was used before with what its write stored.
func repeated(ctx context.Context, t *tx, h held, key bot.Key) (bot.Written, error) {
	if h.send.digest != clean(key.Digest) {
		return bot.Written{}, fault.New(fault.Conflict,
			"The id %s was used for another message. Make a new id for each message.", key.ClientMsgID)
	}
	w := bot.Written{Conversation: h.row, Dup: true, Run: h.send.run}
	all(t, &w.Events, scanEvent, `
		SELECT `+eventColumns+` FROM events WHERE workspace = $1 AND conversation = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq`,
		h.row.Workspace, h.row.ID, h.send.first, h.send.last)
	return w, t.flush(ctx)
}

// store writes what a change says about the locked row. Its statements travel
// with the commit.
func (db *DB) store(ctx context.Context, t *tx, h held, key bot.Key, ch bot.Change) (bot.Written, error) {
	row := h.row
	if ch.Empty() {
		return bot.Written{Conversation: row}, nil
	}
	if (ch.Owe || ch.Trace != nil && ch.Trace.Event == "") && len(ch.Events) == 0 {
		return bot.Written{}, fault.New(fault.Internal, "A change that owes an answer or leaves a trace needs an event.")
	}
	now := db.micronow()
	if ch.Run != nil {
		if err := moveRun(ctx, t, &h, *ch.Run, now); err != nil {
			return bot.Written{}, err
		}
	}
	var stopped []bot.Run
	if ch.Cancel {
		var err error
		if stopped, err = cancelRuns(ctx, t, row, now); err != nil {
			return bot.Written{}, err
		}
		h.queued = ""
	}
	after, events, first := row.Append(ch, key, stopped, id.New, now)
	w := bot.Written{Conversation: after, Events: events}
	if len(events) == 1 && key.ClientMsgID != "" && ch.Row == nil && ch.Trace == nil && events[0].Kind != bot.EventFeedback {
		var err error
		w.Run, err = storeMessage(t, h, after, events[0], key, ch.Owe, now)
		return w, err
	}
	for _, e := range events {
		if err := insertEvent(t, row.Workspace, e); err != nil {
			return bot.Written{}, err
		}
		if e.Kind == bot.EventFeedback {
			markTrace(t, row.Workspace, e)
		}
	}
	if ch.Owe {
		w.Run = oweRun(t, h, events[first], now)
	}
	if ch.Trace != nil {
		var e bot.Event
		if first < len(events) {
			e = events[first]
		}
		if err := putTrace(t, row, *ch.Trace, e, now); err != nil {
			return bot.Written{}, err
		}
	}
	if key.ClientMsgID != "" {
		t.exec(`
			INSERT INTO sends (workspace, conversation, sender_kind, sender_id, client_msg_id, digest, first_seq, last_seq, run)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			row.Workspace, row.ID, key.Sender.Kind, key.Sender.ID, key.ClientMsgID, key.Digest, row.Seq+1, after.Seq, w.Run)
	}
	return w, updateConversation(t, after, ch.Row != nil)
}

// storeMessage is store for what most writes are, one keyed event that changes
// nothing but numbers, in one statement instead of four: a quarter of the
// database's work (BenchmarkSends).
func storeMessage(t *tx, h held, after bot.Conversation, e bot.Event, key bot.Key, owe bool, now time.Time) (bot.RunID, error) {
	body, err := cell.Encode(e.Body)
	if err != nil {
		return "", err
	}
	var run, made bot.RunID
	if owe {
		if run = h.queued; run == "" {
			run = bot.RunID(id.New())
			made = run
		}
	}
	t.exec(`
		WITH event AS (
			INSERT INTO events (workspace, conversation, seq, vseq, id, kind, author_kind, author_id, author_name, client_msg_id, epoch, at, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)),
		send AS (
			INSERT INTO sends (workspace, conversation, sender_kind, sender_id, client_msg_id, digest, first_seq, last_seq, run)
			VALUES ($1, $2, $14, $15, $10, $16, $3, $3, $17)),
		run AS (
			INSERT INTO runs (workspace, id, conversation, trigger, from_seq, state, created_at, updated_at)
			SELECT $1, $18, $2, $5, $3, 'queued', $19, $19 WHERE $18 <> '')
		UPDATE conversations SET seq = $3, vseq = $20, version = $21, last_text = $22, last_by = $23, updated_at = $24
		WHERE workspace = $1 AND id = $2`,
		h.row.Workspace, e.Conversation, e.Seq, e.VSeq, e.ID, e.Kind, e.Author.Kind, e.Author.ID, e.Author.Name, e.ClientMsgID, e.Epoch,
		cell.Micros(e.At), body, key.Sender.Kind, key.Sender.ID, key.Digest, run, made, cell.Micros(now),
		after.VSeq, after.Version, after.LastText, after.LastBy, cell.Micros(after.UpdatedAt))
	return run, nil
}

func insertEvent(t *tx, ws bot.WorkspaceID, e bot.Event) error {
	body, err := cell.Encode(e.Body)
	if err != nil {
		return err
	}
	t.exec(`
		INSERT INTO events (workspace, conversation, seq, vseq, id, kind, author_kind, author_id, author_name, client_msg_id, epoch, at, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		ws, e.Conversation, e.Seq, e.VSeq, e.ID, e.Kind, e.Author.Kind, e.Author.ID, e.Author.Name, e.ClientMsgID, e.Epoch, cell.Micros(e.At), body)
	return nil
}

// updateConversation stores the row. Most writes move the numbers only; then
// the long columns stay untouched.
func updateConversation(t *tx, c bot.Conversation, whole bool) error {
	if !whole {
		t.exec(`
			UPDATE conversations SET seq = $1, vseq = $2, version = $3, last_text = $4, last_by = $5, updated_at = $6
			WHERE workspace = $7 AND id = $8`,
			c.Seq, c.VSeq, c.Version, c.LastText, c.LastBy, cell.Micros(c.UpdatedAt), c.Workspace, c.ID)
		return nil
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
	t.exec(`
		UPDATE conversations SET inbox = $1, seq = $2, vseq = $3, control_epoch = $4, version = $5,
			speaker = $6, service = $7, agent = $8, queue = $9, priority = $10, skills = $11, reason = $12, enqueued_at = $13,
			language = $14, sentiment = $15, last_text = $16, last_by = $17, memory = $18, updated_at = $19
		WHERE workspace = $20 AND id = $21`,
		c.Inbox, c.Seq, c.VSeq, c.ControlEpoch, c.Version,
		c.Speaker, c.Service, c.Agent, c.Queue, c.Priority, skills, c.Reason, cell.Micros(c.Enqueued),
		c.Language, c.Sentiment, c.LastText, c.LastBy, memory, cell.Micros(c.UpdatedAt),
		c.Workspace, c.ID)
	return nil
}

// Events returns a stretch of a timeline, its numbers and the owed answer, all
// from one snapshot and in one round trip.
func (s *Conversations) Events(ctx context.Context, q bot.EventQuery) (bot.EventPage, error) {
	if q.Limit < 1 || q.Limit > 500 {
		return bot.EventPage{}, fault.New(fault.Invalid, "A stretch has 1 to 500 events, not %d.", q.Limit).WithField("limit", "1 to 500")
	}
	if q.View != bot.ViewAgent && q.View != bot.ViewVisitor {
		return bot.EventPage{}, fault.New(fault.Internal, "A timeline is read as a visitor or as an agent.")
	}
	var (
		p              bot.EventPage
		run            bot.Run
		found, hasRun  bool
		backward       = q.Before > 0 || q.Latest
		visitorView    = q.View == bot.ViewVisitor
		before, after_ = q.Before, max(q.After, 0)
	)
	err := s.db.snapshot(ctx, q.Workspace, func(r queue) {
		one(r, &p.Conversation, &found, scanConversation, `
			SELECT `+conversationColumns+` FROM conversations WHERE workspace = $1 AND id = $2`, q.Workspace, q.Conversation)
		// An event's seq is never below its vseq, and above it by at most the number of
		// hidden events, so one index serves both views.
		if backward {
			all(r, &p.Events, scanEvent, `
				WITH c AS (
					SELECT CASE WHEN $3::bigint > 0 AND $3 <= top THEN $3 ELSE top + 1 END AS before, hidden
					FROM (SELECT CASE WHEN $4::bool THEN vseq ELSE seq END AS top, CASE WHEN $4 THEN seq - vseq ELSE 0 END AS hidden
						FROM conversations WHERE workspace = $1 AND id = $2) t)
				SELECT `+eventColumns+` FROM events
				WHERE workspace = $1 AND conversation = $2 AND seq < (SELECT before + hidden FROM c)
					AND (NOT $4 OR vseq >= 1 AND vseq < (SELECT before FROM c))
				ORDER BY seq DESC LIMIT $5`,
				q.Workspace, q.Conversation, before, visitorView, q.Limit+1)
		} else {
			all(r, &p.Events, scanEvent, `
				SELECT `+eventColumns+` FROM events
				WHERE workspace = $1 AND conversation = $2 AND seq > $3 AND (NOT $4::bool OR vseq > $3)
				ORDER BY seq LIMIT $5`,
				q.Workspace, q.Conversation, after_, visitorView, q.Limit+1)
		}
		owedRun(r, &run, &hasRun, q.Workspace, q.Conversation)
	})
	switch {
	case err != nil:
		return bot.EventPage{}, err
	case !found:
		return bot.EventPage{}, errNoConversation
	}
	p.Top = p.Conversation.Seq
	if visitorView {
		p.Top = p.Conversation.VSeq
	}
	if len(p.Events) > q.Limit {
		p.More, p.Events = true, p.Events[:q.Limit]
	}
	if backward {
		slices.Reverse(p.Events)
	}
	if hasRun {
		p.Run = &run
	}
	return p, nil
}
