// Command shipped makes the artefacts that package intents brings along: the
// heads (signals and sentiment), the space in which intents are told apart, and the
// model of the starting set.
//
//	go run ./internal/shipped -data DIR heads
//	go run ./internal/shipped -data DIR -only wants_person,refuses_person heads
//	go run ./internal/shipped -data DIR -only sentiment heads
//	go run ./internal/shipped -data DIR space
//	go run ./internal/shipped starter
//	go run ./internal/shipped restate
//
// DIR holds the public sets the heads are trained on beside the project's own
// examples in training/data/signals: vader-amazon-en (MIT), the train splits of
// banking77 and nlupp (CC BY 4.0) and of bitext-customer-support (CDLA-Sharing),
// chatterbot-corpus (BSD-3) and crosswoz-val-zh (Apache-2.0). The space is learned
// from the labels of banking77, nlupp and bitext-customer-support, and from the
// starting set. Run twice it writes the same bytes. With -only the listed signals, or
// sentiment, are trained anew and the other heads stay as they are. The starting set
// is trained in the shipped space, so it comes after it. The rewriter of package
// restate learns from the project's own examples in training/data/rewrites/train.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/training"
)

func main() {
	data := flag.String("data", "", "folder of the public sets")
	root := flag.String("root", ".", "root of the repository")
	only := flag.String("only", "", "signals to train, parted by commas, or sentiment; empty: all")
	flag.Parse()
	if err := run(*root, *data, flag.Arg(0), *only); err != nil {
		fmt.Fprintln(os.Stderr, "shipped:", err)
		os.Exit(1)
	}
}

func run(root, data, what, only string) error {
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
	switch what {
	case "heads":
		return heads(ctx, root, data, only, encoder, progress)
	case "space":
		return space(ctx, root, data, encoder, progress)
	case "starter":
		return starter(ctx, root, encoder, progress)
	case "restate":
		return rewriter(root)
	}
	return fmt.Errorf("say what to make: heads, space, starter or restate, not %q", what)
}

type progress = func(stage string, done, total int)

func heads(ctx context.Context, root, data, only string, encoder *e5.Encoder, told progress) error {
	own, err := training.ReadSignals(os.DirFS(filepath.Join(root, "training/data/signals")))
	if err != nil {
		return err
	}
	public, err := readPublic(data)
	if err != nil {
		return err
	}
	heads, err := train(ctx, append(own, public...), only, encoder, told)
	if err != nil {
		return err
	}
	for _, c := range heads.Checks {
		fmt.Fprintf(os.Stderr, "%-16s %5d held back, recall %.3f, precision %.3f\n", c.Signal, c.Positives, c.Recall, c.Precision)
	}
	heads.Source = intents.SignalsHash(own)
	fmt.Fprintf(os.Stderr, "heads: %d own and %d public examples\n", len(own), len(public))
	return write(root, "heads.bin", heads)
}

func train(ctx context.Context, examples []intents.SignalExample, only string, encoder *e5.Encoder, told progress) (*intents.Heads, error) {
	if only == "" {
		return intents.TrainHeads(ctx, examples, encoder, encoder.Model(), told)
	}
	old, err := intents.ShippedHeads()
	if err != nil {
		return nil, err
	}
	if only == "sentiment" {
		return old.RetrainSentiment(ctx, examples, encoder, told)
	}
	var signals []intents.Signal
	for name := range strings.SplitSeq(only, ",") {
		signals = append(signals, intents.Signal(name))
	}
	return old.Retrain(ctx, signals, examples, encoder, told)
}

func space(ctx context.Context, root, data string, encoder *e5.Encoder, told progress) error {
	sets, err := readLabelled(data)
	if err != nil {
		return err
	}
	s, err := intents.TrainSpace(ctx, sets, encoder, encoder.Model(), told)
	if err != nil {
		return err
	}
	return write(root, "space.bin", s)
}

func starter(ctx context.Context, root string, encoder *e5.Encoder, told progress) error {
	set, err := intents.Starter()
	if err != nil {
		return err
	}
	model, err := intents.Train(ctx, set, encoder, &intents.Options{Progress: told})
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
	return writePacked(filepath.Join(root, "intents/data", name+".gz"), b)
}

// writePacked writes a file that the program unpacks when it needs it.
func writePacked(path string, data []byte) error {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
