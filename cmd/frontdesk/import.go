package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/foreign"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

type importCmd struct {
	configFlags
	Paths []existing `arg:"positional,required" help:"Files, folders or zip archives of one project." placeholder:"PATH"`
	Out   string     `help:"Write intents.yaml and faq.csv into this folder instead of the store." placeholder:"DIR"`
	Draft bool       `help:"Keep new FAQ entries as drafts."`
	JSON  bool       `help:"Print one JSON object."`
}

func (c *importCmd) Help() string {
	return "Reads Rasa projects (NLU data, domain, rules), ChatterBot corpora, exports of Dialogflow ES, and tables of text and label or question and answer. " +
		"Trains the intents, adds the FAQ entries, and says of everything else where it stands and why it was not taken over.\n\n" +
		"Examples:\n  frontdesk import rasa-project --out taken-over\n  frontdesk import agent.zip --data data"
}

// shownNotes is how many notes on a file people are shown.
const shownNotes = 40

// importReport is the JSON form of an import.
type importReport struct {
	Files    []importFile `json:"files"`
	Intents  int          `json:"intents"`
	Examples int          `json:"examples"`
	Entries  int          `json:"entries"`
	Written  []string     `json:"written,omitempty"` // with --out
	Model    *importModel `json:"model,omitempty"`   // into the store, when there were examples
	Added    int          `json:"added"`             // documents, into the store
	Changed  int          `json:"changed"`
	Same     int          `json:"unchanged"`
	Removed  int          `json:"removed"`
	Notes    []string     `json:"notes"` // of the training
}

type importFile struct {
	Name     string         `json:"name"`
	Format   foreign.Format `json:"format"`
	Problem  string         `json:"problem,omitempty"`
	Examples int            `json:"examples"`
	Entries  int            `json:"entries"`
	Notes    []importNote   `json:"notes"`
}

type importNote struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	What string `json:"what"`
}

type importModel struct {
	Version  int     `json:"version"`
	Changed  bool    `json:"changed"`
	Accuracy float64 `json:"accuracy"` // on held-back examples
}

// Run takes a project over; exit status 1 when a file could not be read, the others are taken.
func (c *importCmd) Run(ctx context.Context, s streams) error {
	files, err := foreign.Files(texts(c.Paths))
	if err != nil {
		return err
	}
	b, err := foreign.Read(ctx, files)
	if err != nil {
		return err
	}
	r := importReport{Intents: len(b.Set.Intents), Examples: len(b.Set.Examples), Entries: len(b.Entries), Notes: []string{}}
	for _, f := range b.Files {
		one := importFile{Name: f.Name, Format: f.Format, Problem: f.Problem, Examples: f.Examples, Entries: f.Entries, Notes: []importNote{}}
		for _, n := range f.Notes {
			one.Notes = append(one.Notes, importNote{n.File, n.Line, n.What})
		}
		r.Files = append(r.Files, one)
	}
	switch {
	case r.Examples+r.Entries == 0:
		err = fault.New(fault.Invalid, "Nothing could be taken over")
	case c.Out != "":
		r.Written, err = b.Write(ctx, c.Out)
	default:
		err = c.load(ctx, s, b, files[0].Name, &r)
	}
	if c.JSON {
		if err := json.NewEncoder(s.out).Encode(r); err != nil {
			return err
		}
	} else {
		r.print(s.out, c.Out)
	}
	if err != nil {
		return err
	}
	if b.Err() != nil {
		return exitStatus(1)
	}
	return nil
}

// load puts a bundle into the store: entries first, which answer at once, then the
// intents with the starting set.
func (c *importCmd) load(ctx context.Context, s streams, b *foreign.Bundle, first string, r *importReport) error {
	cfg, err := c.configFlags.load(s.environ, nil)
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	bar := newProgress(s.err)
	defer bar.end()
	tables, dir, err := tableOf(ctx, b, first)
	defer adopted{dir: dir}.close()
	if err != nil {
		return err
	}
	status := knowledge.StatusPublished
	if c.Draft {
		status = knowledge.StatusDraft
	}
	if err := app.Import(ctx, tables, status, "", func(f knowledge.FileReport) error {
		r.Added, r.Changed, r.Same, r.Removed = r.Added+f.Added, r.Changed+f.Changed, r.Same+f.Unchanged, r.Removed+f.Removed
		for _, p := range f.Problems {
			r.Notes = append(r.Notes, intents.Note{File: f.Name, Line: p.Line, What: p.Message}.String())
		}
		return nil
	}); err != nil {
		return err
	}
	if len(b.Set.Examples) == 0 {
		return nil
	}
	notes, err := app.ImportExamples(ctx, b.Set)
	if err != nil {
		return err
	}
	for _, n := range notes {
		r.Notes = append(r.Notes, n.String())
	}
	got, err := app.Train(ctx, "", bar.at)
	if err != nil {
		return err
	}
	r.Model = &importModel{got.Version, got.Changed, got.Stats.Accuracy}
	return nil
}

// print writes the report for people.
func (r importReport) print(w io.Writer, out string) {
	for _, f := range r.Files {
		switch {
		case f.Problem != "":
			fmt.Fprintf(w, "%s: not read\n  %s\n", f.Name, f.Problem)
		case f.Format == foreign.FormatUnknown:
			fmt.Fprintf(w, "%s: skipped\n", f.Name)
		default:
			fmt.Fprintf(w, "%s: %s, %d examples, %d entries\n", f.Name, f.Format, f.Examples, f.Entries)
		}
		for i, n := range f.Notes {
			if i == shownNotes {
				fmt.Fprintf(w, "  … and %d more; --json lists all\n", len(f.Notes)-i)
				break
			}
			if n.Line > 0 {
				fmt.Fprintf(w, "  line %d: ", n.Line)
			} else {
				fmt.Fprint(w, "  ")
			}
			fmt.Fprintln(w, n.What)
		}
	}
	for i, n := range r.Notes {
		if i == shownNotes {
			fmt.Fprintf(w, "… and %d more; --json lists all\n", len(r.Notes)-i)
			break
		}
		fmt.Fprintln(w, n)
	}
	fmt.Fprintf(w, "%d examples of %d intents and %d FAQ entries were taken over.\n", r.Examples, r.Intents, r.Entries)
	if len(r.Written) > 0 {
		fmt.Fprintf(w, "Written to %s and read again to the same: %s\n", out, strings.Join(r.Written, ", "))
		return
	}
	if r.Entries > 0 {
		fmt.Fprintf(w, "Documents: %d added, %d changed, %d unchanged, %d removed.\n", r.Added, r.Changed, r.Same, r.Removed)
	}
	if m := r.Model; m != nil && m.Changed {
		fmt.Fprintf(w, "Intents: version %d is in service, held-back accuracy %.3f.\n", m.Version, m.Accuracy)
	} else if m != nil {
		fmt.Fprintf(w, "Intents: nothing changed, version %d stays in service.\n", m.Version)
	}
}
