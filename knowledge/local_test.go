package knowledge

import (
	"context"
	"hash/fnv"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// bagEmbedder makes vectors from hashed terms: texts that share words are
// close, as with a real model, and a test can reason about it.
type bagEmbedder struct{}

const bagDim = 256

func (bagEmbedder) Model() string { return "bag of words" }

func (bagEmbedder) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, s := range texts {
		v := make([]float32, bagDim)
		v[0] = .01
		for _, t := range termsOf(s) {
			h := fnv.New32a()
			h.Write([]byte(t.text))
			v[h.Sum32()%bagDim]++
		}
		var squares float64
		for _, f := range v {
			squares += float64(f) * float64(f)
		}
		for k := range v {
			v[k] /= float32(math.Sqrt(squares))
		}
		out[i] = v
	}
	return out, nil
}

func (b bagEmbedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return b.EmbedQueries(ctx, texts)
}

func newLocal(t *testing.T, now time.Time, docs ...Document) *Local {
	t.Helper()
	l, err := NewLocal(bagEmbedder{}, bagDim, &LocalOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		put(t, l, d)
	}
	return l
}

func put(t *testing.T, l *Local, d Document) {
	t.Helper()
	if d.Workspace == "" {
		d.Workspace = id.DefaultWorkspace
	}
	if d.Status == "" {
		d.Status = StatusPublished
	}
	if d.Language == "" {
		d.Language = "en"
	}
	chunks := Cutter{}.Cut(d)
	for i := range chunks {
		v, err := bagEmbedder{}.EmbedQueries(t.Context(), []string{chunks[i].Indexed})
		if err != nil {
			t.Fatal(err)
		}
		chunks[i].Vector = v[0]
	}
	l.Replace(d, chunks)
}

func entry(doc DocumentID, question, answer string) Document {
	return Document{ID: doc, Kind: KindEntry, Path: string(doc), Question: question, Answer: answer, Version: 1}
}

func found(t *testing.T, l *Local, q Query) []DocumentID {
	t.Helper()
	if q.Workspace == "" {
		q.Workspace = id.DefaultWorkspace
	}
	r, err := l.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []DocumentID
	for i, c := range r.Candidates {
		out = append(out, c.Document)
		if i > 0 && c.Score > r.Candidates[i-1].Score {
			t.Errorf("candidate %d scores %g, above the one before it with %g", i, c.Score, r.Candidates[i-1].Score)
		}
		if c.Confidence < 0 || c.Confidence > 1 || c.Score < 0 || c.Score > 1 || c.Evidence.Coverage < 0 || c.Evidence.Coverage > 1.0000001 {
			t.Errorf("candidate out of range: %+v", c)
		}
	}
	return out
}

var shop = []Document{
	entry("returns", "How do I return an item?", "Send it back within 30 days with the label from your parcel."),
	entry("shipping", "How long does delivery take?", "Two to four working days."),
	entry("password", "I forgot my password", "Use the link on the sign-in page."),
	{ID: "care", Kind: KindPage, Path: "care.md", Title: "Care guide", Version: 3, URL: "/care", Sections: []Section{
		{Heading: []string{"Wool"}, Text: "Wash wool by hand in cold water."},
		{Heading: []string{"Leather"}, Text: "Wipe leather with a damp cloth and let it dry slowly."},
	}},
}

func TestSearchFindsEntriesAndSections(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	r, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "how can I return this item"})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Candidates[0]
	if c.Document != "returns" || !c.Curated || c.Passage != shop[0].Answer || c.Matched != shop[0].Question || c.Title != shop[0].Question || c.Version != 1 {
		t.Errorf("best candidate %+v, want the entry about returns with its answer", c)
	}
	if len(r.Vector) != bagDim {
		t.Errorf("the result carries a vector of %d numbers, want the %d that were used", len(r.Vector), bagDim)
	}
	r, err = l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "clean leather with cloth"})
	if err != nil {
		t.Fatal(err)
	}
	c = r.Candidates[0]
	if c.Document != "care" || c.Curated || c.Matched != "" || c.Passage != "Wipe leather with a damp cloth and let it dry slowly." ||
		!slices.Equal(c.Heading, []string{"Leather"}) || c.Title != "Care guide" || c.URL != "/care" || c.Version != 3 {
		t.Errorf("best candidate %+v, want the section about leather", c)
	}
	for i, a := range r.Candidates {
		for _, b := range r.Candidates[:i] {
			if a.Document == b.Document {
				t.Errorf("document %s is twice among the candidates", a.Document)
			}
		}
	}
}

func TestSearchFilters(t *testing.T) {
	now := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	base := entry("", "Where do I park?", "Behind the house.")
	doc := func(name DocumentID, change func(*Document)) Document {
		d := base
		d.ID, d.Path = name, string(name)
		change(&d)
		return d
	}
	l := newLocal(t, now,
		doc("public", func(*Document) {}),
		doc("draft", func(d *Document) { d.Status = StatusDraft }),
		doc("staff", func(d *Document) { d.Audience = "staff" }),
		doc("expired", func(d *Document) { d.ValidUntil = now }),
		doc("coming", func(d *Document) { d.ValidFrom = now.Add(time.Hour) }),
		doc("elsewhere", func(d *Document) { d.Workspace = "other" }),
		doc("deleted", func(d *Document) { d.Status = StatusDeleted }),
	)
	for _, c := range []struct {
		name string
		q    Query
		want []DocumentID
	}{
		{"everybody", Query{}, []DocumentID{"public"}},
		{"staff", Query{Audiences: []string{"staff"}}, []DocumentID{"public", "staff"}},
		{"editor", Query{Drafts: true}, []DocumentID{"draft", "public"}},
		{"before", Query{At: now.Add(-time.Second)}, []DocumentID{"expired", "public"}},
		{"after", Query{At: now.Add(time.Hour)}, []DocumentID{"coming", "public"}},
		{"other workspace", Query{Workspace: "other"}, []DocumentID{"elsewhere"}},
		{"unknown workspace", Query{Workspace: "nobody"}, nil},
	} {
		c.q.Text = "where can I park"
		got := found(t, l, c.q)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReplaceAndRemove(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	changed := entry("returns", "Where is the nearest shop?", "In Harbour Street.")
	changed.Version = 2
	put(t, l, changed)
	r, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: "nearest shop"})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Candidates[0]; c.Document != "returns" || c.Version != 2 || c.Passage != changed.Answer {
		t.Errorf("found %+v, want the new version", c)
	}
	l.Remove(id.DefaultWorkspace, "returns")
	l.Remove("nobody", "returns")
	if got := found(t, l, Query{Text: "nearest shop"}); slices.Contains(got, "returns") {
		t.Errorf("a removed document is still found among %v", got)
	}
	if docs, rows := l.Size(id.DefaultWorkspace); docs != 3 || rows == 0 {
		t.Errorf("%d documents with %d rows are left, want 3", docs, rows)
	}
}

func TestSearchLimitAndBadInput(t *testing.T) {
	l := newLocal(t, time.Unix(1e9, 0), shop...)
	if got := found(t, l, Query{Text: "how do I return a wool item with a password", Limit: 2}); len(got) != 2 {
		t.Errorf("%d candidates, want 2", len(got))
	}
	if _, err := l.Search(t.Context(), Query{Workspace: id.DefaultWorkspace, Text: " \n"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a blank question gives %v, want an invalid input", err)
	}
	for _, q := range []string{"\xff\xfe", "???", "的", "a", string(make([]byte, 10_000))} {
		found(t, l, Query{Text: q})
	}
	// A vector of another model's size must not be compared.
	found(t, l, Query{Text: "return", Vector: []float32{1, 2, 3}})
}
