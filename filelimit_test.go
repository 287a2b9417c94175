//go:build unix

package frontdesk

import (
	"syscall"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// TestSocketsFitTheFileLimit wants the server to refuse sockets 500 files below
// the limit that the process was given, with and without rate limits.
func TestSocketsFitTheFileLimit(t *testing.T) {
	var had syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &had); err != nil {
		t.Fatal(err)
	}
	few := syscall.Rlimit{Cur: 1400, Max: had.Max}
	if had.Cur < few.Cur {
		testenv.Absent(t, "only %d open files are allowed here", had.Cur)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &had); err != nil {
			t.Error(err)
		}
	}()
	for _, limited := range []bool{true, false} {
		a := &App{config: Defaults(), set: settings{limits: limited}}
		if got := a.limits().Sockets; got != 900 {
			t.Errorf("limit of 1400 files, rate limits %v: room for %d sockets, want 900", limited, got)
		}
	}
	for files, want := range map[int]int{0: -1, 600: 300, 20_000: 19_500} {
		if got := sockets(files); got != want {
			t.Errorf("limit of %d files: room for %d sockets, want %d", files, got, want)
		}
	}
}
