package frontdesk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
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
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// once embeds each text one time only, so that three engines cost what one does.
type once struct {
	embedder
	queries, passages map[string][]float32
}

func (o *once) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return remember(ctx, o.queries, texts, o.embedder.EmbedQueries)
}

func (o *once) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return remember(ctx, o.passages, texts, o.embedder.EmbedPassages)
}

func remember(ctx context.Context, known map[string][]float32, texts []string, embed func(context.Context, []string) ([][]float32, error)) ([][]float32, error) {
	var fresh []string
	for _, text := range texts {
		if known[text] == nil {
			fresh = append(fresh, text)
		}
	}
	if len(fresh) > 0 {
		made, err := embed(ctx, fresh)
		if err != nil {
			return nil, err
		}
		for i, text := range fresh {
			known[text] = made[i]
		}
	}
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = known[text]
	}
	return out, nil
}

// engine is one way to keep documents and to search their vectors.
type engine struct {
	name string
	docs knowledge.Store
	arm  knowledge.Vectors // nil: vectors are in memory
}

// engines are all of them, empty.
func engines(t *testing.T, e encoder, now func() time.Time) []engine {
	t.Helper()
	small, err := sqlite.Open(t.Context(), t.TempDir(), &sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	large, err := postgres.Open(t.Context(), testenv.Postgres(t), &postgres.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	centring, err := knowledge.NewCentring(e.Model(), e.dim)
	if err != nil {
		t.Fatal(err)
	}
	armed, err := postgres.Open(t.Context(), testenv.Postgres(t), &postgres.Options{Now: now, Vectors: centring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(small.Close(), large.Close(), armed.Close()); err != nil {
			t.Error(err)
		}
	})
	return []engine{
		{"SQLite", small.Knowledge(), nil},
		{"Postgres", large.Knowledge(), nil},
		{"Postgres with search.vectors: postgres", armed.Knowledge(), armed.Knowledge()},
	}
}

// library is one over the engine, and its index, which is empty.
func (g engine) library(t *testing.T, e encoder, now func() time.Time) (*knowledge.Library, *knowledge.Local) {
	t.Helper()
	index, err := knowledge.NewLocal(e, e.dim, &knowledge.LocalOptions{Now: now, Vectors: g.arm})
	if err != nil {
		t.Fatal(err)
	}
	return knowledge.NewLibrary(g.docs, e, index, now, nil, &knowledge.Options{Cutter: knowledge.Cutter{Tokens: e.count}, Extractor: extract.Local{}}), index
}

type question struct{ Text, Language string }

// content is what is put into every engine and then asked.
type content struct {
	name      string
	put       func(t *testing.T, l *knowledge.Library)
	questions func(t *testing.T) []question
}

// ferries are two small help centres of entries and pages.
var ferries = content{
	name: "ferries",
	put: func(t *testing.T, l *knowledge.Library) {
		type line struct{ ID, Language, Title, Text, Question, Answer string }
		for _, set := range []string{"ferry-en", "ferry-zh"} {
			for _, n := range readLines[line](t, filepath.Join("training", "data", "confidence", set, "documents.jsonl")) {
				d := knowledge.Document{
					Workspace: id.DefaultWorkspace, Path: n.ID, Language: n.Language, Status: knowledge.StatusPublished,
					Kind: knowledge.KindEntry, Question: n.Question, Answer: n.Answer,
				}
				if n.Question == "" {
					d.Kind, d.Title, d.Sections = knowledge.KindPage, n.Title, knowledge.Sections(n.Text)
				}
				if _, err := l.Put(t.Context(), d, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	},
	questions: func(t *testing.T) (out []question) {
		for _, set := range []string{"ferry-en", "ferry-zh"} {
			all := readLines[question](t, filepath.Join("training", "data", "confidence", set, "queries.jsonl"))
			out = append(out, all[:min(len(all), 60)]...)
		}
		return out
	},
}

// shared is the folder beside the project that has data sets which are not part of it.
const shared = "../shared"

// helpCentre is a real one of 143 pages in two languages, imported from its files.
var helpCentre = content{
	name: "help centre",
	put: func(t *testing.T, l *knowledge.Library) {
		root := filepath.Join(shared, "data", "login-gov-help")
		files, err := Files([]string{filepath.Join(root, "en"), filepath.Join(root, "zh")})
		if errors.Is(err, fs.ErrNotExist) {
			testenv.Absent(t, "the help centre is not part of the project and not there: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		added := 0
		err = l.Import(t.Context(), knowledge.Upload{Workspace: id.DefaultWorkspace, Files: files}, func(r knowledge.FileReport) error {
			if r.Code != knowledge.CodeOK && r.Code != knowledge.CodeEmpty { // a page of each language has no words
				t.Errorf("%+v", r)
			}
			added += r.Added
			return nil
		})
		if err != nil || added != 141 {
			t.Fatalf("%d pages were taken, %v; want 141", added, err)
		}
	},
	// The same language on both sides, another one on either side, and questions as
	// people ask them: eight of each kind.
	questions: func(t *testing.T) (out []question) {
		sets, err := filepath.Glob(filepath.Join(shared, "tasks", "help-*", "queries.jsonl"))
		if err != nil || len(sets) != 8 {
			t.Fatalf("%d sets of questions, %v; want 8", len(sets), err)
		}
		for _, set := range sets {
			all := readLines[question](t, set)
			for i := range 8 {
				out = append(out, all[i*len(all)/8])
			}
		}
		return out
	},
}

// TestEnginesAnswerAlike: wherever documents are kept and vectors are searched, the
// same passages are found in the same order, with the same scores and confidence.
func TestEnginesAnswerAlike(t *testing.T) {
	e, err := newEncoder(t.Context(), EmbeddingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	e.embedder = &once{e.embedder, map[string][]float32{}, map[string][]float32{}}
	now := func() time.Time { return time.UnixMicro(1_700_000_000_000_000).UTC() }
	for _, c := range []content{ferries, helpCentre} {
		t.Run(c.name, func(t *testing.T) {
			all := engines(t, e, now)
			indexes := make([]*knowledge.Local, len(all))
			for i, g := range all {
				l, _ := g.library(t, e, now)
				c.put(t, l)
				// What counts is what a start reads back.
				l, indexes[i] = g.library(t, e, now)
				if n, err := l.Load(t.Context()); err != nil || n.Stale > 0 {
					t.Fatalf("%s: %+v, %v", g.name, n, err)
				}
			}
			_, rows := indexes[0].Size(id.DefaultWorkspace)
			asked := c.questions(t)
			t.Logf("%d questions to %d rows", len(asked), rows)
			for _, q := range asked {
				var want []knowledge.Candidate
				for i, g := range all {
					r, err := indexes[i].Search(t.Context(), knowledge.Query{Workspace: id.DefaultWorkspace, Text: q.Text, Language: q.Language, Limit: 5})
					if err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						if want = r.Candidates; len(want) != 5 {
							t.Fatalf("%q: %d passages are found", q.Text, len(want))
						}
						continue
					}
					// Documents get new ids with each import.
					if diff := cmp.Diff(want, r.Candidates, cmpopts.IgnoreFields(knowledge.Candidate{}, "Document")); diff != "" {
						t.Errorf("%q (-%s +%s):\n%s", q.Text, all[0].name, g.name, diff)
					}
				}
			}
		})
	}
}
