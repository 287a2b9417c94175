package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/training"
)

type evaluateCmd struct {
	Tasks          []string `arg:"positional" help:"Task folders: task.json and JSON-lines files." placeholder:"TASK_DIR"`
	Curves         string   `help:"Also write reliability and coverage curves into this folder (JSON and SVG)." placeholder:"DIR"`
	Lines          string   `help:"Also write what became of every line into this folder, for compare." placeholder:"DIR"`
	Without        list     `help:"Switch off a part for an ablation; 'list' names the parts." placeholder:"PART"`
	Postgres       string   `help:"Keep documents in this throwaway PostgreSQL instead of a temporary SQLite; figures are the same." placeholder:"DSN"`
	Vectors        string   `help:"Where vectors are searched: memory, or postgres with --postgres." default:"memory"`
	EmbeddingURL   string   `arg:"--embedding-url" help:"OpenAI-compatible embedding endpoint instead of the built-in model." placeholder:"URL"`
	EmbeddingModel string   `arg:"--embedding-model" help:"Model at that endpoint." placeholder:"NAME"`
	LLMURL         string   `arg:"--llm-url" help:"OpenAI-compatible endpoint that rewrites and writes." placeholder:"URL"`
	LLMModel       string   `arg:"--llm-model" help:"Model at that endpoint." placeholder:"NAME"`
}

func (c *evaluateCmd) Help() string {
	return "Prints one JSON object a task on standard output and a table on standard error.\n\nExample:\n  frontdesk evaluate tasks/help-questions-en tasks/escalation --curves curves"
}

// Run evaluates every folder; exit status 2 when one could not be read, the others still run.
func (c *evaluateCmd) Run(ctx context.Context, s streams) error {
	if err := oneOf("--vectors", c.Vectors, "memory", "postgres"); err != nil {
		return err
	}
	if len(c.Without) == 1 && c.Without[0] == "list" {
		for _, p := range training.PartNames() {
			fmt.Fprintf(s.out, "%-22s %s\n", p.Name, p.What)
		}
		return nil
	}
	if len(c.Tasks) == 0 {
		fmt.Fprintln(s.err, "frontdesk: name at least one task folder")
		return exitStatus(2)
	}
	flags := configFlags{EmbeddingURL: c.EmbeddingURL, EmbeddingModel: c.EmbeddingModel, LLMURL: c.LLMURL, LLMModel: c.LLMModel}
	cfg, err := flags.load(s.environ, nil)
	if err != nil {
		return err
	}
	cfg.Storage.Postgres = frontdesk.Secret(c.Postgres) // never one that serves and happens to be configured
	cfg.Search.Vectors = c.Vectors
	if problems := cfg.Problems(); len(problems) > 0 {
		return &fault.Error{Kind: fault.Invalid, Message: "The options do not fit together", Fields: problems}
	}
	parts, closeParts, err := frontdesk.EvaluationParts(ctx, cfg, c.Without, version())
	if err != nil {
		return err
	}
	defer closeParts()
	bar := newProgress(s.err)
	err = training.EvaluateAll(ctx, c.Tasks, parts, s.out, &training.EvaluateOptions{
		Table: s.err, Curves: c.Curves, Lines: c.Lines, Progress: bar.at,
	})
	bar.end()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(s.err, "frontdesk:", err)
		return exitStatus(2)
	}
	return err
}
