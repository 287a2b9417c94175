package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// openTest opens a database in a folder of its own.
func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func put(key string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO meta (key, value) VALUES (?, '')`, key)
		return err
	}
}

func count(t testing.TB, db *DB, like string) int {
	t.Helper()
	var n int
	if err := db.read.QueryRow(`SELECT count(*) FROM meta WHERE key LIKE ?`, like).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteGroupsAreIndependent(t *testing.T) {
	db := openTest(t)
	refused := errors.New("refused")
	var wg sync.WaitGroup
	errs := make([]error, 200)
	for i := range errs {
		wg.Go(func() {
			errs[i] = db.write(t.Context(), func(tx *sql.Tx) error {
				if err := put(fmt.Sprintf("k%d", i))(tx); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return fault.Wrap(fault.Invalid, refused, "No.")
				case 2:
					panic("broken rule")
				case 3: // a constraint
					return put(fmt.Sprintf("k%d", i))(tx)
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		want := []fault.Kind{"", fault.Invalid, fault.Internal, fault.Conflict}[i%4]
		if got := fault.KindOf(err); got != want {
			t.Errorf("write %d: kind %q (%v), want %q", i, got, err, want)
		}
	}
	if got := count(t, db, "k%"); got != 50 {
		t.Errorf("%d rows stored, want the 50 of the writes that succeeded", got)
	}
}

func TestWriteEndedContext(t *testing.T) {
	db := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.write(ctx, put("k")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	// One that ends while it waits behind another writer is not carried out.
	started, finish := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- db.write(t.Context(), func(tx *sql.Tx) error {
			close(started)
			<-finish
			return put("first")(tx)
		})
	}()
	<-started
	ctx, cancel = context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() { second <- db.write(ctx, put("second")) }()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if count(t, db, "first") != 1 || count(t, db, "second") != 0 {
		t.Error("want the first write stored and the second not")
	}
	// A statement whose own context ends in the middle hurts nobody.
	ctx, cancel = context.WithCancel(t.Context())
	err := db.write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('third', '')`); err != nil {
			return err
		}
		cancel()
		_, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('fourth', '')`)
		return err
	})
	if !errors.Is(err, context.Canceled) || count(t, db, "third") != 0 {
		t.Errorf("got %v and %d rows, want Canceled and none", err, count(t, db, "third"))
	}
	if err := db.write(t.Context(), put("fifth")); err != nil {
		t.Error(err)
	}
}

func TestFullDisk(t *testing.T) {
	db := openTest(t)
	var pages int
	if err := db.writer.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+20)); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("x", 4000)
	stored := 0
	var err error
	for i := range 1000 {
		err = db.write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO meta (key, value) VALUES (?, ?)`, fmt.Sprintf("k%d", i), big)
			return err
		})
		if err != nil {
			break
		}
		stored++
	}
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Message(err), "full") {
		t.Fatalf("got %v, want Unavailable that says the storage is full", err)
	}
	if got := count(t, db, "k%"); got != stored {
		t.Errorf("%d rows are there, %d were acknowledged", got, stored)
	}
	// Space comes back: writing goes on without a restart.
	if _, err := db.writer.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if err := db.write(t.Context(), put("again")); err != nil {
		t.Error(err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReadOnly(t *testing.T) {
	db := openTest(t)
	if _, err := db.writer.Exec(`PRAGMA query_only = 1`); err != nil {
		t.Fatal(err)
	}
	err := db.write(t.Context(), put("k"))
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Message(err), "read-only") {
		t.Errorf("got %v, want Unavailable that says the storage is read-only", err)
	}
	if count(t, db, "stream_epoch") != 1 {
		t.Error("reading should go on")
	}
}

func TestReopenKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := db.Conversations().Epoch(t.Context())
	if err != nil || epoch == "" {
		t.Fatalf("epoch %q, %v", epoch, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := db.write(t.Context(), put("k")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("write after Close: %v, want Unavailable", err)
	}
	db, err = Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if again, err := db.Conversations().Epoch(t.Context()); err != nil || again != epoch {
		t.Errorf("epoch %q after reopening, %v; want %q", again, err, epoch)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.writer.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), dir, nil)
	if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), "newer") {
		t.Errorf("got %v, want a Conflict that speaks of a newer version", err)
	}
	if db != nil {
		t.Error("want no database")
	}
	if l, err := Lock(dir); err != nil {
		t.Errorf("the folder is still locked: %v", err)
	} else if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestFolderLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b#%?c")
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.lock.Announce("http://127.0.0.1:8080", "secret"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dir, nil)
	want := fmt.Sprint(os.Getpid())
	if !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Message(err), want) ||
		!strings.Contains(fault.Message(err), "http://127.0.0.1:8080") || strings.Contains(fault.Message(err), "secret") {
		t.Errorf("got %v, want a Conflict that names process %s and its address", err, want)
	}
	if h, err := ReadHolder(dir); err != nil || h.PID != os.Getpid() || h.Token != "secret" {
		t.Errorf("holder %+v, %v", h, err)
	}
	if info, err := os.Stat(filepath.Join(dir, holderName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want a note that only its owner reads", info, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadHolder(dir); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound after Close", err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		t.Errorf("the database is not in its folder: %v", err)
	}
}

func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(strings.Repeat("not a database. ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, nil); !fault.Is(err, fault.Internal) || !strings.Contains(fault.Message(err), "damaged") {
		t.Errorf("got %v, want a fault that says the file is damaged", err)
	}
}
