package postgres

import (
	"errors"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func benchStores(b *testing.B) storetest.Stores {
	db := openDurable(b)
	return storetest.Stores{Timeline: db.Conversations(), Desk: db.Handoff(), Reports: db.Handoff()}
}

// The bar is 4,000 a second.
//
//	go test -run '^$' -bench Sends -benchtime 20000x ./internal/postgres
func BenchmarkSends(b *testing.B) { storetest.BenchSends(b, benchStores) }

// go test -run '^$' -bench Desk -benchtime 500x ./internal/postgres
func BenchmarkDesk(b *testing.B) { storetest.BenchDesk(b, benchStores) }

// go test -run '^$' -bench Report -benchtime 3x ./internal/postgres
func BenchmarkReport(b *testing.B) { storetest.BenchReport(b, benchStores) }

// openDurable opens a database on a server whose commits are on disk.
func openDurable(b *testing.B) *DB {
	b.Helper()
	s, err := testenv.StartPostgres(b.Context(), testenv.Options{Durable: true})
	if errors.Is(err, testenv.ErrNoPostgres) {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	db, err := Open(b.Context(), s.DSN("postgres"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}
