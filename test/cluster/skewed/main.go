// Command skewed is the server with a wrong clock, for the test bed: `skewed
// OFFSET CONFIG`, with an offset such as 10m. An offset that ends in "/" steps
// forth and back every three seconds.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/frontdesk-chat/frontdesk"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "skewed:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("want OFFSET and CONFIG, got %d arguments", len(os.Args)-1)
	}
	text, stepping := strings.CutSuffix(os.Args[1], "/")
	offset, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	config, err := frontdesk.LoadConfig(os.Args[2], nil, nil)
	if err != nil {
		return err
	}
	start := time.Now()
	clock := func() time.Time {
		now := time.Now()
		if !stepping || int(now.Sub(start)/(3*time.Second))%2 == 1 {
			now = now.Add(offset)
		}
		return now.UTC().Truncate(time.Microsecond)
	}
	app, err := frontdesk.Open(ctx, config, frontdesk.WithLog(os.Stderr), frontdesk.WithClock(clock))
	if err != nil {
		return err
	}
	defer app.Close()
	return app.Run(ctx, nil)
}
