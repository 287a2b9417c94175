package testenv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the DSN of a fresh, empty database that is dropped at the end
// of the test, for a role that may do anything. The server is the one that
// FRONTDESK_TEST_POSTGRES names, or one that the test programs of this user share.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("FRONTDESK_TEST_POSTGRES")
	if admin == "" {
		s, users, err := shared(t.Context())
		if users != nil {
			t.Cleanup(func() { _ = users.Close() })
		}
		if errors.Is(err, ErrNoPostgres) {
			Absent(t, "%v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		admin = s
	}
	u, err := url.Parse(admin)
	if err != nil || u.Scheme == "" {
		t.Fatalf("FRONTDESK_TEST_POSTGRES must be a URL such as postgres://user@host:5432/postgres (%v)", err)
	}
	name := fmt.Sprintf("fdtest_%d_%d", os.Getpid(), rand.Uint64())
	execute(t, t.Context(), admin, `CREATE DATABASE `+name)
	t.Cleanup(func() {
		execute(t, context.WithoutCancel(t.Context()), admin, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
	})
	u.Path = "/" + name
	return u.String()
}

func execute(t testing.TB, ctx context.Context, dsn, query string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the statement's own error counts
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Errorf("%s: %v", query, err)
	}
}

// watch keeps the shared server while somebody holds a lock on the file of its
// users, and ends it and removes its folder when nobody has for 15 seconds. Tests
// hold the lock; the end of their process, however it comes, gives it back.
const watch = `
idle=0
while kill -0 "$1" 2>/dev/null; do
  sleep 1
  if flock -n -x "$2" true; then idle=$((idle + 1)); else idle=0; fi
  if [ "$idle" -ge 15 ]; then kill -QUIT "$1"; break; fi
done
while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
rm -rf "$3" "$3.log" "$4"
`

// shared returns the DSN of the shared server, which is started when none runs,
// and the file whose lock keeps it alive; close that afterwards.
func shared(ctx context.Context) (dsn string, users *os.File, err error) {
	cache, err := Cache()
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", nil, err
	}
	if users, err = locked(filepath.Join(cache, "users.lock"), syscall.LOCK_SH); err != nil {
		return "", nil, err
	}
	start, err := locked(filepath.Join(cache, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return "", users, err
	}
	defer start.Close()
	note := filepath.Join(cache, "server")
	if dsn, ok := running(ctx, note); ok {
		return dsn, users, nil
	}
	s, err := StartPostgres(ctx, Options{})
	if err != nil {
		return "", users, err
	}
	guard := exec.Command("/bin/sh", "-c", watch, "sh", strconv.Itoa(s.cmd.Process.Pid), users.Name(), s.Dir, note)
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := guard.Start(); err != nil {
		return "", users, errors.Join(err, s.Close())
	}
	if err := guard.Process.Release(); err != nil {
		return "", users, err
	}
	dsn = s.DSN("postgres")
	return dsn, users, os.WriteFile(note, []byte(dsn+"\n"), 0o644)
}

// locked opens a file and takes a lock on it that ends when it is closed.
func locked(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// running reads the note of the shared server and tries it.
func running(ctx context.Context, note string) (string, bool) {
	text, err := os.ReadFile(note)
	if err != nil {
		return "", false
	}
	dsn := strings.TrimSpace(string(text))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", false
	}
	return dsn, conn.Close(ctx) == nil
}
