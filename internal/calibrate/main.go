// Command calibrate makes the two fitted files that package knowledge brings
// along: centres.json, the mean vectors of generic text, and confidence.json, the
// logistic model behind a candidate's confidence.
//
//	go run ./internal/calibrate            # the confidence, from training/data/confidence
//	go run ./internal/calibrate -data DIR  # the means as well
//
// DIR holds the public sets whose texts enter the means: the train splits of
// banking77 and nlupp (CC BY 4.0) and of bitext-customer-support (CDLA-Sharing),
// chatterbot-corpus (BSD-3), crosswoz-val-zh (Apache-2.0) and abcd-guidelines
// (MIT). Run twice it writes the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/internal/e5"
)

func main() {
	data := flag.String("data", "", "folder of the public sets; empty: the means stay as they are")
	root := flag.String("root", ".", "root of the repository")
	dry := flag.Bool("dry", false, "print figures, write nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, *data, *dry); err != nil {
		fmt.Fprintln(os.Stderr, "calibrate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, data string, dry bool) error {
	encoder, err := e5.Open()
	if err != nil {
		return err
	}
	e := newMemo(encoder)
	sets, err := readSets(filepath.Join(root, "training/data/confidence"))
	if err != nil {
		return err
	}
	if data != "" {
		public, err := readPublic(data)
		if err != nil {
			return err
		}
		b, err := means(ctx, e, append(public, ownTexts(sets)...))
		if err != nil {
			return err
		}
		// The fit below reads the means that are compiled in.
		fmt.Fprintln(os.Stderr, "means made; run again without -data to fit the confidence on them")
		if dry {
			return nil
		}
		return os.WriteFile(filepath.Join(root, "knowledge/centres.json"), b, 0o644)
	}
	b, err := fit(ctx, e, sets)
	if err != nil || dry {
		return err
	}
	return os.WriteFile(filepath.Join(root, "knowledge/confidence.json"), b, 0o644)
}
