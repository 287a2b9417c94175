//go:build unix

package api

import "syscall"

// pending reports whether a read would return at once. The connection's file is
// non-blocking, so the look at the next byte never waits.
func pending(fd uintptr) bool {
	var next [1]byte
	_, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN && err != syscall.EINTR
}
