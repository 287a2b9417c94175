// Package testenv starts the servers that tests need, or finds those that were
// made ready: Postgres with pgvector, Redis, nginx with the shipped files, and a
// mail server.
// Only tests import it.
//
// A server that is absent makes a test skip with the reason, or fail when
// FRONTDESK_TEST_REQUIRE=1 says that everything has to be there, as in CI.
//
// Postgres(t) hands out fresh databases of one server that all test programs of a
// run share. Whoever comes first starts it; it stops by itself when nobody has
// used it for a while, so nothing is left running. StartPostgres starts servers of
// a test's own, with standbys, for what happens when one dies.
package testenv

import (
	"os"
	"testing"
)

// Absent skips the test because something that it needs is not there, or fails it
// where everything is required.
func Absent(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("FRONTDESK_TEST_REQUIRE") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
