package frontdesk

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func readLines[T any](t *testing.T, path string) (out []T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// Where vectors are searched changes nothing that anybody sees: the same first five
// documents with the same confidence but for rounding.
func TestVectorsInPostgresFindTheSame(t *testing.T) {
	e, err := newEncoder(t.Context(), EmbeddingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.UnixMicro(1_700_000_000_000_000).UTC() }
	open := func(c Config) *shelf {
		s, err := newShelf(t.Context(), c, e, now, &knowledge.LocalOptions{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	outside := Defaults()
	outside.Storage.Postgres, outside.Search.Vectors = Secret(testenv.Postgres(t)), vectorsInPostgres
	memory, postgres := open(Defaults()), open(outside)
	var asked []string
	for _, set := range []string{"ferry-en", "ferry-zh"} {
		type line struct{ ID, Language, Title, Text, Question, Answer string }
		var docs []knowledge.Document
		for _, l := range readLines[line](t, filepath.Join("training", "data", "confidence", set, "documents.jsonl")) {
			d := knowledge.Document{ID: knowledge.DocumentID(l.ID), Path: l.ID, Language: l.Language, Kind: knowledge.KindEntry, Question: l.Question, Answer: l.Answer}
			if l.Question == "" {
				d.Kind, d.Title, d.Sections = knowledge.KindPage, l.Title, knowledge.Sections(l.Text)
			}
			docs = append(docs, d)
		}
		for _, s := range []*shelf{memory, postgres} {
			if err := s.Add(t.Context(), docs); err != nil {
				t.Fatal(err)
			}
		}
		questions := readLines[struct{ Text string }](t, filepath.Join("training", "data", "confidence", set, "queries.jsonl"))
		for _, q := range questions[:min(len(questions), 60)] {
			asked = append(asked, q.Text)
		}
	}
	differ, worst := 0, 0.0
	for _, text := range asked {
		var lists [2][]knowledge.Candidate
		var vector []float32
		for i, s := range []*shelf{memory, postgres} {
			r, err := s.Search(t.Context(), knowledge.Query{Text: text, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			lists[i], vector = r.Candidates, r.Vector
		}
		if len(vector) != e.dim || len(lists[0]) == 0 {
			t.Fatalf("%q: nothing was found in memory", text)
		}
		var ids [2][]knowledge.DocumentID
		for i := range lists {
			for _, c := range lists[i] {
				ids[i] = append(ids[i], c.Document)
			}
		}
		if !slices.Equal(ids[0], ids[1]) {
			differ++
		}
		// Bytes and half-precision numbers round differently, so documents that are level
		// to two digits may change places, but never the first one.
		if ids[0][0] != ids[1][0] || len(ids[0]) != len(ids[1]) {
			t.Errorf("%q: in memory %q, in Postgres %q", text, ids[0], ids[1])
			continue
		}
		for i := range lists[0] {
			if apart := math.Abs(lists[0][i].Score - lists[1][i].Score); apart > .002 {
				t.Errorf("%q, place %d: scores are %.4f apart: in memory %q, in Postgres %q", text, i+1, apart, ids[0], ids[1])
			}
		}
		worst = max(worst, math.Abs(lists[0][0].Confidence-lists[1][0].Confidence))
	}
	t.Logf("%d questions, %d in another order, confidences at most %.4f apart", len(asked), differ, worst)
	if worst > .02 {
		t.Errorf("confidences are up to %.4f apart", worst)
	}
}
