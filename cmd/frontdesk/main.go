// Command frontdesk is the server and its tools: serve, import, ingest, ask,
// train, threshold, check, evaluate, compare, bench, check-config, user, backup,
// ready and version.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// streams are the outside world of one run of the program; tests hand in their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
}

// cli is the whole command line.
type cli struct {
	Serve        serveCmd        `cmd:"" help:"Run the server: widget, console and API."`
	Ingest       ingestCmd       `cmd:"" help:"Read documents into the knowledge base."`
	Import       importCmd       `cmd:"" help:"Take over a project of another chatbot: Rasa, ChatterBot, Dialogflow, tables."`
	Ask          askCmd          `cmd:"" help:"Ask one question on the live code path, without a server."`
	Train        trainCmd        `cmd:"" help:"Train the intents of a workspace."`
	Threshold    thresholdCmd    `cmd:"" help:"Say from which confidence to answer for the precision you want."`
	Check        checkCmd        `cmd:"" help:"Ask all confirmed questions; exit with 1 when one broke."`
	Evaluate     evaluateCmd     `cmd:"" help:"Measure quality on task folders."`
	Compare      compareCmd      `cmd:"" help:"Say whether one evaluation is better than another."`
	Bench        benchCmd        `cmd:"" help:"Measure speed on this machine."`
	Simulate     simulateCmd     `cmd:"" help:"Run the routing in simulated time: waits, service level, fairness, what-if."`
	Migrate      migrateCmd      `cmd:"" help:"Bring the tables of the store up to date."`
	Copy         copyCmd         `cmd:"" help:"Copy the embedded store into a Postgres."`
	CheckConfig  checkConfigCmd  `cmd:"" name:"check-config" help:"Report every problem of the configuration."`
	User         userCmd         `cmd:"" help:"Manage the people who sign in."`
	Backup       backupCmd       `cmd:"" help:"Copy the embedded store while a server runs."`
	Ready        readyCmd        `cmd:"" help:"Ask a node whether it takes visitors."`
	Version      versionCmd      `cmd:"" help:"Print the version."`
	ExtractChild extractChildCmd `cmd:"" name:"extract-child" hidden:"" help:"Parse one document in a process of its own."`
	BenchChild   benchChildCmd   `cmd:"" name:"bench-child" hidden:"" help:"The clients of a bench."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}))
}

// run is the program as a value: arguments and streams in, exit status out.
// 0 is success, 1 a failure, 2 bad usage or bad input.
func run(ctx context.Context, args []string, s streams) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("frontdesk"),
		kong.Description("A customer-service chatbot with human handoff: one binary, no key and no network needed."),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s))
	if err != nil {
		fmt.Fprintln(s.err, "frontdesk:", err)
		return 1
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // help was printed
		return exited
	}
	if err != nil {
		fmt.Fprintln(s.err, "frontdesk:", err)
		fmt.Fprintln(s.err, "Run `frontdesk --help`, or `frontdesk COMMAND --help` for an example.")
		return 2
	}
	if err := k.Run(); err != nil {
		return report(s.err, err)
	}
	return 0
}

// report prints an error for people and returns the exit status it means.
func report(w io.Writer, err error) int {
	if errors.Is(err, context.Canceled) {
		return 0
	}
	var partial exitStatus
	if errors.As(err, &partial) {
		return int(partial)
	}
	fmt.Fprintln(w, "frontdesk:", err)
	var f *fault.Error
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			fmt.Fprintf(w, "  %s: %s\n", field.Name, field.Problem)
		}
		if f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.NotFound {
			return 2
		}
	}
	return 1
}

// exitStatus is an error that was already explained to people.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
