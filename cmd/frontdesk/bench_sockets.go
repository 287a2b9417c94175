package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchSocketsCmd struct {
	bedFlags
	Count   int  `help:"Idle sockets." default:"5000"`
	Follow  bool `help:"Each visitor has asked something and follows the conversation; opening takes a turn each."`
	Seconds int  `help:"How long their processor time is measured." default:"60"`
}

// Run holds idle sockets and compares the server's memory with that of the empty one.
func (c *benchSocketsCmd) Run(ctx context.Context, s streams) error {
	b, err := c.newBed(ctx, s, "", nil)
	if err != nil {
		return err
	}
	defer b.close()
	// The first sockets pay for pools and caches that all share.
	var open string
	if err := child(ctx, s, plan{Sockets: &load.HoldPlan{Base: b.base, Inbox: benchInbox, Count: 50, Follow: c.Follow}}, &open, nil); err != nil {
		return err
	}
	empty, err := resident()
	if err != nil {
		return err
	}
	var full int64
	var spent time.Duration
	err = child(ctx, s, plan{Sockets: &load.HoldPlan{Base: b.base, Inbox: benchInbox, Count: c.Count, Follow: c.Follow}}, &open, func() error {
		if full, err = resident(); err != nil {
			return err
		}
		before := cpu()
		select {
		case <-time.After(seconds(c.Seconds)):
		case <-ctx.Done():
			return ctx.Err()
		}
		spent = cpu() - before
		return nil
	})
	if err != nil {
		return err
	}
	return c.print(s.out, "sockets", map[string]float64{
		"count": float64(c.Count), "rss_per_socket_bytes": float64(full-empty) / float64(c.Count), "rss_mb_empty": float64(empty) / (1 << 20),
		"cpu_us_per_socket_s": float64(spent.Microseconds()) / float64(c.Count) / float64(c.Seconds),
	}, map[string]any{"seconds": c.Seconds, "follow": c.Follow})
}

// resident is this process's memory in bytes, after a collection.
func resident() (int64, error) {
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "Memory can be measured on Linux only")
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fault.New(fault.Unavailable, "The kernel does not tell this process's memory")
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
