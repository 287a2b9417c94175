//go:build linux || darwin

package telemetry

import "golang.org/x/sys/unix"

// diskSpace returns what an ordinary user may still write, and the size.
func diskSpace(dir string) (free, size uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)
	return s.Bavail * block, s.Blocks * block, nil
}
