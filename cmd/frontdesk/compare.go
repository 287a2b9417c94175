package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/frontdesk-chat/frontdesk/training"
)

type compareCmd struct {
	A        existing `arg:"positional,required" help:"The run to compare with: a folder of evaluate --lines, or its JSON lines." placeholder:"A"`
	B        existing `arg:"positional,required" help:"The run that is judged." placeholder:"B"`
	Metric   list     `help:"Only these metrics." placeholder:"NAME"`
	Changed  bool     `help:"Also list the lines that turned right or wrong."`
	Markdown bool     `help:"Print a Markdown table."`
	JSON     bool     `help:"Print one JSON object a metric."`
}

func (c *compareCmd) Help() string {
	return "Says of every metric how B differs from A, with the 95 % interval of the difference, and whether that is better, worse or the same. " +
		"Folders are compared in pairs of lines (paired bootstrap, 1,000 draws); reports without lines only by their own intervals, which finds less.\n\n" +
		"Example:\n  frontdesk evaluate tasks/* --lines before > before.jsonl\n  frontdesk evaluate tasks/* --lines after > after.jsonl\n  frontdesk compare before after"
}

// Run prints the differences; exit status 2 when some task could not be compared, the others are.
func (c *compareCmd) Run(_ context.Context, s streams) error {
	got, err := training.Compare(string(c.A), string(c.B))
	if err != nil {
		return err
	}
	if len(c.Metric) > 0 {
		got.Differences = slices.DeleteFunc(got.Differences, func(d training.Difference) bool { return !slices.Contains(c.Metric, d.Metric) })
	}
	switch {
	case c.JSON:
		enc := json.NewEncoder(s.out)
		for _, d := range got.Differences {
			if err := enc.Encode(d); err != nil {
				return err
			}
		}
	case c.Markdown:
		compareMarkdown(s.out, got)
	default:
		if err := compareTable(s.out, got); err != nil {
			return err
		}
	}
	if c.Changed && !c.JSON {
		compareLines(s.out, got.Turned)
	}
	for _, why := range got.Apart {
		fmt.Fprintln(s.err, "frontdesk:", why)
	}
	if len(got.Apart) > 0 {
		return exitStatus(2)
	}
	return nil
}

func compareTable(w io.Writer, c *training.Comparison) error {
	how := "paired bootstrap, 1,000 draws"
	if !c.Paired {
		how = "not paired: by the runs' own intervals"
	}
	tab := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(tab, "task\tmetric\tn\tA\tB\tdifference (%s)\t\t\n", how)
	for _, d := range c.Differences {
		fmt.Fprintf(tab, "%s\t%s\t%s\t%.4f\t%.4f\t%+.4f\t[%+.4f, %+.4f]\t%s\n", d.Task, d.Metric, lineCount(d.N), d.A, d.B, d.Value, d.Interval[0], d.Interval[1], d.Standing)
	}
	return tab.Flush()
}

func compareMarkdown(w io.Writer, c *training.Comparison) {
	fmt.Fprintln(w, "| task | metric | n | A | B | difference | 95 % | B is | p50 A → B |\n|---|---|---|---|---|---|---|---|---|")
	for _, d := range c.Differences {
		took := c.Seconds[d.Task]
		fmt.Fprintf(w, "| %s | %s | %s | %.3f | %.3f | %+.3f | %+.3f to %+.3f | %s | %.1f → %.1f ms |\n",
			d.Task, d.Metric, lineCount(d.N), d.A, d.B, d.Value, d.Interval[0], d.Interval[1], d.Standing, took[0].QueryP50ms, took[1].QueryP50ms)
	}
}

// lineCount writes the lines of a metric; reports without lines do not say.
func lineCount(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func compareLines(w io.Writer, turned map[string]training.Turned) {
	var tasks []string
	for task := range turned {
		tasks = append(tasks, task)
	}
	sort.Strings(tasks)
	for _, task := range tasks {
		t := turned[task]
		fmt.Fprintf(w, "\n%s: %d lines turned right, %d turned wrong\n", task, len(t.Right), len(t.Wrong))
		for _, text := range t.Right {
			fmt.Fprintln(w, "  + "+strings.ReplaceAll(text, "\n", " "))
		}
		for _, text := range t.Wrong {
			fmt.Fprintln(w, "  - "+strings.ReplaceAll(text, "\n", " "))
		}
	}
}
