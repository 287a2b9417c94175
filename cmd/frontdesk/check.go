package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/training"
)

type checkCmd struct {
	configFlags
	All  bool `help:"Exit with 1 when any confirmed question is answered wrongly, not only when one was right in the run before."`
	JSON bool `help:"Print one JSON object a question."`
}

func (c *checkCmd) Help() string {
	return "Asks every confirmed question on the live code path and remembers what was right. Exit status 1: a question that was right in the run before is wrong now.\n\nExample:\n  frontdesk check --data data"
}

// Run asks the regression set.
func (c *checkCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	run, err := app.Check(ctx, true)
	if err != nil {
		return err
	}
	if err := printChecks(s.out, run, c.JSON); err != nil {
		return err
	}
	wrong := 0
	for _, l := range run.Lines {
		if !l.Last.Right {
			wrong++
		}
	}
	if len(run.Broken()) > 0 || c.All && wrong > 0 {
		return exitStatus(1)
	}
	return nil
}

// checkReport is the JSON form of a line. Before is missing when it has not run before.
type checkReport struct {
	Question   string  `json:"question"`
	Document   string  `json:"document,omitempty"`
	Title      string  `json:"title,omitempty"`
	Right      bool    `json:"right"`
	Before     *bool   `json:"before,omitempty"`
	Decision   string  `json:"decision"`
	Answered   string  `json:"answered,omitempty"` // document
	From       string  `json:"from,omitempty"`     // its title
	Confidence float64 `json:"confidence"`
}

// printChecks writes a line a question: those that broke first, then others that are wrong.
func printChecks(w io.Writer, run frontdesk.CheckRun, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		for _, l := range run.Lines {
			r := checkReport{
				Question: l.Question, Document: string(l.Document), Title: l.Title, Right: l.Last.Right, Decision: string(l.Last.Decision),
				Answered: string(l.Last.Document), From: l.Last.Title, Confidence: l.Last.Confidence,
			}
			if b, ok := run.Before[l.ID]; ok {
				r.Before = &b.Right
			}
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	right := 0
	broken := map[training.CheckID]bool{}
	for _, l := range run.Broken() {
		broken[l.ID] = true
		printCheck(w, "broken", l)
	}
	for _, l := range run.Lines {
		if l.Last.Right {
			right++
		} else if !broken[l.ID] {
			printCheck(w, "wrong ", l)
		}
	}
	if len(run.Lines) == 0 {
		fmt.Fprintln(w, "There are no confirmed questions yet: the console's Knowledge pages make them.")
		return nil
	}
	fmt.Fprintf(w, "%d of %d confirmed questions are answered rightly, %d broke since the last run\n", right, len(run.Lines), len(broken))
	return nil
}

func printCheck(w io.Writer, state string, l training.Check) {
	want := "no answer"
	if l.Document != "" {
		want = fmt.Sprintf("%q", l.Title)
	}
	fmt.Fprintf(w, "%s  %s\n        wanted %s, got %s", state, l.Question, want, l.Last.Decision)
	if l.Last.Title != "" {
		fmt.Fprintf(w, " (nearest %q, confidence %.2f)", l.Last.Title, l.Last.Confidence)
	}
	fmt.Fprintln(w)
}
