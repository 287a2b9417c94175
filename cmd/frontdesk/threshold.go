package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

type thresholdCmd struct {
	configFlags
	Questions existingFile `arg:"positional,required" help:"Table with the columns question and document; document is a path, title or question of an entry, empty when none answers." placeholder:"QUESTIONS"`
	Precision float64      `help:"Share of the answers that shall be right." default:"0.9"`
	JSON      bool         `help:"Print one JSON object."`
}

func (c *thresholdCmd) Help() string {
	return "Answer fewer, answer right: asks your own questions of the stored library and says from which confidence the bot has to answer " +
		"for the precision you want, what share of the questions it then answers, and which key to set.\n\n" +
		"Example:\n  frontdesk threshold questions.csv --precision .9 --data data"
}

// Run prints the advice; exit status 1 when no threshold reaches the precision.
func (c *thresholdCmd) Run(ctx context.Context, s streams) error {
	questions, err := readLabelled(string(c.Questions))
	if err != nil {
		return err
	}
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	bar := newProgress(s.err)
	a, err := app.Advise(ctx, questions, c.Precision, func(done, all int) { bar.at("asking", done, all) })
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(s.out).Encode(a); err != nil {
			return err
		}
	} else if err := printAdvice(s.out, a); err != nil {
		return err
	}
	if a.Chosen == nil {
		return exitStatus(1)
	}
	return nil
}

func printAdvice(w io.Writer, a training.Advice) error {
	fmt.Fprintf(w, "%d questions, of which documents answer %d.\n\n", a.Questions, a.Answerable)
	tab := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tab, "answer from\tright of answered\tprecision (95 %)\tcoverage\tfalse answers")
	row := func(r training.Working, mark string) {
		fmt.Fprintf(tab, "%.2f\t%d of %d\t%.2f (%.2f–%.2f)\t%.2f\t%d\t%s\n", r.Threshold, r.Right, r.Answered, r.Precision, r.Interval[0], r.Interval[1], r.Coverage, r.FalseAnswers, mark)
	}
	for _, r := range a.Table {
		row(r, "")
	}
	row(a.Now, "← as it is set")
	if a.Chosen != nil {
		row(*a.Chosen, "← for the precision you want")
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	switch c := a.Chosen; {
	case c == nil && a.Best == nil:
		fmt.Fprintln(w, "\nNone of the questions is answered at any threshold.")
	case c == nil:
		fmt.Fprintf(w, "\nNo threshold reaches %.2f on these questions. The highest precision is %.2f, from %.2f on, where %d of %d answers are right.\n",
			a.Wanted, a.Best.Precision, a.Best.Threshold, a.Best.Right, a.Best.Answered)
	default:
		fmt.Fprintf(w, "\nAnswer fewer, answer right: set\n\n  policy:\n    answer: %.2f\n\n", c.Threshold)
		fmt.Fprintf(w, "Then %.0f %% of the answerable questions are answered (now %.0f %%), and %.0f %% of the answers are right (now %.0f %%).\n",
			100*c.Coverage, 100*a.Now.Coverage, 100*c.Precision, 100*a.Now.Precision)
		fmt.Fprintf(w, "From %d answers the true precision is known to lie between %.2f and %.2f. ", c.Answered, c.Interval[0], c.Interval[1])
		if a.Sure != nil {
			fmt.Fprintf(w, "From %.2f on even the low end reaches %.2f (coverage %.2f).\n", a.Sure.Threshold, a.Wanted, a.Sure.Coverage)
		} else {
			fmt.Fprintln(w, "To be sure of it, bring more questions.")
		}
	}
	return nil
}

// readLabelled reads the table of questions: CSV or TSV in any encoding that
// spreadsheets write, with a header. Errors are Invalid and name the line.
func readLabelled(path string) ([]frontdesk.Labelled, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", path)
	}
	words, _, err := extract.Text(data)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s: %s", path, err)
	}
	for _, comma := range []rune{',', ';', '\t', '，'} {
		rows := extract.NewRows(words, comma)
		header, _, err := rows.Next()
		if err != nil {
			continue
		}
		question, document := -1, -1
		for i, name := range header {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "question", "text", "问题", "問題":
				question = i
			case "document", "relevant", "page", "path", "entry", "文档", "文檔":
				document = i
			}
		}
		if question >= 0 && document >= 0 {
			return labelledRows(path, rows, question, document)
		}
	}
	return nil, fault.New(fault.Invalid, "%s: the first row has to name the columns question and document", path)
}

func labelledRows(path string, rows *extract.Rows, question, document int) ([]frontdesk.Labelled, error) {
	var out []frontdesk.Labelled
	for {
		cells, line, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			if len(out) == 0 {
				return nil, fault.New(fault.Invalid, "%s: there are no questions", path)
			}
			return out, nil
		case err != nil:
			return nil, fault.New(fault.Invalid, "%s:%d: a quote is out of place", path, line)
		case strings.TrimSpace(strings.Join(cells, "")) == "":
			continue
		case len(cells) <= question || strings.TrimSpace(cells[question]) == "":
			return nil, fault.New(fault.Invalid, "%s:%d: has no question", path, line)
		}
		l := frontdesk.Labelled{Text: strings.TrimSpace(cells[question]), Line: line}
		if document < len(cells) {
			l.Document = strings.TrimSpace(cells[document])
		}
		out = append(out, l)
	}
}
