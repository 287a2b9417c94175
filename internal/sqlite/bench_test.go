package sqlite

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/storetest"
)

func benchStores(b *testing.B) storetest.Stores {
	db := openTest(b)
	return storetest.Stores{Timeline: db.Conversations(), Desk: db.Handoff(), Reports: db.Handoff()}
}

// The bar is 3,000 a second with a p99 of at most 50 ms.
//
//	go test -run '^$' -bench Sends -benchtime 20000x ./internal/sqlite
func BenchmarkSends(b *testing.B) { storetest.BenchSends(b, benchStores) }

// go test -run '^$' -bench Desk -benchtime 500x ./internal/sqlite
func BenchmarkDesk(b *testing.B) { storetest.BenchDesk(b, benchStores) }

// go test -run '^$' -bench Report -benchtime 3x ./internal/sqlite
func BenchmarkReport(b *testing.B) { storetest.BenchReport(b, benchStores) }
