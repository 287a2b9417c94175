package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type benchTrainingCmd struct {
	benchFlags
	Postgres string       `help:"Throwaway PostgreSQL database to store in (default: SQLite)." placeholder:"DSN"`
	File     existingFile `arg:"positional,required" help:"Labelled utterances, one JSON object a line with text and label." placeholder:"FILE"`
}

func (c *benchTrainingCmd) Help() string {
	return "Stores the utterances with the starting set and trains three times: with nothing remembered, after a restart with one example more, and with the same again.\n\nExample:\n  frontdesk bench training train.jsonl --json"
}

// Run measures the wall time of trainings as the console asks for them.
func (c *benchTrainingCmd) Run(ctx context.Context, s streams) error {
	set, left, err := labelled(string(c.File))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	cfg := frontdesk.Defaults()
	cfg.Storage.Dir, cfg.Storage.Postgres, cfg.Log.Level = dir, frontdesk.Secret(c.Postgres), "warn"
	got := map[string]float64{"examples": float64(len(set.Examples)), "intents": float64(len(set.Intents)), "left_out": float64(left)}
	last := set.Examples[len(set.Examples)-1]
	set.Examples = set.Examples[:len(set.Examples)-1]
	for _, step := range []struct {
		name string
		more []intents.Example
	}{{"first", nil}, {"one_more", []intents.Example{last}}, {"same", nil}} {
		set.Examples = append(set.Examples, step.more...)
		t, err := c.life(ctx, s, cfg, set)
		if err != nil {
			return err
		}
		got[step.name+"_store_s"], got[step.name+"_train_s"] = t[0].Seconds(), t[1].Seconds()
	}
	return c.print(s.out, "training", got, map[string]any{"file": c.File, "postgres": c.Postgres != ""})
}

// life opens a program, stores and trains.
func (c *benchTrainingCmd) life(ctx context.Context, s streams, cfg frontdesk.Config, set intents.Set) (took [2]time.Duration, err error) {
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return took, err
	}
	defer app.Close()
	start := time.Now()
	if _, err := app.StoreExamples(ctx, set); err != nil {
		return took, err
	}
	stored := time.Now()
	bar := newProgress(s.err)
	_, err = app.Train(ctx, "", bar.at)
	bar.end()
	return [2]time.Duration{stored.Sub(start), time.Since(stored)}, err
}

// labelled reads a file; of words under two labels the first counts, and the
// others are left out.
func labelled(path string) (set intents.Set, left int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return set, 0, fault.Wrap(fault.Invalid, err, "The file %s cannot be read", path)
	}
	defer f.Close()
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var line struct{ Text, Label string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return set, 0, fault.Wrap(fault.Invalid, err, "%s:%d is no JSON object", path, n)
		}
		if key := intents.Fold(line.Text); seen[key] {
			left++
			continue
		} else {
			seen[key] = true
		}
		if !slices.ContainsFunc(set.Intents, func(in intents.Intent) bool { return in.Name == line.Label }) {
			set.Intents = append(set.Intents, intents.Intent{Name: line.Label})
		}
		set.Examples = append(set.Examples, intents.Example{Intent: line.Label, Text: line.Text, File: path, Line: n})
	}
	if len(set.Examples) < 2 {
		return set, 0, fault.New(fault.Invalid, "%s has fewer than two examples", path)
	}
	return set, left, lines.Err()
}
