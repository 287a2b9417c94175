package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

var _ bot.Feed = (*Conversations)(nil)

// The feed reads rows in the order of (transaction, number) and only those of
// transactions older than every one that still runs: behind that horizon nothing
// can appear any more. Rows that commit late wait in front of it, with all that
// came after their transaction began.

// horizon remembers since when the feed's horizon stands still while rows wait
// behind it.
type horizon struct {
	mu    sync.Mutex // guards the fields below
	xmin  uint64
	since time.Time
}

// lag is how long rows have been waiting for the horizon to move.
func (h *horizon) lag(xmin uint64, waiting bool) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if xmin != h.xmin || !waiting {
		h.xmin, h.since = xmin, time.Now()
	}
	if !waiting {
		return 0
	}
	return max(time.Since(h.since), time.Microsecond)
}

// timeline is the SQL of the name of the server's write-ahead log. A standby that is
// promoted begins another one: it may lack the last transactions of its primary, and
// gives their numbers to others.
const timeline = `substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`

// errHistory answers a place of a timeline that has ended.
func errHistory() error {
	return fault.New(fault.Invalid, "That is a place of another history: another database server has taken over.")
}

// place is a position of the feed: in that timeline, behind the row of that number
// and transaction.
type place struct {
	timeline string
	xid      uint64
	n        int64
}

func (p place) String() string { return fmt.Sprintf("%s.%d.%d", p.timeline, p.xid, p.n) }

func parsePlace(s string) (p place, err error) {
	var rest string
	p.timeline, rest, _ = strings.Cut(s, ".")
	if n, err := fmt.Sscanf(rest, "%d.%d", &p.xid, &p.n); err != nil || n != 2 || s != p.String() {
		return p, fault.New(fault.Invalid, "That is no place in the feed.")
	}
	return p, nil
}

// Head returns the place of the last row behind the horizon.
func (s *Conversations) Head(ctx context.Context) (string, error) {
	var (
		p     place
		found bool
	)
	err := s.db.snapshot(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&p.timeline}, `SELECT `+timeline)
		value(q, &found, []any{&p.xid, &p.n}, `
			SELECT xid, n FROM events WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid DESC, n DESC LIMIT 1`)
	})
	return p.String(), err
}

// feedScan is how many rows of the timeline one page looks at: many events of one
// conversation are one row of the page.
const feedScan = 2000

// Changes returns the conversations with events behind a place.
func (s *Conversations) Changes(ctx context.Context, after string, limit int) (bot.FeedPage, error) {
	if limit < 1 || limit > 2000 {
		return bot.FeedPage{}, fault.New(fault.Invalid, "A page of the feed has 1 to 2,000 rows, not %d.", limit).WithField("limit", "1 to 2000")
	}
	from, err := parsePlace(after)
	if err != nil {
		return bot.FeedPage{}, err
	}
	type row struct {
		XID                     uint64
		N                       int64
		Workspace, Conversation string
	}
	var (
		rows           []row
		now            string
		xmin           uint64
		waiting, found bool
	)
	if err := s.db.snapshot(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&now, &xmin, &waiting}, `
			SELECT `+timeline+`, pg_snapshot_xmin(pg_current_snapshot()), EXISTS (SELECT 1 FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))`)
		all(q, &rows, pgx.RowToStructByPos[row], `
			SELECT xid, n, workspace, conversation FROM events
			WHERE (xid, n) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
			ORDER BY xid, n LIMIT $3`, from.xid, from.n, feedScan+1)
	}); err != nil {
		return bot.FeedPage{}, err
	}
	if from.timeline != now {
		return bot.FeedPage{}, errHistory()
	}
	page := bot.FeedPage{Next: after, Lag: s.db.feed.lag(xmin, waiting)}
	if len(rows) > feedScan {
		page.More, rows = true, rows[:feedScan]
	}
	var workspaces, conversations []string
	seen := map[[2]string]bool{}
	for _, r := range rows {
		if k := [2]string{r.Workspace, r.Conversation}; !seen[k] {
			if len(conversations) == limit {
				page.More = true
				break
			}
			seen[k] = true
			workspaces, conversations = append(workspaces, k[0]), append(conversations, k[1])
		}
		page.Next = place{now, r.XID, r.N}.String()
	}
	if len(conversations) == 0 {
		return page, nil
	}
	// The bot's memory is the longest column by far and no business of a reader.
	columns := strings.Replace(qualified("c.", conversationColumns), "c.memory", "''", 1)
	err = s.db.read(ctx, everywhere, func(q queue) {
		all(q, &page.Rows, scanConversation, `
			SELECT `+columns+`
			FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (workspace, id, n)
			JOIN conversations c ON c.workspace = k.workspace AND c.id = k.id ORDER BY k.n`, workspaces, conversations)
	})
	return page, err
}
