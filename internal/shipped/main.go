// Command shipped makes the two artefacts that package intents brings along: the
// heads (signals and sentiment) and the model of the starting set.
//
//	go run ./internal/shipped -data DIR
//
// DIR holds the public sets the heads are trained on beside the project's own
// examples in training/data/signals: vader-amazon-en (MIT), the train splits of
// banking77 and nlupp (CC BY 4.0) and of bitext-customer-support (CDLA-Sharing),
// chatterbot-corpus (BSD-3) and crosswoz-val-zh (Apache-2.0). Run twice it writes
// the same bytes. With -starter-only the heads stay and DIR is not needed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/training"
)

func main() {
	data := flag.String("data", "", "folder of the public sets")
	root := flag.String("root", ".", "root of the repository")
	starterOnly := flag.Bool("starter-only", false, "train the starting set with the heads as they are")
	flag.Parse()
	if err := run(*root, *data, *starterOnly); err != nil {
		fmt.Fprintln(os.Stderr, "shipped:", err)
		os.Exit(1)
	}
}

func run(root, data string, starterOnly bool) error {
	ctx := context.Background()
	encoder, err := e5.Open()
	if err != nil {
		return err
	}
	progress := func(stage string, done, total int) {
		fmt.Fprintf(os.Stderr, "\r%s %d of %d   ", stage, done, total)
		if done == total {
			fmt.Fprintln(os.Stderr)
		}
	}
	if !starterOnly {
		own, err := training.ReadSignals(os.DirFS(filepath.Join(root, "training/data/signals")))
		if err != nil {
			return err
		}
		public, err := readPublic(data)
		if err != nil {
			return err
		}
		heads, err := intents.TrainHeads(ctx, append(own, public...), encoder, encoder.Model(), progress)
		if err != nil {
			return err
		}
		for _, c := range heads.Checks {
			fmt.Fprintf(os.Stderr, "%-16s %5d held back, recall %.3f, precision %.3f\n", c.Signal, c.Positives, c.Recall, c.Precision)
		}
		heads.Source = intents.SignalsHash(own)
		if err := write(root, "heads.bin", heads); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "heads: %d own and %d public examples\n", len(own), len(public))
		fmt.Fprintln(os.Stderr, "the starting set is trained in the space of these heads: run again with -starter-only")
		return nil
	}
	set, err := intents.Starter()
	if err != nil {
		return err
	}
	model, err := intents.Train(ctx, set, encoder, &intents.Options{Progress: progress})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "starting set: %d intents, %d examples, held-back accuracy %.3f\n", len(model.Intents), model.Stats.Examples, model.Stats.Accuracy)
	return write(root, "starter.bin", model)
}

func write(root, name string, v interface{ Encode() ([]byte, error) }) error {
	b, err := v.Encode()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "intents/data", name), b, 0o644)
}
