package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type trainCmd struct {
	configFlags
	Paths   []string `arg:"" optional:"" name:"path" help:"Files or folders of examples: our own YAML or Rasa NLU YAML." type:"existingpath"`
	Starter bool     `help:"Add the starting set that comes with the program." default:"true" negatable:""`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

func (c *trainCmd) Help() string {
	return "The model becomes the next version and goes into service; a training that fails leaves the old one there.\n\nExample:\n  frontdesk train --data data intents/"
}

// Run reads examples, reports what was left out, trains and puts the model in service.
func (c *trainCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	set, notes, err := c.read()
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	bar := newProgress(s.err)
	got, err := app.Train(ctx, set, bar.at)
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		said := []string{}
		for _, n := range notes {
			said = append(said, n.String())
		}
		return json.NewEncoder(s.out).Encode(map[string]any{
			"version": got.Version, "changed": got.Changed, "intents": len(set.Intents), "examples": got.Stats.Examples,
			"held_back": got.Stats.HeldBack, "accuracy": got.Stats.Accuracy, "notes": said,
		})
	}
	for _, n := range notes {
		fmt.Fprintln(s.err, n)
	}
	if !got.Changed {
		fmt.Fprintf(s.out, "Nothing changed: version %d stays in service.\n", got.Version)
		return nil
	}
	fmt.Fprintf(s.out, "Version %d is in service: %d intents, %d examples, held-back accuracy %.3f on %d.\n",
		got.Version, len(set.Intents), got.Stats.Examples, got.Stats.Accuracy, got.Stats.HeldBack)
	return nil
}

// read joins the starting set and the paths.
func (c *trainCmd) read() (intents.Set, []intents.Note, error) {
	var set intents.Set
	var notes []intents.Note
	if c.Starter {
		starter, err := intents.Starter()
		if err != nil {
			return set, nil, err
		}
		set.Merge(starter)
	}
	for _, p := range c.Paths {
		one, said, err := readExamples(p)
		if err != nil {
			return set, nil, err
		}
		set.Merge(one)
		notes = append(notes, said...)
	}
	checked, said, err := set.Check()
	return checked, append(notes, said...), err
}

// readExamples reads a file, or every YAML file under a folder.
func readExamples(path string) (intents.Set, []intents.Note, error) {
	info, err := os.Stat(path)
	if err != nil {
		return intents.Set{}, nil, fault.Wrap(fault.Invalid, err, "The path %s cannot be read", path)
	}
	if info.IsDir() {
		return intents.ReadFS(os.DirFS(path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return intents.Set{}, nil, fault.Wrap(fault.Invalid, err, "The file %s cannot be read", path)
	}
	return intents.ReadFile(filepath.Base(path), data)
}
