package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// The rows of the desk's tables.

const (
	agentColumns = `workspace, id, name, skills, capacity, load, reserved, weight, duty, missed, heartbeat, last_given, version, ramp, on_since, roster, relief, off_since, ramp_from`

	reservationColumns = `workspace, id, conversation, agent, state, offered_at, deadline, decided_at, takes`

	waitColumns = `since, parked_at, why, promised, away_since, accepted_at, contact, last_agent, timer_at, timer_kind, relief, passed_to, stopped, takes, told, told_upper`
)

func scanAgent(scan func(...any) error) (handoff.Agent, error) {
	var (
		a                                        handoff.Agent
		skills, roster                           string
		heartbeat, given, ramp, since, off, from int64
	)
	if err := scan(&a.Workspace, &a.ID, &a.Name, &skills, &a.Capacity, &a.Load, &a.Reserved, &a.Weight, &a.Duty, &a.Missed,
		&heartbeat, &given, &a.Version, &ramp, &since, &roster, &a.Relief, &off, &from); err != nil {
		return handoff.Agent{}, err
	}
	a.Heartbeat, a.LastGiven = cell.Time(heartbeat), cell.Time(given)
	a.Ramp, a.OnSince = time.Duration(ramp)*time.Microsecond, cell.Time(since)
	a.OffSince, a.RampFrom = cell.Time(off), cell.Time(from)
	if err := cell.Decode(roster, &a.Roster); err != nil {
		return a, err
	}
	return a, cell.Decode(skills, &a.Skills)
}

func getAgent(ctx context.Context, q querier, ws bot.WorkspaceID, agent bot.AgentID) (handoff.Agent, error) {
	a, err := scanAgent(q.QueryRowContext(ctx, `SELECT `+agentColumns+` FROM agents WHERE workspace = ? AND id = ?`, ws, agent).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fault.Wrap(fault.NotFound, err, "There is no such agent.")
	}
	return a, translate(err)
}

func putAgent(ctx context.Context, tx *sql.Tx, a handoff.Agent) error {
	skills := ""
	if len(a.Skills) > 0 {
		var err error
		if skills, err = cell.Encode(a.Skills); err != nil {
			return err
		}
	}
	roster := ""
	if !a.Roster.IsZero() {
		var err error
		if roster, err = cell.Encode(a.Roster); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO agents (workspace, id, name, skills, capacity, load, reserved, weight, duty, missed, heartbeat, last_given, version, ramp, on_since, roster, relief, off_since, ramp_from)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, skills = excluded.skills, capacity = excluded.capacity,
			load = excluded.load, reserved = excluded.reserved, weight = excluded.weight, duty = excluded.duty,
			missed = excluded.missed, heartbeat = excluded.heartbeat, last_given = excluded.last_given, version = excluded.version,
			ramp = excluded.ramp, on_since = excluded.on_since, roster = excluded.roster, relief = excluded.relief,
			off_since = excluded.off_since, ramp_from = excluded.ramp_from`,
		a.Workspace, a.ID, a.Name, skills, a.Capacity, a.Load, a.Reserved, a.Weight, a.Duty, a.Missed,
		cell.Micros(a.Heartbeat), cell.Micros(a.LastGiven), a.Version+1, a.Ramp.Microseconds(), cell.Micros(a.OnSince), roster, a.Relief,
		cell.Micros(a.OffSince), cell.Micros(a.RampFrom))
	return err
}

func scanReservation(scan func(...any) error) (handoff.Reservation, error) {
	var (
		r                          handoff.Reservation
		offered, deadline, decided int64
	)
	err := scan(&r.Workspace, &r.ID, &r.Conversation, &r.Agent, &r.State, &offered, &deadline, &decided, &r.Takes)
	r.OfferedAt, r.Deadline, r.DecidedAt = cell.Time(offered), cell.Time(deadline), cell.Time(decided)
	return r, err
}

func scanQueue(scan func(...any) error) (handoff.Queue, error) {
	var (
		q               handoff.Queue
		offer           int64
		hours, settings string
	)
	if err := scan(&q.Workspace, &q.ID, &q.Name, &offer, &hours, &settings); err != nil {
		return q, err
	}
	q.OfferFor = time.Duration(offer) * time.Microsecond
	if err := cell.Decode(settings, &q.QueueSettings); err != nil {
		return q, err
	}
	return q, cell.Decode(hours, &q.Hours)
}

// waitRow receives waitColumns.
type waitRow struct {
	since, parked, away, accepted, timer int64
	told, upper                          int64 // microseconds
	why, contact, last, kind, passed     string
	promised, stopped                    bool
	relief, takes                        int
}

func (r *waitRow) dest() []any {
	return []any{&r.since, &r.parked, &r.why, &r.promised, &r.away, &r.accepted, &r.contact, &r.last, &r.timer, &r.kind, &r.relief, &r.passed, &r.stopped, &r.takes, &r.told, &r.upper}
}

func (r *waitRow) wait() (handoff.Wait, error) {
	w := handoff.Wait{
		Since: cell.Time(r.since), Parked: cell.Time(r.parked), Why: handoff.Parking(r.why), Promised: r.promised,
		Away: cell.Time(r.away), Accepted: cell.Time(r.accepted),
		Last: bot.AgentID(r.last), Timer: handoff.Timer{At: cell.Time(r.timer), Kind: handoff.TimerKind(r.kind)},
		Told:  handoff.Told{Wait: time.Duration(r.told) * time.Microsecond, Upper: time.Duration(r.upper) * time.Microsecond},
		Takes: r.takes, Relief: r.relief, PassedTo: bot.AgentID(r.passed), Stopped: r.stopped,
	}
	return w, cell.Decode(r.contact, &w.Contact)
}

// scanStanding reads conversationColumns and waitColumns.
func scanStanding(scan func(...any) error) (handoff.Standing, error) {
	var (
		s   handoff.Standing
		r   waitRow
		err error
	)
	s.Conversation, err = scanConversation(func(dest ...any) error { return scan(append(dest, r.dest()...)...) })
	if err != nil {
		return s, err
	}
	s.Wait, err = r.wait()
	return s, err
}

func getWait(ctx context.Context, q querier, ws bot.WorkspaceID, conv bot.ConversationID) (handoff.Wait, error) {
	var r waitRow
	err := q.QueryRowContext(ctx, `SELECT `+waitColumns+` FROM waits WHERE workspace = ? AND conversation = ?`, ws, conv).Scan(r.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return handoff.Wait{}, nil
	}
	if err != nil {
		return handoff.Wait{}, err
	}
	return r.wait()
}

func putWait(ctx context.Context, tx *sql.Tx, ws bot.WorkspaceID, conv bot.ConversationID, w handoff.Wait) error {
	if w == (handoff.Wait{}) {
		_, err := tx.ExecContext(ctx, `DELETE FROM waits WHERE workspace = ? AND conversation = ?`, ws, conv)
		return err
	}
	contact, err := cell.Encode(w.Contact)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO waits (workspace, conversation, since, parked_at, why, promised, away_since, accepted_at, contact, last_agent, timer_at, timer_kind,
			relief, passed_to, stopped, takes, told, told_upper)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace, conversation) DO UPDATE SET since = excluded.since, parked_at = excluded.parked_at,
			why = excluded.why, promised = excluded.promised, away_since = excluded.away_since,
			accepted_at = excluded.accepted_at, contact = excluded.contact,
			last_agent = excluded.last_agent, timer_at = excluded.timer_at, timer_kind = excluded.timer_kind,
			relief = excluded.relief, passed_to = excluded.passed_to, stopped = excluded.stopped, takes = excluded.takes,
			told = excluded.told, told_upper = excluded.told_upper`,
		ws, conv, cell.Micros(w.Since), cell.Micros(w.Parked), w.Why, w.Promised, cell.Micros(w.Away), cell.Micros(w.Accepted), contact,
		w.Last, cell.Micros(w.Timer.At), w.Timer.Kind, w.Relief, w.PassedTo, w.Stopped, w.Takes, w.Told.Wait.Microseconds(), w.Told.Upper.Microseconds())
	return err
}

func getMeasures(ctx context.Context, q querier, ws bot.WorkspaceID) (handoff.Measures, error) {
	var (
		m                        handoff.Measures
		handling, waited, answer int64
	)
	err := q.QueryRowContext(ctx, `SELECT handled, handling, left_count, waited, accepted, answer FROM desks WHERE workspace = ?`, ws).
		Scan(&m.Handled, &handling, &m.Left, &waited, &m.Accepted, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return handoff.Measures{}, nil
	}
	m.Handling, m.Waited = time.Duration(handling)*time.Microsecond, time.Duration(waited)*time.Microsecond
	m.Answer = time.Duration(answer) * time.Microsecond
	return m, translate(err)
}
