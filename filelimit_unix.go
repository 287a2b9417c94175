//go:build unix

package frontdesk

import "syscall"

// fileLimit is how many files this process may have open; 0: not known. The
// runtime has raised it to what the system allows.
func fileLimit() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return int(min(l.Cur, 1<<30))
}
