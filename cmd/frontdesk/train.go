package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
)

type trainCmd struct {
	configFlags
	Paths   []existing `arg:"positional" help:"Files or folders of examples: our own YAML, Rasa NLU data, a Dialogflow export, or tables of text and label." placeholder:"PATH"`
	Despite string     `help:"Why the model goes into service although confirmed questions break by it." placeholder:"REASON"`
	JSON    bool       `help:"Print one JSON object."`
}

func (c *trainCmd) Help() string {
	return "The examples of files are stored, instead of those of an earlier call; with those of the console, of intents.dir and the starting set they are trained. The model becomes the next version and goes into service; a training that fails leaves the old one there.\n\nExample:\n  frontdesk train --data data intents/"
}

// Run reads examples, reports what was left out, trains and puts the model in service.
func (c *trainCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	set, notes, err := frontdesk.Examples(texts(c.Paths))
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	if len(c.Paths) > 0 {
		more, err := app.StoreExamples(ctx, set)
		if err != nil {
			return err
		}
		notes = append(notes, more...)
	}
	bar := newProgress(s.err)
	got, err := app.Train(ctx, c.Despite, bar.at)
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
			"version": got.Version, "changed": got.Changed, "intents": len(got.Stats.Intents), "examples": got.Stats.Examples,
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
		got.Version, len(got.Stats.Intents), got.Stats.Examples, got.Stats.Accuracy, got.Stats.HeldBack)
	return nil
}
