package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/load"
)

type benchCmd struct {
	Encoder    *benchEncoderCmd    `arg:"subcommand:encoder" help:"The built-in embedding model: tokens and sections a second, a query's time."`
	Turns      *benchTurnsCmd      `arg:"subcommand:turns" help:"Whole turns without a language model, from send to answer."`
	Sends      *benchSendsCmd      `arg:"subcommand:sends" help:"Durable acknowledged sends, with a check that none is lost or doubled."`
	Sockets    *benchSocketsCmd    `arg:"subcommand:sockets" help:"Memory and processor time of idle visitor sockets."`
	Retrieval  *benchRetrievalCmd  `arg:"subcommand:retrieval" help:"Search over made-up documents: recall against exact search, time, memory."`
	Training   *benchTrainingCmd   `arg:"subcommand:training" help:"Training of intents: from nothing, after one more example, and again."`
	Reconnect  *benchReconnectCmd  `arg:"subcommand:reconnect" help:"Sockets that all come back at once: how long until every one is in step again."`
	Deliveries *benchDeliveriesCmd `arg:"subcommand:deliveries" help:"Messages to many readers: how many a second, how late."`
	Routing    *benchRoutingCmd    `arg:"subcommand:routing" help:"Assignments of a full desk: how many a second, how late, none doubled or lost."`
	Takeover   *benchTakeoverCmd   `arg:"subcommand:takeover" help:"Take-overs at random moments of an answer: no word of the bot may follow."`
	Cache      *benchCacheCmd      `arg:"subcommand:cache" help:"Answers and profiles that were asked for before, from Redis, and that they are the same without it."`
}

func (c *benchCmd) Help() string {
	return "Clients run in a process of their own; figures are the server's.\n\nExample:\n  frontdesk bench sends --json"
}

// benchFlags are what every bench understands.
type benchFlags struct {
	JSON bool   `help:"Print one JSON object."`
	Seed uint64 `help:"Seed of everything that is made up." default:"1"`
}

// bedFlags are what every bench of a server understands.
type bedFlags struct {
	benchFlags
	Postgres string `help:"Throwaway PostgreSQL database to serve from (default: SQLite)." placeholder:"DSN"`
}

// figures is what a bench prints.
type figures struct {
	Name     string             `json:"name"`
	Figures  map[string]float64 `json:"figures"`
	Settings map[string]any     `json:"settings"`
	Machine  string             `json:"machine"`
	Version  string             `json:"version"`
	Seed     uint64             `json:"seed"`
}

func (f benchFlags) print(w io.Writer, name string, got map[string]float64, settings map[string]any) error {
	if f.JSON {
		return json.NewEncoder(w).Encode(figures{Name: name, Figures: got, Settings: settings, Machine: machine(), Version: version(), Seed: f.Seed})
	}
	names := make([]string, 0, len(got))
	for n := range got {
		names = append(names, n)
	}
	sort.Strings(names)
	fmt.Fprintf(w, "%s on %s\n", name, machine())
	for _, n := range names {
		fmt.Fprintf(w, "  %-24s %12.2f\n", n, got[n])
	}
	return nil
}

// machine names the processor and how many cores are used.
func machine() string {
	model := runtime.GOARCH
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s", model, runtime.GOMAXPROCS(0), runtime.Version())
}

// bed is a server under a bench: its own data folder, no rate limits, one inbox.
type bed struct {
	app    *frontdesk.App
	base   string
	ended  chan error
	cancel context.CancelFunc
	dir    string
}

// benchInbox is the inbox that visitors of a bench come through.
const benchInbox = "bench"

// newBed opens a server; data "" is a fresh temporary folder. prepare runs before
// it listens; options come after those of every bench.
func (f bedFlags) newBed(ctx context.Context, s streams, data string, prepare func(app *frontdesk.App) error, options ...frontdesk.Option) (*bed, error) {
	b := &bed{ended: make(chan error, 1)}
	if data == "" {
		dir, err := os.MkdirTemp("", "frontdesk-bench-")
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
		}
		b.dir, data = dir, dir
	}
	cfg := frontdesk.Defaults()
	cfg.Storage.Dir, cfg.Server.Addr, cfg.Log.Level = data, "127.0.0.1:0", "warn"
	cfg.Storage.Postgres = frontdesk.Secret(f.Postgres)
	app, err := frontdesk.Open(ctx, cfg, append([]frontdesk.Option{frontdesk.WithoutLimits(), frontdesk.WithLog(s.err)}, options...)...)
	if err != nil {
		return nil, err
	}
	b.app = app
	if err := app.AddInbox(ctx, benchInbox, "Bench"); err != nil {
		return nil, err
	}
	if prepare != nil {
		if err := prepare(app); err != nil {
			return nil, err
		}
	}
	ctx, b.cancel = context.WithCancel(ctx)
	ready := make(chan string, 1)
	go func() { b.ended <- app.Run(ctx, func(address string) { ready <- address }) }()
	select {
	case address := <-ready:
		b.base = "http://" + address
		return b, nil
	case err := <-b.ended:
		return nil, err
	}
}

// close stops the server and removes what it made.
func (b *bed) close() {
	b.cancel()
	<-b.ended
	_ = b.app.Close()
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// benchChildCmd runs the clients of a bench; its plan comes on standard input.
type benchChildCmd struct{}

// plan says what the clients do; exactly one part is set.
type plan struct {
	Turns      *load.TurnsPlan      `json:"turns,omitempty"`
	Sends      *load.SendsPlan      `json:"sends,omitempty"`
	Storm      *load.StormPlan      `json:"storm,omitempty"`
	Sockets    *load.HoldPlan       `json:"sockets,omitempty"`
	Deliveries *load.DeliveriesPlan `json:"deliveries,omitempty"`
}

// Run does what the plan says and prints a report. Clients that hold sockets say
// "open" when all are, and end when standard input does.
func (benchChildCmd) Run(ctx context.Context, s streams) error {
	in := json.NewDecoder(s.in)
	var p plan
	if err := in.Decode(&p); err != nil {
		return fault.Wrap(fault.Invalid, err, "The plan on standard input cannot be read")
	}
	out := json.NewEncoder(s.out)
	switch {
	case p.Turns != nil:
		r, err := load.Turns(ctx, *p.Turns)
		if err != nil {
			return err
		}
		return out.Encode(r)
	case p.Sends != nil:
		r, err := load.Sends(ctx, *p.Sends)
		if err != nil {
			return err
		}
		return out.Encode(r)
	case p.Storm != nil:
		r, err := load.Storm(ctx, *p.Storm)
		if err != nil {
			return err
		}
		return out.Encode(r)
	case p.Deliveries != nil:
		r, err := load.Deliveries(ctx, *p.Deliveries)
		if err != nil {
			return err
		}
		return out.Encode(r)
	case p.Sockets != nil:
		held, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			_, _ = io.Copy(io.Discard, s.in)
			stop()
		}()
		return load.Hold(held, *p.Sockets, func() { fmt.Fprintln(s.out, `"open"`) })
	}
	return fault.New(fault.Invalid, "The plan says nothing to do")
}

// child starts the clients of a plan. While wait is nil the child is read to its
// end; otherwise wait runs once the child has said its first word.
func child(ctx context.Context, s streams, p plan, report any, wait func() error) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "bench-child")
	cmd.Stderr = s.err
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = json.NewEncoder(stdin).Encode(p)
	if err == nil {
		err = json.NewDecoder(stdout).Decode(report)
	}
	if err == nil && wait != nil {
		err = wait()
	}
	stdin.Close()
	if ended := cmd.Wait(); ended != nil {
		return ended // it has said why on standard error
	}
	return err
}

// seconds is a flag's whole seconds as a duration.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
