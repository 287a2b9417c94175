package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Handoff keeps agents, offers, queues and the line.
type Handoff struct{ db *DB }

var _ handoff.Store = (*Handoff)(nil)

// Handoff returns the store of package handoff.
func (db *DB) Handoff() *Handoff { return &Handoff{db} }

// Move locks what ask names, calls decide and stores the outcome. One writer at
// a time holds every lock there is, so the order of locking needs no care here.
func (s *Handoff) Move(ctx context.Context, ask handoff.Ask, decide func(handoff.Locked) (handoff.Outcome, error)) (bot.Written, error) {
	var w bot.Written
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		row, err := getConversation(ctx, tx, ask.Workspace, ask.Conversation)
		if err != nil {
			return err
		}
		var dup bool
		if w, dup, err = repeated(ctx, tx, row, ask.Key); dup || err != nil {
			return err
		}
		l, err := locked(ctx, tx, row, ask)
		if err != nil {
			return err
		}
		o, err := decide(l)
		if err != nil {
			return err
		}
		if err := number(ctx, tx, row.Workspace, &o); err != nil {
			return err
		}
		if w, err = s.db.store(ctx, tx, row, ask.Key, o.Change); err != nil {
			return err
		}
		if err := s.db.putTickets(ctx, tx, row.Workspace, o); err != nil {
			return err
		}
		return putOutcome(ctx, tx, row, o)
	})
	return w, err
}

func locked(ctx context.Context, tx *sql.Tx, row bot.Conversation, ask handoff.Ask) (handoff.Locked, error) {
	l := handoff.Locked{Conversation: row, Agents: map[bot.AgentID]handoff.Agent{}}
	var err error
	if l.Wait, err = getWait(ctx, tx, row.Workspace, row.ID); err != nil {
		return l, err
	}
	if ask.Tickets {
		if l.Tickets, err = ticketsOf(ctx, tx, row.Workspace, row.ID); err != nil {
			return l, err
		}
	}
	r, err := scanReservation(tx.QueryRowContext(ctx, `
		SELECT `+reservationColumns+` FROM reservations WHERE workspace = ? AND conversation = ? AND state = 'open'`,
		row.Workspace, row.ID).Scan)
	ids := slices.Clone(ask.Agents)
	switch {
	case err == nil:
		l.Offer = &r
		ids = append(ids, r.Agent)
	case !errors.Is(err, sql.ErrNoRows):
		return l, err
	}
	if row.Agent != "" {
		ids = append(ids, row.Agent)
	}
	slices.Sort(ids)
	for _, a := range slices.Compact(ids) {
		got, err := getAgent(ctx, tx, row.Workspace, a)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return l, err
		}
		l.Agents[a] = got
	}
	l.Measures, err = getMeasures(ctx, tx, row.Workspace)
	return l, err
}

func putOutcome(ctx context.Context, tx *sql.Tx, row bot.Conversation, o handoff.Outcome) error {
	for _, a := range o.Agents {
		if err := putAgent(ctx, tx, a); err != nil {
			return err
		}
	}
	// Ended offers go first, so that the new one is the only open one.
	for _, open := range []bool{false, true} {
		for _, r := range o.Offers {
			if (r.State == handoff.ReservationOpen) != open {
				continue
			}
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO reservations (workspace, id, conversation, agent, state, offered_at, deadline, decided_at, takes)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (workspace, id) DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at`,
				r.Workspace, r.ID, r.Conversation, r.Agent, r.State, cell.Micros(r.OfferedAt), cell.Micros(r.Deadline), cell.Micros(r.DecidedAt), cmp.Or(r.Takes, 100)); err != nil {
				return err
			}
		}
	}
	if o.Wait != nil {
		if err := putWait(ctx, tx, row.Workspace, row.ID, *o.Wait); err != nil {
			return err
		}
	}
	if o.Measures != nil {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO desks (workspace, handled, handling, left_count, waited, accepted, answer) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace) DO UPDATE SET handled = excluded.handled, handling = excluded.handling,
				left_count = excluded.left_count, waited = excluded.waited, accepted = excluded.accepted, answer = excluded.answer`,
			row.Workspace, o.Measures.Handled, o.Measures.Handling.Microseconds(), o.Measures.Left, o.Measures.Waited.Microseconds(),
			o.Measures.Accepted, o.Measures.Answer.Microseconds())
		return err
	}
	return nil
}

// ChangeAgent locks one agent, changes it and stores it.
func (s *Handoff) ChangeAgent(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, create bool, change func(*handoff.Agent) error) (handoff.Agent, error) {
	var a handoff.Agent
	err := s.db.write(ctx, func(tx *sql.Tx) error {
		var err error
		a, err = getAgent(ctx, tx, ws, agent)
		if fault.Is(err, fault.NotFound) && create {
			a, err = handoff.Agent{Workspace: ws, ID: agent}, nil
		}
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		a.Workspace, a.ID = ws, agent
		if err := putAgent(ctx, tx, a); err != nil {
			return err
		}
		a, err = getAgent(ctx, tx, ws, agent)
		return err
	})
	return a, err
}

// Beat sets the heartbeat of those agents that exist.
func (s *Handoff) Beat(ctx context.Context, ws bot.WorkspaceID, agents []bot.AgentID, now time.Time) error {
	ids, err := cell.Encode(agents)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE agents SET heartbeat = ? WHERE workspace = ? AND id IN (SELECT value FROM json_each(?))`, cell.Micros(now), ws, ids)
		return err
	})
}

// Floor returns the desk of one workspace from one snapshot.
func (s *Handoff) Floor(ctx context.Context, ws bot.WorkspaceID, recent, now time.Time) (handoff.Floor, error) {
	tx, err := s.db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return handoff.Floor{}, translate(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return floor(ctx, tx, ws, recent, now)
}

// Agents lists the workspace's agents in order of ID.
func (s *Handoff) Agents(ctx context.Context, ws bot.WorkspaceID) ([]handoff.Agent, error) {
	return agents(ctx, s.db.read, ws)
}

func agents(ctx context.Context, q querier, ws bot.WorkspaceID) ([]handoff.Agent, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+agentColumns+` FROM agents WHERE workspace = ? ORDER BY id`, ws)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanAgent)
}

// Queues lists the workspace's queues in order of ID.
func (s *Handoff) Queues(ctx context.Context, ws bot.WorkspaceID) ([]handoff.Queue, error) {
	return queues(ctx, s.db.read, ws)
}

func queues(ctx context.Context, q querier, ws bot.WorkspaceID) ([]handoff.Queue, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT workspace, id, name, offer_for, hours, settings FROM queues WHERE workspace = ? ORDER BY id`, ws)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanQueue)
}

// takes is what chats of inboxes take of a place where that is not a whole one.
func takes(ctx context.Context, q querier, ws bot.WorkspaceID) (map[bot.InboxID]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, takes FROM inboxes WHERE workspace = ? AND takes <> 100`, ws)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	out := map[bot.InboxID]int{}
	for rows.Next() {
		var (
			inbox bot.InboxID
			n     int
		)
		if err := rows.Scan(&inbox, &n); err != nil {
			return nil, translate(err)
		}
		out[inbox] = n
	}
	return out, translate(rows.Err())
}

// Offers lists the open offers to an agent, the oldest first.
func (s *Handoff) Offers(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) ([]handoff.Reservation, error) {
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT `+reservationColumns+` FROM reservations WHERE workspace = ? AND agent = ? AND state = 'open' ORDER BY offered_at, id`, ws, agent)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, scanReservation)
}

// standings are rows of conversations, without the bot's memory, which is the longest
// column by far and no business of the desk, with what the desk remembers of each.
var standings = `
	SELECT ` + strings.Replace(qualified("c.", conversationColumns), "c.memory", "''", 1) + `,
		coalesce(w.since, 0), coalesce(w.parked_at, 0), coalesce(w.why, ''), coalesce(w.promised, 0),
		coalesce(w.away_since, 0), coalesce(w.accepted_at, 0), coalesce(w.contact, ''),
		coalesce(w.last_agent, ''), coalesce(w.timer_at, 0), coalesce(w.timer_kind, ''),
		coalesce(w.relief, 0), coalesce(w.passed_to, ''), coalesce(w.stopped, 0), coalesce(w.takes, 0),
		coalesce(w.told, 0), coalesce(w.told_upper, 0)
	FROM conversations c `

func floor(ctx context.Context, q querier, ws bot.WorkspaceID, recent, now time.Time) (f handoff.Floor, err error) {
	if f.Measures, err = getMeasures(ctx, q, ws); err != nil {
		return f, err
	}
	if f.Agents, err = agents(ctx, q, ws); err != nil {
		return f, err
	}
	if f.Queues, err = queues(ctx, q, ws); err != nil {
		return f, err
	}
	if f.Takes, err = takes(ctx, q, ws); err != nil {
		return f, err
	}
	rows, err := q.QueryContext(ctx, `
		SELECT `+reservationColumns+` FROM reservations WHERE workspace = ?1 AND state = 'open'
		UNION ALL
		SELECT `+reservationColumns+` FROM reservations
		WHERE workspace = ?1 AND state IN ('declined', 'missed') AND decided_at >= ?2
		ORDER BY offered_at, id`, ws, cell.Micros(recent))
	if err != nil {
		return f, translate(err)
	}
	if f.Offers, err = collect(rows, scanReservation); err != nil {
		return f, err
	}
	rows, err = q.QueryContext(ctx, standings+`LEFT JOIN waits w ON w.workspace = c.workspace AND w.conversation = c.id
		WHERE c.workspace = ? AND c.service IN ('waiting', 'offered', 'parked') AND c.service <> 'bot' AND c.service <> 'closed'
		ORDER BY coalesce(w.since, 0), c.id`, ws)
	if err != nil {
		return f, translate(err)
	}
	if f.Line, err = collect(rows, scanStanding); err != nil {
		return f, err
	}
	rows, err = q.QueryContext(ctx, standings+`JOIN waits w ON w.workspace = c.workspace AND w.conversation = c.id
		WHERE c.workspace = ? AND w.timer_at > 0 AND w.timer_at <= ? ORDER BY w.timer_at, c.id`, ws, cell.Micros(now))
	if err != nil {
		return f, translate(err)
	}
	f.Due, err = collect(rows, scanStanding)
	return f, err
}

// qualified puts a prefix before each column of a list.
func qualified(prefix, columns string) string {
	list := strings.Split(columns, ",")
	for i, c := range list {
		list[i] = prefix + strings.TrimSpace(c)
	}
	return strings.Join(list, ", ")
}

// Reservation returns one offer.
func (s *Handoff) Reservation(ctx context.Context, ws bot.WorkspaceID, reservation string) (handoff.Reservation, error) {
	r, err := scanReservation(s.db.read.QueryRowContext(ctx, `
		SELECT `+reservationColumns+` FROM reservations WHERE workspace = ? AND id = ?`, ws, reservation).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.Wrap(fault.NotFound, err, "There is no such offer.")
	}
	return r, translate(err)
}

// Workspaces lists those that have agents or a line.
func (s *Handoff) Workspaces(ctx context.Context) ([]bot.WorkspaceID, error) {
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT workspace FROM agents UNION SELECT workspace FROM waits ORDER BY workspace`)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, func(scan func(...any) error) (ws bot.WorkspaceID, err error) { return ws, scan(&ws) })
}

// PutQueue makes or replaces a queue.
func (s *Handoff) PutQueue(ctx context.Context, q handoff.Queue) error {
	hours, err := cell.Encode(q.Hours)
	if err != nil {
		return err
	}
	settings, err := cell.Encode(q.QueueSettings)
	if err != nil {
		return err
	}
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO queues (workspace, id, name, offer_for, hours, settings) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, offer_for = excluded.offer_for,
				hours = excluded.hours, settings = excluded.settings`,
			q.Workspace, q.ID, q.Name, q.OfferFor.Microseconds(), hours, settings)
		return err
	})
}

// DeleteQueue forgets a queue.
func (s *Handoff) DeleteQueue(ctx context.Context, ws bot.WorkspaceID, queue bot.QueueID) error {
	return s.db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM queues WHERE workspace = ? AND id = ?`, ws, queue)
		return err
	})
}
