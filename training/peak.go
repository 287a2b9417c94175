package training

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// resetPeak starts a new high-water mark of resident memory, where the system
// has one (Linux: writing 5 to clear_refs resets VmHWM). Elsewhere the mark
// stays that of the whole process.
func resetPeak() {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // best effort: the figure is then an upper bound
}

// peakMB is the highest resident memory since resetPeak in MB; where the system
// does not tell, what the runtime got from it.
func peakMB() float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
				if err == nil {
					return kb / 1024
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
