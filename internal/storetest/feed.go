package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// changes reads a page when nothing is held back any more: other transactions of
// the same server may be under way.
func changes(t tester, s Stores, after string, limit int) bot.FeedPage {
	t.Helper()
	for {
		p, err := s.Feed.Changes(t.Context(), after, limit)
		if err != nil {
			t.Fatalf("changes after %q: %v", after, err)
		}
		if p.Lag == 0 || len(p.Rows) > 0 && p.More {
			return p
		}
	}
}

// follow reads the feed from a cursor to its end and notes the newest number of
// every conversation that it meets.
func follow(t tester, s Stores, after string, limit int, seen map[bot.ConversationID]int64) (next string) {
	t.Helper()
	for {
		p := changes(t, s, after, limit)
		if len(p.Rows) > limit {
			t.Errorf("a page of %d rows, want at most %d", len(p.Rows), limit)
		}
		if p.More && p.Next == after {
			t.Fatalf("the feed stands at %q and says that there is more", after)
		}
		if p.Lag < 0 {
			t.Errorf("a lag of %v", p.Lag)
		}
		once := map[bot.ConversationID]bool{}
		for _, row := range p.Rows {
			if once[row.ID] {
				t.Errorf("conversation %s is twice on one page", row.ID)
			}
			once[row.ID] = true
			seen[row.ID] = max(seen[row.ID], row.Seq)
		}
		after = p.Next
		if !p.More {
			return after
		}
	}
}

func head(t tester, s Stores) string {
	t.Helper()
	cursor, err := s.Feed.Head(t.Context())
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return cursor
}

func testFeed(t *testing.T, s Stores) {
	c := newConversation(t, s, workspace)
	write(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{says(visitor, "before")}})
	changes(t, s, head(t, s), 1)
	from := head(t, s)
	seen := map[bot.ConversationID]int64{}
	if next := follow(t, s, from, 10, seen); next != from || len(seen) != 0 {
		t.Errorf("nothing was written: next %q, %v; want %q and no rows", next, seen, from)
	}

	d := newConversation(t, s, "another workspace") // the feed is the installation's
	write(t, s, c, bot.Key{}, bot.Change{
		Events: []bot.NewEvent{says(visitor, "one"), says(visitor, "two")},
		Row:    func(c *bot.Conversation) { c.Sentiment, c.Memory.Answered = -.5, 1 },
	})
	write(t, s, d, bot.Key{}, bot.Change{Events: []bot.NewEvent{says(visitor, "three")}})
	p := changes(t, s, from, 10)
	if len(p.Rows) != 2 || p.More {
		t.Fatalf("%+v; want both conversations", p)
	}
	for _, row := range p.Rows {
		want, err := s.Timeline.Conversation(t.Context(), row.Workspace, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		want.Memory = bot.Memory{}
		wantSame(t, "row", row, want)
	}
	for _, limit := range []int{1, 2, 2000} {
		seen := map[bot.ConversationID]int64{}
		if next := follow(t, s, from, limit, seen); next != p.Next {
			t.Errorf("by %d the feed ends at %q, want %q", limit, next, p.Next)
		}
		wantSame(t, fmt.Sprint("by ", limit), seen, map[bot.ConversationID]int64{c.ID: 3, d.ID: 1})
	}
	if got := head(t, s); got != p.Next {
		t.Errorf("head %q, want the end of the feed %q", got, p.Next)
	}
	_, err := s.Feed.Changes(t.Context(), "nonsense", 10)
	wantKind(t, "no cursor", err, fault.Invalid)
	for _, limit := range []int{0, 2001} {
		_, err = s.Feed.Changes(t.Context(), from, limit)
		wantKind(t, fmt.Sprint(limit, " rows"), err, fault.Invalid)
	}
}

// testFeedPassesNothing follows the feed while many write: what it has not met
// when all is quiet it passed over (I-14).
func testFeedPassesNothing(t *testing.T, s Stores) {
	const writers, each = 8, 60
	var convs []bot.Conversation
	for range 2 * writers {
		convs = append(convs, newConversation(t, s, workspace))
	}
	after := head(t, s)
	ctx, done := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				c := convs[(w*7+i*5)%len(convs)]
				if err := tryWrite(t, s, c, bot.Key{}, bot.Change{Events: []bot.NewEvent{says(visitor, "x")}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	go func() { wg.Wait(); done() }()
	seen := map[bot.ConversationID]int64{}
	for ctx.Err() == nil {
		after = follow(t, s, after, 7, seen)
	}
	follow(t, s, after, 7, seen)
	want := map[bot.ConversationID]int64{}
	for _, c := range convs {
		row, err := s.Timeline.Conversation(t.Context(), workspace, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		want[c.ID] = row.Seq
	}
	wantSame(t, "met", seen, want)
}
