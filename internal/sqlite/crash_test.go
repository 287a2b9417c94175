package sqlite

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-chat/frontdesk/bot"
)

const (
	crashDir   = "FRONTDESK_TEST_CRASH_DIR"
	crashRound = "FRONTDESK_TEST_CRASH_ROUND"

	crashRounds        = 50
	crashConversations = 3
	crashSenders       = 12 // in each round; sender i writes to conversation i mod crashConversations
)

var crashVisitor = bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}

func crashSend(db *DB, t *testing.T, conv int, id string) (bot.Written, error) {
	return db.Conversations().Open(t.Context(),
		bot.Conversation{Workspace: "w", Inbox: "site", Visitor: "v1", ClientConvID: fmt.Sprint("conversation ", conv)},
		bot.Key{Sender: crashVisitor, ClientMsgID: id, Digest: id},
		func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Owe: true, Events: []bot.NewEvent{{
				Kind: bot.EventMessage, Author: crashVisitor, Visible: true, Body: bot.Body{Text: "message " + id},
			}}}, nil
		})
}

// TestCrashChild is the process that TestKill kills: it sends without end and
// says on standard output what was acknowledged.
func TestCrashChild(t *testing.T) {
	dir, round := os.Getenv(crashDir), os.Getenv(crashRound)
	if dir == "" {
		t.Skip("runs as a child of TestKill")
	}
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu sync.Mutex // one line at a time
		wg sync.WaitGroup
	)
	for s := range crashSenders {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", round, s, i)
				w, err := crashSend(db, t, s%crashConversations, id)
				mu.Lock()
				if err != nil {
					fmt.Printf("\nerror %s %v\n", id, err)
				} else {
					fmt.Printf("\nack %s %s %d %s\n", id, w.Conversation.ID, w.Events[0].Seq, w.Events[0].ID)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

type crashAck struct {
	conv  bot.ConversationID
	seq   int64
	event bot.EventID
}

// TestKill kills a sending process at random 50 times: every acknowledged
// message is there under its number, none is doubled, retries change nothing,
// numbers are dense, and the file is sound (I-01, I-03, I-04).
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 50 processes")
	}
	dir := t.TempDir()
	acked := map[string]crashAck{}
	for round := range crashRounds {
		before := len(acked)
		killOnce(t, dir, round, 10+rand.IntN(60), acked)
		db, err := Open(t.Context(), dir, nil)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		checkCrash(t, db, acked)
		// What was under way may be stored or not; a retry stores it once.
		for s := range crashSenders {
			i := 0
			for ; ; i++ {
				if _, ok := acked[fmt.Sprintf("%d-%d-%d", round, s, i)]; !ok {
					break
				}
			}
			for _, id := range []string{fmt.Sprintf("%d-%d-%d", round, s, i), fmt.Sprintf("%d-%d-0", round, s)} {
				w, err := crashSend(db, t, s%crashConversations, id)
				if err != nil || len(w.Events) != 1 {
					t.Fatalf("round %d: retry of %s: %+v, %v", round, id, w, err)
				}
				got := crashAck{w.Conversation.ID, w.Events[0].Seq, w.Events[0].ID}
				if want, ok := acked[id]; ok && (!w.Dup || got != want) {
					t.Fatalf("round %d: retry of %s gave %+v, acknowledged was %+v", round, id, got, want)
				}
				acked[id] = got
			}
		}
		checkCrash(t, db, acked)
		if err := db.Check(t.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if len(acked) == before {
			t.Fatalf("round %d acknowledged nothing", round)
		}
	}
	t.Logf("%d kills, %d acknowledged messages, all there once", crashRounds, len(acked))
	if len(acked) < 1000 {
		t.Errorf("only %d messages were acknowledged, want 1,000 or more", len(acked))
	}
}

// killOnce starts a child, kills it after n acknowledgements, and notes them all.
func killOnce(t *testing.T, dir string, round, n int, acked map[string]crashAck) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprintf("%s=%d", crashRound, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for got := 0; lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) > 0 && f[0] == "error" {
			t.Errorf("round %d: child: %s", round, lines.Text())
		}
		if len(f) != 5 || f[0] != "ack" || len(f[4]) != 36 { // the last line may be cut
			continue
		}
		var seq int64
		if _, err := fmt.Sscan(f[3], &seq); err != nil {
			t.Errorf("round %d: child said %q", round, lines.Text())
		}
		acked[f[1]] = crashAck{bot.ConversationID(f[2]), seq, bot.EventID(f[4])}
		if got++; got == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // "killed", as it should be
}

// checkCrash compares all timelines with what was acknowledged.
func checkCrash(t *testing.T, db *DB, acked map[string]crashAck) {
	t.Helper()
	stored := map[string]crashAck{}
	rows, err := db.read.Query(`SELECT conversation, seq, vseq, id, client_msg_id FROM events ORDER BY conversation, seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	next := map[bot.ConversationID]int64{}
	for rows.Next() {
		var (
			a    crashAck
			vseq int64
			id   string
		)
		if err := rows.Scan(&a.conv, &a.seq, &vseq, &a.event, &id); err != nil {
			t.Fatal(err)
		}
		next[a.conv]++
		if a.seq != next[a.conv] || vseq != a.seq {
			t.Fatalf("conversation %s: event %d has numbers %d/%d", a.conv, next[a.conv], a.seq, vseq)
		}
		if old, ok := stored[id]; ok {
			t.Fatalf("message %s is stored twice: %+v and %+v", id, old, a)
		}
		stored[id] = a
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id, want := range acked {
		if got := stored[id]; got != want {
			t.Fatalf("message %s: stored %+v, acknowledged %+v", id, got, want)
		}
	}
	for conv, n := range next {
		c, err := db.Conversations().Conversation(t.Context(), "w", conv)
		if err != nil || c.Seq != n {
			t.Fatalf("conversation %s: row says %d, timeline %d, %v", conv, c.Seq, n, err)
		}
	}
	// Every conversation is owed an answer, exactly one.
	var owed int
	if err := db.read.QueryRow(`SELECT count(*) FROM runs WHERE state = 'queued'`).Scan(&owed); err != nil {
		t.Fatal(err)
	}
	if owed != len(next) {
		t.Fatalf("%d answers are owed in %d conversations", owed, len(next))
	}
}
