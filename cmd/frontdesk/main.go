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

	"github.com/alexflint/go-arg"

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
	Serve        *serveCmd        `arg:"subcommand:serve" help:"Run the server: widget, console and API."`
	Ingest       *ingestCmd       `arg:"subcommand:ingest" help:"Read documents into the knowledge base."`
	Import       *importCmd       `arg:"subcommand:import" help:"Take over a project of another chatbot: Rasa, ChatterBot, Dialogflow, tables."`
	Ask          *askCmd          `arg:"subcommand:ask" help:"Ask one question on the live code path, without a server."`
	Train        *trainCmd        `arg:"subcommand:train" help:"Train the intents of a workspace."`
	Threshold    *thresholdCmd    `arg:"subcommand:threshold" help:"Say from which confidence to answer for the precision you want."`
	Check        *checkCmd        `arg:"subcommand:check" help:"Ask all confirmed questions; exit with 1 when one broke."`
	Evaluate     *evaluateCmd     `arg:"subcommand:evaluate" help:"Measure quality on task folders."`
	Compare      *compareCmd      `arg:"subcommand:compare" help:"Say whether one evaluation is better than another."`
	Bench        *benchCmd        `arg:"subcommand:bench" help:"Measure speed on this machine."`
	Simulate     *simulateCmd     `arg:"subcommand:simulate" help:"Run the routing in simulated time: waits, service level, fairness, what-if."`
	Migrate      *migrateCmd      `arg:"subcommand:migrate" help:"Bring the tables of the store up to date."`
	Copy         *copyCmd         `arg:"subcommand:copy" help:"Copy the embedded store into a Postgres."`
	CheckConfig  *checkConfigCmd  `arg:"subcommand:check-config" help:"Report every problem of the configuration."`
	User         *userCmd         `arg:"subcommand:user" help:"Manage the people who sign in."`
	Backup       *backupCmd       `arg:"subcommand:backup" help:"Copy the embedded store while a server runs."`
	Ready        *readyCmd        `arg:"subcommand:ready" help:"Ask a node whether it takes visitors."`
	Version      *versionCmd      `arg:"subcommand:version" help:"Print the version."`
	ExtractChild *extractChildCmd `arg:"subcommand:extract-child,hidden" help:"Parse one document in a process of its own."`
	BenchChild   *benchChildCmd   `arg:"subcommand:bench-child,hidden" help:"The clients of a bench."`
}

// Description implements arg.Described.
func (cli) Description() string {
	return "A customer-service chatbot with human handoff: one binary, no key and no network needed.\n"
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}))
}

// action is a command that can be run; others only have commands below them.
type action interface {
	Run(ctx context.Context, s streams) error
}

// run is the program as a value: arguments and streams in, exit status out.
// 0 is success, 1 a failure, 2 bad usage or bad input.
func run(ctx context.Context, args []string, s streams) int {
	var c cli
	parser, err := arg.NewParser(arg.Config{Program: "frontdesk", IgnoreEnv: true, StrictSubcommands: true}, &c)
	if err != nil {
		fmt.Fprintln(s.err, "frontdesk:", err)
		return 1
	}
	err = parser.Parse(args)
	chosen := parser.Subcommand()
	if errors.Is(err, arg.ErrHelp) {
		parser.WriteHelp(s.out)
		if h, ok := chosen.(interface{ Help() string }); ok {
			fmt.Fprintln(s.out, "\n"+h.Help())
		}
		return 0
	}
	do, ok := chosen.(action)
	if err == nil && !ok {
		err = errors.New("say what to do: a command is missing")
	}
	if err != nil {
		fmt.Fprintln(s.err, "frontdesk:", err)
		parser.WriteUsageForSubcommand(s.err, parser.SubcommandNames()...) //nolint:errcheck // it is a command that was parsed
		fmt.Fprintln(s.err, "Run `frontdesk --help`, or `frontdesk COMMAND --help` for an example.")
		return 2
	}
	if err := do.Run(ctx, s); err != nil {
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
