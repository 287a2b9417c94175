// Command peers puts frontdesk and other servers under the same load in one run
// on one machine and prints a Markdown table.
//
//	bash scripts/peers.sh                        # builds the other server, then runs this
//	go run ./internal/peers -centrifugo FILE     # with a binary that is there already
//
// Every server runs in a process of its own and is measured from outside; this
// process is the clients. What is compared: memory and processor time of idle
// sockets, deliveries at a fixed rate, and what arrives when clients are cut off
// for two seconds in every ten.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// sizes are how much of everything is done.
type sizes struct {
	sockets int           // idle ones
	idle    time.Duration // how long their processor time is measured
	rates   string        // deliveries a second, comma between
	rounds  int           // of each rate, alternating between the servers
	fanout  time.Duration // length of one delivery run
	drop    time.Duration // length of the drop test
}

func main() {
	var s sizes
	binary := flag.String("centrifugo", "", "Centrifugo's binary; empty: frontdesk alone")
	version := flag.String("centrifugo-version", "", "how the table calls its version")
	flag.IntVar(&s.sockets, "sockets", 5000, "idle sockets")
	flag.DurationVar(&s.idle, "idle", 30*time.Second, "how long idle sockets are watched: both servers ping each within that")
	flag.StringVar(&s.rates, "rates", "10000,30000", "deliveries a second")
	flag.IntVar(&s.rounds, "rounds", 2, "runs of each rate and server; the table shows the median")
	flag.DurationVar(&s.fanout, "fanout", 8*time.Second, "length of one delivery run, after a warm-up of 3 s")
	flag.DurationVar(&s.drop, "drop", time.Minute, "length of the drop test")
	serve := flag.String("serve", "", "for this program itself: serve frontdesk from this folder")
	addr := flag.String("addr", "", "with -serve: HOST:PORT to listen on")
	debug := flag.String("debug", "", "with -serve: HOST:PORT of Go's profiles")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *serve != "" {
		err = serveFrontdesk(ctx, *serve, *addr, *debug)
	} else {
		peers := []peer{frontdeskPeer{}}
		if *binary != "" {
			peers = append(peers, centrifugoPeer{binary: *binary, version: *version})
		}
		err = run(ctx, peers, s)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}
