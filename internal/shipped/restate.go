package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/internal/restate"
)

// rewriter trains the weights by which follow-ups are written out.
func rewriter(root string) error {
	examples, err := readRewrites(filepath.Join(root, "training/data/rewrites/train/test.jsonl"))
	if err != nil {
		return err
	}
	weights, err := restate.Train(examples)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "rewriter: %d examples\n", len(examples))
	return writePacked(filepath.Join(root, "internal/restate/weights.txt.gz"), weights)
}

func readRewrites(path string) ([]restate.Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []restate.Example
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var l struct {
			Context       []struct{ Role, Text string }
			Text, Rewrite string
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		x := restate.Example{Words: l.Text, Rewrite: l.Rewrite}
		for _, c := range l.Context {
			x.Said = append(x.Said, restate.Said{Text: c.Text, Visitor: c.Role == "visitor"})
		}
		out = append(out, x)
	}
	return out, lines.Err()
}
