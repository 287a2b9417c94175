package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

type ingestCmd struct {
	configFlags
	Paths    []existing `arg:"positional,required" help:"Files, folders or zip archives." placeholder:"PATH"`
	Draft    bool       `help:"Keep new documents as drafts."`
	Audience string     `help:"Group that may see documents which name none." placeholder:"NAME"`
	Gate     bool       `help:"Take no file by which confirmed questions break, as the console does; without it they are only told."`
	JSON     bool       `help:"Print one JSON object a file."`
}

func (c *ingestCmd) Help() string {
	return "Reads Markdown, HTML, text, CSV and XLSX FAQ tables, PDF, DOCX, and folders or zips of these; " +
		"and the questions with answers of ChatterBot corpora, Rasa projects and Dialogflow exports. Unchanged content is left alone.\n\nExample:\n  frontdesk ingest help/ faq.csv --data data"
}

// ingestTotals adds up what became of the files.
type ingestTotals struct{ files, failed, empty, added, changed, unchanged, removed, skipped int }

// Run imports the paths; exit status 1 when a file could not be taken, the others still are.
func (c *ingestCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err), frontdesk.WithExtractCommand(self, "extract-child"))
	if err != nil {
		return err
	}
	defer app.Close()
	files, err := frontdesk.Files(texts(c.Paths))
	if err != nil {
		return err
	}
	a, err := adopt(ctx, files)
	if err != nil {
		return err
	}
	defer a.close()
	files = a.files
	status := knowledge.StatusPublished
	if c.Draft {
		status = knowledge.StatusDraft
	}
	if !c.Gate { // what is right before it
		if _, err := app.Check(ctx, true); err != nil {
			return err
		}
	}
	bar := newProgress(s.err)
	var sum ingestTotals
	report := func(r knowledge.FileReport) error {
		sum.add(r)
		bar.at("reading", min(sum.files, len(files)+len(a.reports)), len(files)+len(a.reports))
		if c.JSON {
			return json.NewEncoder(s.out).Encode(fileReport(r))
		}
		if r.Code != knowledge.CodeOK || len(r.Problems) > 0 {
			bar.end()
			printReport(s.out, r)
		}
		return nil
	}
	for _, r := range a.reports {
		if err := report(r); err != nil {
			return err
		}
	}
	read := app.Import
	if c.Gate {
		read = app.ImportGated
	}
	err = read(ctx, files, status, c.Audience, report)
	bar.end()
	if err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintf(s.out, "%d files: %d documents added, %d changed, %d unchanged, %d removed; %d rows and %d files not taken, %d files empty\n",
			sum.files, sum.added, sum.changed, sum.unchanged, sum.removed, sum.skipped, sum.failed, sum.empty)
	}
	if !c.Gate {
		if err := tellBroken(ctx, app, s.err); err != nil {
			return err
		}
	}
	if sum.failed > 0 {
		return exitStatus(1)
	}
	return nil
}

// tellBroken says which confirmed questions what was read has broken.
func tellBroken(ctx context.Context, app *frontdesk.App, w io.Writer) error {
	run, err := app.Check(ctx, false) // so that a check afterwards says the same
	if err != nil {
		return err
	}
	broken := run.Broken()
	if len(broken) == 0 {
		return nil
	}
	fmt.Fprintf(w, "%d of %d confirmed questions are no longer answered rightly:\n", len(broken), len(run.Lines))
	for _, l := range broken {
		printCheck(w, "broken", l)
	}
	return nil
}

func (t *ingestTotals) add(r knowledge.FileReport) {
	t.files++
	if r.Code == knowledge.CodeEmpty {
		t.empty++ // a page without text is no failure: there is nothing to take
	} else if r.Code != knowledge.CodeOK && r.Code != knowledge.CodeRow {
		t.failed++
	}
	t.added += r.Added
	t.changed += r.Changed
	t.unchanged += r.Unchanged
	t.removed += r.Removed
	t.skipped += r.Skipped
}

// printReport says what is wrong with a file, row by row.
func printReport(w io.Writer, r knowledge.FileReport) {
	fmt.Fprintf(w, "%s: %s %s\n", r.Name, r.Code, r.Message)
	for _, p := range r.Problems {
		if p.Line > 0 {
			fmt.Fprintf(w, "  line %d: ", p.Line)
		} else {
			fmt.Fprint(w, "  ")
		}
		if p.Field != "" {
			fmt.Fprintf(w, "%s: ", p.Field)
		}
		fmt.Fprintln(w, p.Message)
	}
}

// fileReport is the JSON form of a report.
func fileReport(r knowledge.FileReport) map[string]any {
	problems := []map[string]any{}
	for _, p := range r.Problems {
		problems = append(problems, map[string]any{"line": p.Line, "field": p.Field, "code": p.Code, "message": p.Message, "skipped": p.Skipped})
	}
	return map[string]any{
		"name": r.Name, "code": r.Code, "message": r.Message, "problems": problems, "added": r.Added, "changed": r.Changed,
		"unchanged": r.Unchanged, "removed": r.Removed, "skipped": r.Skipped,
	}
}
