package postgres

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

var groupAuthor = bot.Author{Kind: bot.AuthorVisitor, ID: "v"}

func hello() (bot.Change, error) {
	return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: groupAuthor, Visible: true, Body: bot.Body{Text: "hello"}}}}, nil
}

// busy fills the places of transactions under way, so that what is sent next waits
// for company. One place is given up with first, the others with rest.
func busy(t *testing.T, db *DB) (first, rest func()) {
	t.Helper()
	one, others := make(chan struct{}), make(chan struct{})
	var begun, ended sync.WaitGroup
	for i := range groupsUnderWay {
		gate := others
		if i == 0 {
			gate = one
		}
		conv := ask(t, db, "w", id.New()).Conversation.ID
		begun.Add(1)
		ended.Go(func() {
			var once sync.Once
			if _, err := db.Conversations().Write(t.Context(), "w", conv, keyed(), func(bot.Conversation) (bot.Change, error) {
				once.Do(begun.Done)
				<-gate
				return hello()
			}); err != nil {
				t.Error(err)
			}
		})
	}
	begun.Wait()
	return func() { close(one) }, func() { close(others); ended.Wait() }
}

func keyed() bot.Key { return bot.Key{Sender: groupAuthor, ClientMsgID: id.New(), Digest: "d"} }

// company is a context that tells when a message sent with it waits for company: who
// waits looks from then on at whether its sender gives up.
type company struct {
	context.Context
	once  sync.Once
	waits chan struct{} // closed then
}

func inCompany(ctx context.Context) *company {
	return &company{Context: ctx, waits: make(chan struct{})}
}

func (c *company) Done() <-chan struct{} {
	c.once.Do(func() { close(c.waits) })
	return c.Context.Done()
}

// Messages that share a transaction are as independent as if each had its own.
func TestGroupsAreIndependent(t *testing.T) {
	var mu sync.Mutex
	var shared []int
	db, err := Open(t.Context(), testenv.Postgres(t), &Options{Committed: func(n int, _ time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		shared = append(shared, n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := db.Conversations()
	conv := func() bot.ConversationID { return ask(t, db, "w", id.New()).Conversation.ID }
	sent, same, locked := keyed(), conv(), conv()
	again := conv()
	if _, err := s.Write(t.Context(), "w", again, sent, func(bot.Conversation) (bot.Change, error) { return hello() }); err != nil {
		t.Fatal(err)
	}
	plain := func(bot.Conversation) (bot.Change, error) { return hello() }
	tests := []struct {
		name   string
		conv   bot.ConversationID
		key    bot.Key
		decide bot.Decide
		kind   fault.Kind // of the error; "": none
		seq    int64      // of the conversation afterwards
	}{
		{"plain", conv(), keyed(), plain, "", 2},
		{"another", conv(), keyed(), plain, "", 2},
		{"first of one conversation", same, keyed(), plain, "", 3},
		{"second of it", same, keyed(), plain, "", 3},
		{"owes an answer", conv(), keyed(), func(bot.Conversation) (bot.Change, error) {
			ch, err := hello()
			ch.Owe = true
			return ch, err
		}, "", 2},
		{"sent before", again, sent, plain, "", 2},
		{"sent before with other words", again, bot.Key{Sender: sent.Sender, ClientMsgID: sent.ClientMsgID, Digest: "other"}, plain, fault.Conflict, 2},
		{"refused", conv(), keyed(), func(bot.Conversation) (bot.Change, error) {
			return bot.Change{}, fault.New(fault.Conflict, "no")
		}, fault.Conflict, 1},
		{"panics", conv(), keyed(), func(bot.Conversation) (bot.Change, error) { panic("broken rule") }, fault.Internal, 1},
		{"changes the row", conv(), keyed(), func(bot.Conversation) (bot.Change, error) {
			ch, err := hello()
			ch.Row = func(c *bot.Conversation) { c.Language = "zh" }
			return ch, err
		}, "", 2},
		{"of no conversation", "none", keyed(), plain, fault.NotFound, 0},
		{"locked by another", locked, keyed(), plain, "", 3},
	}
	first, rest := busy(t, db)
	gate, holds := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // a server's own write, which shares with nobody and holds the row
		var once sync.Once
		if _, err := s.Write(t.Context(), "w", locked, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			once.Do(func() { close(holds) })
			<-gate
			return hello()
		}); err != nil {
			t.Error(err)
		}
	})
	<-holds
	errs := make([]error, len(tests))
	others := make(chan struct{}, len(tests))
	for i, tt := range tests {
		ctx := inCompany(t.Context())
		wg.Go(func() {
			_, errs[i] = s.Write(ctx, "w", tt.conv, tt.key, tt.decide)
			others <- struct{}{}
		})
		<-ctx.waits
	}
	first()
	rest()
	for range len(tests) - 1 { // nobody waits for the lock but the one whose conversation it is
		select {
		case <-others:
		case <-time.After(10 * time.Second):
			t.Fatal("messages wait for the lock of a conversation that is not theirs")
		}
	}
	close(gate)
	wg.Wait()
	for i, tt := range tests {
		if tt.kind == "" && errs[i] != nil || tt.kind != "" && !fault.Is(errs[i], tt.kind) {
			t.Errorf("%s: %v, want %q", tt.name, errs[i], tt.kind)
		}
		if tt.seq == 0 {
			continue
		}
		if c, err := s.Conversation(t.Context(), "w", tt.conv); err != nil || c.Seq != tt.seq {
			t.Errorf("%s: the conversation is at %d, %v; want %d", tt.name, c.Seq, err, tt.seq)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if slices.Max(append(shared, 0)) < 3 {
		t.Errorf("transactions were shared by %v messages, want one by at least 3", shared)
	}
}

// Conversations that others hold for long hold up nobody else.
func TestLockedConversationsKeepNoPlace(t *testing.T) {
	db := openTest(t)
	s := db.Conversations()
	gate := make(chan struct{})
	var holds, wg sync.WaitGroup
	for range 2 * groupsUnderWay {
		conv := ask(t, db, "w", id.New()).Conversation.ID
		holds.Add(1)
		var once sync.Once
		wg.Go(func() { // the server's own write holds the row
			if _, err := s.Write(t.Context(), "w", conv, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
				once.Do(holds.Done)
				<-gate
				return hello()
			}); err != nil {
				t.Error(err)
			}
		})
		holds.Wait()
		wg.Go(func() {
			if _, err := s.Write(t.Context(), "w", conv, keyed(), func(bot.Conversation) (bot.Change, error) { return hello() }); err != nil {
				t.Error(err)
			}
		})
	}
	free := ask(t, db, "w", id.New()).Conversation.ID
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if _, err := s.Write(ctx, "w", free, keyed(), func(bot.Conversation) (bot.Change, error) { return hello() }); err != nil {
		t.Errorf("a message to a conversation that nobody holds: %v", err)
	}
	close(gate)
	wg.Wait()
}

// One who gives up while waiting for company has sent nothing.
func TestGivingUpBeforeTheGroup(t *testing.T) {
	db := openTest(t)
	conv := ask(t, db, "w", id.New()).Conversation.ID
	first, rest := busy(t, db)
	given, cancel := context.WithCancel(t.Context())
	ctx := inCompany(given)
	failed := make(chan error)
	go func() {
		_, err := db.Conversations().Write(ctx, "w", conv, keyed(), func(bot.Conversation) (bot.Change, error) { return hello() })
		failed <- err
	}()
	<-ctx.waits
	cancel()
	if err := <-failed; err == nil {
		t.Error("no error")
	}
	first()
	rest()
	if c, err := db.Conversations().Conversation(t.Context(), "w", conv); err != nil || c.Seq != 1 {
		t.Errorf("the conversation is at %d, %v; want 1", c.Seq, err)
	}
}

// When the reply to a shared COMMIT is lost, all are told that it is not known, and
// what they send again is there once.
func TestReplyToSharedCommitIsLost(t *testing.T) {
	db, c := openCut(t)
	s := db.Conversations()
	const n = 5
	keys, convs := make([]bot.Key, n), make([]bot.ConversationID, n)
	for i := range n {
		keys[i], convs[i] = keyed(), ask(t, db, "w", id.New()).Conversation.ID
	}
	first, rest := busy(t, db)
	var asked sync.WaitGroup
	asked.Add(n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		ctx := inCompany(t.Context())
		wg.Go(func() {
			_, errs[i] = s.Write(ctx, "w", convs[i], keys[i], func(bot.Conversation) (bot.Change, error) {
				asked.Done()
				if i == n-1 {
					c.swallow.Store(true) // what is sent next are the changes with their commit
				}
				return hello()
			})
		})
		<-ctx.waits // in order, so that the last one is asked last
	}
	first()
	wg.Wait()
	asked.Wait()
	rest()
	for i := range n {
		if !fault.Is(errs[i], fault.Unavailable) || !strings.Contains(errs[i].Error(), "not known") {
			t.Errorf("%d: %v, want that it is not known", i, errs[i])
		}
		w, err := s.Write(t.Context(), "w", convs[i], keys[i], func(bot.Conversation) (bot.Change, error) { return hello() })
		if err != nil || w.Conversation.Seq != 2 {
			t.Errorf("%d again: seq %d, %v; want 2", i, w.Conversation.Seq, err)
		}
	}
}
