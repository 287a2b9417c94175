package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// set is one small help centre in one language with questions about it.
type set struct {
	business, language string
	docs               []knowledge.Document
	questions          []question
}

type question struct {
	Text     string   `json:"text"`
	Relevant []string `json:"relevant"`
	Slice    string   `json:"slice"`
}

type line struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// readSets reads the folders BUSINESS-LANGUAGE below dir, sorted by name.
func readSets(dir string) ([]set, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var out []set
	for _, p := range paths {
		var s set
		s.business, s.language, _ = strings.Cut(filepath.Base(p), "-")
		lines, err := readLines[line](filepath.Join(p, "documents.jsonl"))
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			s.docs = append(s.docs, l.document())
		}
		if s.questions, err = readLines[question](filepath.Join(p, "queries.jsonl")); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no sets in %s", dir)
	}
	return out, nil
}

func (l line) document() knowledge.Document {
	d := knowledge.Document{
		Workspace: id.DefaultWorkspace, ID: knowledge.DocumentID(l.ID), Path: l.ID, Status: knowledge.StatusPublished, Version: 1, Language: l.Language,
		Kind: knowledge.KindEntry, Title: l.Question, Question: l.Question, Answer: l.Answer,
	}
	if l.Question == "" {
		d.Kind, d.Title, d.Sections = knowledge.KindPage, l.Title, knowledge.Sections(l.Text)
	}
	return d
}

func readLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	d := json.NewDecoder(bufio.NewReader(f))
	for n := 1; ; n++ {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		out = append(out, v)
	}
}

// memo remembers vectors: the same texts are indexed and asked again and again.
type memo struct {
	*e5.Encoder
	vectors map[string][]float32
}

func newMemo(e *e5.Encoder) *memo { return &memo{Encoder: e, vectors: map[string][]float32{}} }

func (m *memo) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return m.embed(ctx, "q", texts, m.Encoder.EmbedQueries)
}

func (m *memo) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return m.embed(ctx, "p", texts, m.Encoder.EmbedPassages)
}

func (m *memo) embed(ctx context.Context, kind string, texts []string, call func(context.Context, []string) ([][]float32, error)) ([][]float32, error) {
	var missing []string
	for _, t := range texts {
		if m.vectors[kind+t] == nil {
			missing = append(missing, t)
		}
	}
	vectors, err := call(ctx, missing)
	if err != nil {
		return nil, err
	}
	for i, t := range missing {
		m.vectors[kind+t] = vectors[i]
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = m.vectors[kind+t]
	}
	return out, nil
}

// cut returns a document's chunks with vectors.
func (m *memo) cut(ctx context.Context, d knowledge.Document) ([]knowledge.Chunk, error) {
	chunks := knowledge.Cutter{Tokens: m.CountTokens}.Cut(d)
	return chunks, knowledge.Embed(ctx, m, chunks)
}
