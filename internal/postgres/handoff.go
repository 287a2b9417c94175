package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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

// Move locks what ask names, calls decide and stores the outcome. Locks are taken
// in one order everywhere: the conversation, then agents by ID.
func (s *Handoff) Move(ctx context.Context, ask handoff.Ask, decide func(handoff.Locked) (handoff.Outcome, error)) (bot.Written, error) {
	var w bot.Written
	err := s.db.write(ctx, ask.Workspace, func(ctx context.Context, t *tx) error {
		var (
			h held
			f found
		)
		hold(t, &h, ask.Workspace, ask.Conversation, ask.Key)
		f.ask(t, ask.Workspace, ask.Conversation)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if !h.found {
			return errNoConversation
		}
		var err error
		if h.send.found {
			w, err = repeated(ctx, t, h, ask.Key)
			return err
		}
		l, err := locked(ctx, t, h.row, f, ask)
		if err != nil {
			return err
		}
		o, err := decide(l)
		if err != nil {
			return err
		}
		if err := number(ctx, t, ask.Workspace, &o); err != nil {
			return err
		}
		if w, err = s.db.store(ctx, t, h, ask.Key, o.Change); err != nil {
			return err
		}
		if err := s.db.putTickets(t, ask.Workspace, o); err != nil {
			return err
		}
		return putOutcome(t, h.row, o)
	})
	return w, err
}

// found is what the desk keeps of a locked conversation.
type found struct {
	wait   handoff.Wait
	waits  bool
	offer  handoff.Reservation
	offers bool
}

func (f *found) ask(t *tx, ws bot.WorkspaceID, conv bot.ConversationID) {
	one(t, &f.wait, &f.waits, scanWait, `SELECT `+waitColumns+` FROM waits WHERE workspace = $1 AND conversation = $2`, ws, conv)
	one(t, &f.offer, &f.offers, scanReservation, `
		SELECT `+reservationColumns+` FROM reservations WHERE workspace = $1 AND conversation = $2 AND state = 'open'`, ws, conv)
}

func locked(ctx context.Context, t *tx, row bot.Conversation, f found, ask handoff.Ask) (handoff.Locked, error) {
	l := handoff.Locked{Conversation: row, Wait: f.wait, Agents: map[bot.AgentID]handoff.Agent{}}
	ids := slices.Clone(ask.Agents)
	if f.offers {
		l.Offer = &f.offer
		ids = append(ids, f.offer.Agent)
	}
	if row.Agent != "" {
		ids = append(ids, row.Agent)
	}
	var agents []handoff.Agent
	if len(ids) > 0 {
		all(t, &agents, scanAgent, `
			SELECT `+agentColumns+` FROM agents WHERE workspace = $1 AND id = ANY($2) ORDER BY id FOR UPDATE`, row.Workspace, ids)
	}
	measures(t, &l.Measures, row.Workspace)
	if ask.Tickets {
		ticketsOf(t, &l.Tickets, row.Workspace, row.ID)
	}
	if err := t.flush(ctx); err != nil {
		return l, err
	}
	for _, a := range agents {
		l.Agents[a.ID] = a
	}
	return l, nil
}

func putOutcome(t *tx, row bot.Conversation, o handoff.Outcome) error {
	for _, a := range o.Agents {
		if err := putAgent(t, a); err != nil {
			return err
		}
	}
	// Ended offers go first, so that the new one is the only open one.
	for _, open := range []bool{false, true} {
		for _, r := range o.Offers {
			if (r.State == handoff.ReservationOpen) != open {
				continue
			}
			t.exec(`
				INSERT INTO reservations (workspace, id, conversation, agent, state, offered_at, deadline, decided_at, takes)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (workspace, id) DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at`,
				r.Workspace, r.ID, r.Conversation, r.Agent, r.State, cell.Micros(r.OfferedAt), cell.Micros(r.Deadline), cell.Micros(r.DecidedAt), cmp.Or(r.Takes, 100))
		}
	}
	if o.Wait != nil {
		if err := putWait(t, row.Workspace, row.ID, *o.Wait); err != nil {
			return err
		}
	}
	if o.Measures == nil {
		return nil
	}
	// The pace is an estimate and not locked: of two conversations that end in the
	// same moment one may not be counted.
	t.exec(`
		INSERT INTO desks (workspace, handled, handling, left_count, waited, accepted, answer) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workspace) DO UPDATE SET handled = excluded.handled, handling = excluded.handling,
			left_count = excluded.left_count, waited = excluded.waited, accepted = excluded.accepted, answer = excluded.answer`,
		row.Workspace, o.Measures.Handled, o.Measures.Handling.Microseconds(), o.Measures.Left, o.Measures.Waited.Microseconds(),
		o.Measures.Accepted, o.Measures.Answer.Microseconds())
	return nil
}

// ChangeAgent locks one agent, changes it and stores it.
func (s *Handoff) ChangeAgent(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID, create bool, change func(*handoff.Agent) error) (handoff.Agent, error) {
	var a handoff.Agent
	err := s.db.write(ctx, ws, func(ctx context.Context, t *tx) error {
		var known bool
		one(t, &a, &known, scanAgent, `SELECT `+agentColumns+` FROM agents WHERE workspace = $1 AND id = $2 FOR UPDATE`, ws, agent)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if !known {
			if !create {
				return fault.New(fault.NotFound, "There is no such agent.")
			}
			a = handoff.Agent{}
		}
		a.Workspace, a.ID = ws, agent
		if err := change(&a); err != nil {
			return err
		}
		a.Workspace, a.ID = ws, agent
		if !known { // taken meanwhile: the key says so, and the next attempt finds it
			t.exec(`INSERT INTO agents (workspace, id, name, capacity, duty) VALUES ($1, $2, '', 1, '')`, ws, agent)
		}
		if err := putAgent(t, a); err != nil {
			return err
		}
		one(t, &a, &known, scanAgent, `SELECT `+agentColumns+` FROM agents WHERE workspace = $1 AND id = $2`, ws, agent)
		return nil
	})
	return a, err
}

// Beat sets the heartbeat of those agents that exist. Rows are locked in order of
// ID, as everywhere.
func (s *Handoff) Beat(ctx context.Context, ws bot.WorkspaceID, agents []bot.AgentID, now time.Time) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`
			UPDATE agents SET heartbeat = $1 WHERE workspace = $2 AND id IN (
				SELECT id FROM agents WHERE workspace = $2 AND id = ANY($3) ORDER BY id FOR UPDATE)`, cell.Micros(now), ws, agents)
		return nil
	})
}

// Floor returns the desk of one workspace from one snapshot.
func (s *Handoff) Floor(ctx context.Context, ws bot.WorkspaceID, recent, now time.Time) (handoff.Floor, error) {
	f := handoff.Floor{Takes: map[bot.InboxID]int{}}
	var takes []inboxTakes
	err := s.db.snapshot(ctx, ws, func(q queue) {
		measures(q, &f.Measures, ws)
		agents(q, &f.Agents, ws)
		queues(q, &f.Queues, ws)
		all(q, &takes, pgx.RowToStructByPos[inboxTakes], `SELECT id, takes FROM inboxes WHERE workspace = $1 AND takes <> 100`, ws)
		all(q, &f.Offers, scanReservation, `
			SELECT `+reservationColumns+` FROM reservations WHERE workspace = $1 AND state = 'open'
			UNION ALL
			SELECT `+reservationColumns+` FROM reservations
			WHERE workspace = $1 AND state IN ('declined', 'missed') AND decided_at >= $2
			ORDER BY offered_at, id`, ws, cell.Micros(recent))
		all(q, &f.Line, scanStanding, standings+`LEFT JOIN waits w ON w.workspace = c.workspace AND w.conversation = c.id
			WHERE c.workspace = $1 AND c.service IN ('waiting', 'offered', 'parked') AND c.service <> 'bot' AND c.service <> 'closed'
			ORDER BY coalesce(w.since, 0), c.id`, ws)
		all(q, &f.Due, scanStanding, standings+`JOIN waits w ON w.workspace = c.workspace AND w.conversation = c.id
			WHERE c.workspace = $1 AND w.timer_at > 0 AND w.timer_at <= $2 ORDER BY w.timer_at, c.id`, ws, cell.Micros(now))
	})
	for _, t := range takes {
		f.Takes[t.Inbox] = t.Takes
	}
	return f, err
}

// inboxTakes is what chats of an inbox take of a place.
type inboxTakes struct {
	Inbox bot.InboxID
	Takes int
}

// standings are rows of conversations, without the bot's memory, which is the longest
// column by far and no business of the desk, with what the desk remembers of each.
var standings = `
	SELECT ` + strings.Replace(qualified("c.", conversationColumns), "c.memory", "''", 1) + `,
		coalesce(w.since, 0), coalesce(w.parked_at, 0), coalesce(w.why, ''), coalesce(w.promised, false),
		coalesce(w.away_since, 0), coalesce(w.accepted_at, 0), coalesce(w.contact, ''),
		coalesce(w.last_agent, ''), coalesce(w.timer_at, 0), coalesce(w.timer_kind, ''),
		coalesce(w.relief, 0), coalesce(w.passed_to, ''), coalesce(w.stopped, false), coalesce(w.takes, 0),
		coalesce(w.told, 0), coalesce(w.told_upper, 0)
	FROM conversations c `

func agents(q queue, out *[]handoff.Agent, ws bot.WorkspaceID) {
	all(q, out, scanAgent, `SELECT `+agentColumns+` FROM agents WHERE workspace = $1 ORDER BY id`, ws)
}

func queues(q queue, out *[]handoff.Queue, ws bot.WorkspaceID) {
	all(q, out, scanQueue, `
		SELECT workspace, id, name, offer_for, hours, settings FROM queues WHERE workspace = $1 ORDER BY id`, ws)
}

// Agents lists the workspace's agents in order of ID.
func (s *Handoff) Agents(ctx context.Context, ws bot.WorkspaceID) ([]handoff.Agent, error) {
	var out []handoff.Agent
	err := s.db.read(ctx, ws, func(q queue) { agents(q, &out, ws) })
	return out, err
}

// Queues lists the workspace's queues in order of ID.
func (s *Handoff) Queues(ctx context.Context, ws bot.WorkspaceID) ([]handoff.Queue, error) {
	var out []handoff.Queue
	err := s.db.read(ctx, ws, func(q queue) { queues(q, &out, ws) })
	return out, err
}

// Offers lists the open offers to an agent, the oldest first.
func (s *Handoff) Offers(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) ([]handoff.Reservation, error) {
	var out []handoff.Reservation
	err := s.db.read(ctx, ws, func(q queue) {
		all(q, &out, scanReservation, `
			SELECT `+reservationColumns+` FROM reservations WHERE workspace = $1 AND agent = $2 AND state = 'open' ORDER BY offered_at, id`, ws, agent)
	})
	return out, err
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
	var (
		r     handoff.Reservation
		found bool
	)
	err := s.db.read(ctx, ws, func(q queue) {
		one(q, &r, &found, scanReservation, `
			SELECT `+reservationColumns+` FROM reservations WHERE workspace = $1 AND id = $2`, ws, reservation)
	})
	if err == nil && !found {
		err = fault.New(fault.NotFound, "There is no such offer.")
	}
	return r, err
}

// Workspaces lists those that have agents or a line.
func (s *Handoff) Workspaces(ctx context.Context) ([]bot.WorkspaceID, error) {
	var out []bot.WorkspaceID
	err := s.db.read(ctx, everywhere, func(q queue) {
		all(q, &out, pgx.RowTo[bot.WorkspaceID], `
			SELECT workspace FROM agents UNION SELECT workspace FROM waits ORDER BY workspace`)
	})
	return out, err
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
	return s.db.write(ctx, q.Workspace, func(_ context.Context, t *tx) error {
		t.exec(`
			INSERT INTO queues (workspace, id, name, offer_for, hours, settings) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, offer_for = excluded.offer_for,
				hours = excluded.hours, settings = excluded.settings`,
			q.Workspace, q.ID, q.Name, q.OfferFor.Microseconds(), hours, settings)
		return nil
	})
}

// DeleteQueue forgets a queue.
func (s *Handoff) DeleteQueue(ctx context.Context, ws bot.WorkspaceID, queue bot.QueueID) error {
	return s.db.write(ctx, ws, func(_ context.Context, t *tx) error {
		t.exec(`DELETE FROM queues WHERE workspace = $1 AND id = $2`, ws, queue)
		return nil
	})
}
