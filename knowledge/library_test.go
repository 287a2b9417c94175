package knowledge_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

const ws = id.Workspace("shop")

// hashing embeds words by hashing them: equal texts have equal vectors.
type hashing struct {
	model    string
	texts    []string // that it was asked for, queries marked
	fail     error
	failFrom int // texts after which it fails
}

func (h *hashing) Model() string { return h.model }

func (h *hashing) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return h.embed(ctx, "? ", texts)
}

func (h *hashing) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return h.embed(ctx, "", texts)
}

func (h *hashing) embed(ctx context.Context, mark string, texts []string) ([][]float32, error) {
	if h.fail != nil && len(h.texts) >= h.failFrom {
		return nil, h.fail
	}
	out := make([][]float32, len(texts))
	for i, s := range texts {
		h.texts = append(h.texts, mark+s)
		v := make([]float32, 16)
		for _, w := range strings.Fields(strings.ToLower(s)) {
			f := fnv.New32a()
			f.Write([]byte(w))
			v[f.Sum32()%16]++
		}
		norm := float32(0)
		for _, x := range v {
			norm += x * x
		}
		for k := range v {
			v[k] /= float32(math.Sqrt(float64(max(norm, 1))))
		}
		out[i] = v
	}
	return out, ctx.Err()
}

// shelf is an index that only remembers.
type shelf struct {
	docs map[knowledge.DocumentID]shelved
}

type shelved struct {
	doc    knowledge.Document
	chunks []knowledge.Chunk
}

func (s *shelf) Replace(d knowledge.Document, chunks []knowledge.Chunk) {
	s.docs[d.ID] = shelved{d, chunks}
}
func (s *shelf) Remove(_ id.Workspace, doc knowledge.DocumentID) { delete(s.docs, doc) }
func (s *shelf) Retain(keep func(id.Workspace, knowledge.DocumentID) bool) {
	for doc, d := range s.docs {
		if !keep(d.doc.Workspace, doc) {
			delete(s.docs, doc)
		}
	}
}

// paths lists what is indexed.
func (s *shelf) paths() []string {
	var out []string
	for _, d := range s.docs {
		out = append(out, d.doc.Path)
	}
	slices.Sort(out)
	return out
}

// given is an extractor that hands over what a test prepared.
type given struct{ files []knowledge.Extracted }

func (g *given) Extract(ctx context.Context, files []knowledge.File, visit func(knowledge.Extracted) error) error {
	for _, x := range g.files {
		if err := visit(x); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// bench is a library over a real database.
type bench struct {
	*knowledge.Library
	store    *sqlite.Knowledge
	index    *shelf
	embedder *hashing
	files    *given
	now      time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	db, err := sqlite.Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{store: db.Knowledge(), embedder: &hashing{model: "m1"}, files: &given{}, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	b.reopen(nil)
	return b
}

// reopen is a restart: a new library and an empty index over the same database.
func (b *bench) reopen(o *knowledge.Options) {
	if o == nil {
		o = &knowledge.Options{}
	}
	o.Extractor = b.files
	b.index = &shelf{map[knowledge.DocumentID]shelved{}}
	clock := func() time.Time { b.now = b.now.Add(time.Second); return b.now }
	b.Library = knowledge.NewLibrary(b.store, b.embedder, b.index, clock, slog.New(slog.DiscardHandler), o)
}

func (b *bench) put(t testing.TB, d knowledge.Document, expect int) knowledge.Document {
	t.Helper()
	d.Workspace = ws
	got, err := b.Put(t.Context(), d, expect)
	if err != nil {
		t.Fatalf("put: %v", err)
	}
	return got
}

func aPage(title, text string) knowledge.Document {
	return knowledge.Document{Kind: knowledge.KindPage, Title: title, Sections: []knowledge.Section{{Text: text}}, UpdatedBy: "ann"}
}

func wantKind(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestPut(t *testing.T) {
	b := newBench(t)
	d := b.put(t, aPage("  Returns ", "Within **30** days."), 0)
	if d.Version != 1 || d.Status != knowledge.StatusDraft || d.Title != "Returns" || d.Language != "en" || d.Path == "" || d.Hash == "" || d.CreatedAt.IsZero() {
		t.Errorf("new document = %+v", d)
	}
	stored, err := b.Document(t.Context(), ws, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, stored, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("stored (-returned +stored):\n%s", diff)
	}
	if got := b.index.docs[d.ID]; len(got.chunks) != 2 || got.chunks[1].Vector == nil || got.doc.Version != 1 {
		t.Errorf("indexed = %+v", got)
	}

	edit := aPage("Returns", "Within 60 days.")
	edit.ID, edit.UpdatedBy = d.ID, "bob"
	two := b.put(t, edit, 1)
	if two.Version != 2 || two.Status != knowledge.StatusDraft || two.Path != d.Path || !two.CreatedAt.Equal(d.CreatedAt) || two.UpdatedBy != "bob" {
		t.Errorf("second version = %+v", two)
	}
	if again := b.put(t, edit, 2); again.Version != 2 || !again.UpdatedAt.Equal(two.UpdatedAt) {
		t.Errorf("the same content again = version %d", again.Version)
	}
	edit.Workspace = ws
	_, err = b.Put(t.Context(), edit, 1)
	wantKind(t, "an edit of an old version", err, fault.Conflict)
	edit.ID = "nowhere"
	_, err = b.Put(t.Context(), edit, 1)
	wantKind(t, "an edit of nothing", err, fault.NotFound)
}

func TestPutRefuses(t *testing.T) {
	b := newBench(t)
	long := make([]string, 201)
	for i := range long {
		long[i] = fmt.Sprint("q", i)
	}
	tests := map[string]struct {
		doc   knowledge.Document
		field string
	}{
		"no title":       {knowledge.Document{Kind: knowledge.KindPage, Sections: []knowledge.Section{{Text: " "}}}, "title"},
		"no question":    {knowledge.Document{Kind: knowledge.KindEntry, Answer: "a"}, "question"},
		"no answer":      {knowledge.Document{Kind: knowledge.KindEntry, Question: "q", Answer: " \n"}, "answer"},
		"no kind":        {knowledge.Document{Title: "t"}, "kind"},
		"deleted":        {knowledge.Document{Kind: knowledge.KindPage, Title: "t", Status: knowledge.StatusDeleted}, "status"},
		"language":       {knowledge.Document{Kind: knowledge.KindPage, Title: "t", Language: "fr"}, "language"},
		"script address": {knowledge.Document{Kind: knowledge.KindPage, Title: "t", URL: "javascript:alert(1)"}, "url"},
		"other host":     {knowledge.Document{Kind: knowledge.KindPage, Title: "t", URL: "//evil.example/x"}, "url"},
		"never valid":    {knowledge.Document{Kind: knowledge.KindPage, Title: "t", ValidFrom: b.now, ValidUntil: b.now}, "valid_until"},
		"too many":       {knowledge.Document{Kind: knowledge.KindEntry, Question: "q", Answer: "a", Paraphrases: long}, "paraphrases"},
		"long title":     {knowledge.Document{Kind: knowledge.KindPage, Title: strings.Repeat("字", 501)}, "title"},
		"long answer":    {knowledge.Document{Kind: knowledge.KindEntry, Question: "q", Answer: strings.Repeat("a", 100_001)}, "answer"},
	}
	for name, tt := range tests {
		tt.doc.Workspace = ws
		_, err := b.Put(t.Context(), tt.doc, 0)
		var f *fault.Error
		if ok := fault.Is(err, fault.Invalid); !ok {
			t.Errorf("%s: %v, want invalid", name, err)
			continue
		}
		f = err.(*fault.Error)
		if len(f.Fields) != 1 || f.Fields[0].Name != tt.field {
			t.Errorf("%s: fields %+v, want %s", name, f.Fields, tt.field)
		}
	}
	if len(b.index.docs) != 0 {
		t.Errorf("%d documents indexed after refusals", len(b.index.docs))
	}
}

func TestOnlyNewTextsAreEmbedded(t *testing.T) {
	b := newBench(t)
	d := aPage("Parcels", "One.")
	d.Sections = append(d.Sections, knowledge.Section{Heading: []string{"Abroad"}, Text: "Two."})
	first := b.put(t, d, 0)
	if len(b.embedder.texts) != 3 {
		t.Fatalf("embedded %q, want title and two sections", b.embedder.texts)
	}
	b.embedder.texts = nil
	d.ID, d.Sections[1].Text = first.ID, "Three."
	b.put(t, d, 1)
	if want := []string{"Parcels\nAbroad\nThree."}; !slices.Equal(b.embedder.texts, want) {
		t.Errorf("embedded %q, want %q", b.embedder.texts, want)
	}
	b.embedder.texts = nil
	if _, err := b.Restore(t.Context(), ws, first.ID, 2, 1, "ann"); err != nil {
		t.Fatal(err)
	}
	entry := b.put(t, knowledge.Document{Kind: knowledge.KindEntry, Question: "Parcels", Answer: "Yes."}, 0)
	if want := []string{"? Parcels", "Parcels\nYes."}; !slices.Equal(b.embedder.texts, want) {
		t.Errorf("embedded %q, want %q: a question is embedded as a query", b.embedder.texts, want)
	}
	for _, c := range b.index.docs[entry.ID].chunks {
		if c.Vector == nil {
			t.Errorf("chunk %q has no vector", c.Text)
		}
	}
}

func TestLifeOfADocument(t *testing.T) {
	b := newBench(t)
	d := b.put(t, aPage("Returns", "one"), 0)
	p, err := b.SetStatus(t.Context(), ws, d.ID, 1, knowledge.StatusPublished, "bob")
	if err != nil || p.Status != knowledge.StatusPublished || p.Version != 1 || b.index.docs[d.ID].doc.Status != knowledge.StatusPublished {
		t.Fatalf("published = %+v, %v", p, err)
	}
	_, err = b.SetStatus(t.Context(), ws, d.ID, 1, knowledge.StatusDeleted, "bob")
	wantKind(t, "deleted by status", err, fault.Invalid)
	e := aPage("Returns", "two")
	e.ID = d.ID
	if e = b.put(t, e, 1); e.Status != knowledge.StatusPublished {
		t.Errorf("an edit made a published document %s", e.Status)
	}
	r, err := b.Restore(t.Context(), ws, d.ID, 2, 1, "bob")
	if err != nil || r.Version != 3 || r.Sections[0].Text != "one" || r.Status != knowledge.StatusPublished {
		t.Fatalf("restored = %+v, %v", r, err)
	}
	if r, err = b.Restore(t.Context(), ws, d.ID, 3, 1, "bob"); err != nil || r.Version != 3 {
		t.Errorf("restoring what is there = version %d, %v", r.Version, err)
	}
	_, err = b.Restore(t.Context(), ws, d.ID, 3, 9, "bob")
	wantKind(t, "a version that never was", err, fault.NotFound)

	wantKind(t, "deleting an old version", b.Delete(t.Context(), ws, d.ID, 2, "bob"), fault.Conflict)
	if err := b.Delete(t.Context(), ws, d.ID, 3, "bob"); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), ws, d.ID, 3, "bob"); err != nil {
		t.Errorf("deleting twice: %v", err)
	}
	if len(b.index.docs) != 0 {
		t.Error("a deleted document is still indexed")
	}
	e.UpdatedBy = "ann"
	_, err = b.Put(t.Context(), e, 3)
	wantKind(t, "an edit of a deleted document", err, fault.Conflict)
	back, err := b.Restore(t.Context(), ws, d.ID, 3, 2, "bob")
	if err != nil || back.Version != 4 || back.Status != knowledge.StatusDraft || back.Sections[0].Text != "two" {
		t.Fatalf("brought back = %+v, %v", back, err)
	}
	versions, err := b.Versions(t.Context(), ws, d.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, v := range versions {
		texts = append(texts, fmt.Sprint(v.Version, " ", v.Sections[0].Text))
	}
	if want := []string{"4 two", "3 one", "2 two", "1 one"}; !slices.Equal(texts, want) {
		t.Errorf("versions %q, want %q", texts, want)
	}
}

func TestFailedEmbeddingChangesNothing(t *testing.T) {
	b := newBench(t)
	d := b.put(t, aPage("Returns", "one"), 0)
	b.embedder.fail = fault.New(fault.Unavailable, "the model is away")
	e := aPage("Returns", "two")
	e.ID, e.Workspace = d.ID, ws
	_, err := b.Put(t.Context(), e, 1)
	wantKind(t, "put without a model", err, fault.Unavailable)
	got, err := b.Document(t.Context(), ws, d.ID)
	if err != nil || got.Version != 1 || b.index.docs[d.ID].doc.Version != 1 {
		t.Errorf("version %d stored, %d indexed (%v); want 1", got.Version, b.index.docs[d.ID].doc.Version, err)
	}
}

func TestLoadAndReindex(t *testing.T) {
	b := newBench(t)
	kept := b.put(t, aPage("Returns", "one"), 0)
	gone := b.put(t, aPage("Gone", "x"), 0)
	if err := b.Delete(t.Context(), ws, gone.ID, 1, "ann"); err != nil {
		t.Fatal(err)
	}
	want := b.index.docs[kept.ID]
	b.reopen(nil)
	n, err := b.Load(t.Context())
	if err != nil || n != (knowledge.Loaded{Documents: 1, Chunks: 2}) {
		t.Errorf("loaded %+v, %v", n, err)
	}
	if diff := cmp.Diff(want, b.index.docs[kept.ID], cmp.AllowUnexported(shelved{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}

	b.embedder.model = "m2" // another model: its vectors are not there yet
	b.reopen(&knowledge.Options{Cutter: knowledge.Cutter{Target: 100}})
	if n, err = b.Load(t.Context()); err != nil || n.Stale != 1 {
		t.Fatalf("loaded %+v, %v; want one stale document", n, err)
	}
	if c := b.index.docs[kept.ID].chunks; c[0].Vector != nil {
		t.Error("vectors of one model stand for those of another")
	}
	var steps []string
	if err := b.Reindex(t.Context(), func(done, all int) { steps = append(steps, fmt.Sprint(done, "/", all)) }); err != nil {
		t.Fatal(err)
	}
	if c := b.index.docs[kept.ID].chunks; len(c) != 2 || c[0].Vector == nil || !slices.Equal(steps, []string{"1/1"}) {
		t.Errorf("reindexed %+v in steps %q", c, steps)
	}
	if n, err = b.Load(t.Context()); err != nil || n.Stale != 0 {
		t.Errorf("loaded %+v, %v; want none stale", n, err)
	}
	if got, err := b.Document(t.Context(), ws, kept.ID); err != nil || got.Version != 1 {
		t.Errorf("reindexing made version %d (%v)", got.Version, err)
	}
}
