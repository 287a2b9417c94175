package storetest

import (
	"os"
	"strconv"
	"testing"
)

// StormOperations is how long a storm of the desk is: short in ordinary runs, as
// many as FRONTDESK_TEST_STORM says otherwise (make test-long: a million).
func StormOperations(t *testing.T) int {
	t.Helper()
	text := os.Getenv("FRONTDESK_TEST_STORM")
	if text == "" {
		return 4_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("FRONTDESK_TEST_STORM is %q; it says how many operations", text)
	}
	return n
}
