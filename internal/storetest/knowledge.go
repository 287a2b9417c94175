package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// KnowledgeStores are the contracts of package knowledge over one empty database.
type KnowledgeStores struct {
	Documents knowledge.Store
	Imports   knowledge.ImportStore
}

// RunKnowledge exercises what an engine keeps of documents; open as in Run.
func RunKnowledge(t *testing.T, open func(t *testing.T) KnowledgeStores) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s KnowledgeStores)
	}{
		{"DocumentKeepsEverything", testDocumentKeepsEverything},
		{"VersionsAreDense", testVersionsAreDense},
		{"StatusMakesNoVersion", testStatusMakesNoVersion},
		{"DeletedKeepVersions", testDeletedKeepVersions},
		{"PathsAreUnique", testPathsAreUnique},
		{"SaveIsAllOrNothing", testSaveIsAllOrNothing},
		{"VectorsByModelAndHash", testVectorsByModelAndHash},
		{"DocumentLists", testDocumentLists},
		{"Heads", testHeads},
		{"KnowledgeOfWorkspaces", testKnowledgeOfWorkspaces},
		{"Imports", testImports},
		{"ImportLists", testImportLists},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

const model = "model-a"

// page is a published page with two chunks; the second has no vector.
func page(path, text string) knowledge.Revision {
	d := knowledge.Document{
		Workspace: workspace, ID: knowledge.DocumentID(id.New()), Path: path, Source: path, Kind: knowledge.KindPage,
		Status: knowledge.StatusPublished, Version: 1, Title: "Title of " + path, Language: "en", Hash: "hash of " + text,
		Sections: []knowledge.Section{{Text: text}}, CreatedAt: start, UpdatedAt: start, UpdatedBy: "ann",
	}
	return knowledge.Revision{Document: d, Model: model, Recipe: "r1", Chunks: chunksFor(text)}
}

func chunksFor(text string) []knowledge.Chunk {
	return []knowledge.Chunk{
		{Field: knowledge.FieldTitle, Ordinal: 0, Text: "title", Indexed: "title", Tokens: 1, Hash: "title hash", Vector: []float32{1, 0, -0.5}},
		{Field: knowledge.FieldBody, Ordinal: 1, Heading: []string{"A", "B"}, Page: 7, Text: text, Indexed: "A B " + text, Tokens: 3, Hash: "hash of " + text},
	}
}

func save(t *testing.T, s KnowledgeStores, r ...knowledge.Revision) {
	t.Helper()
	if err := s.Documents.Save(t.Context(), r); err != nil {
		t.Fatalf("save: %v", err)
	}
}

// next is the version after d, with other words.
func next(d knowledge.Document, text string) knowledge.Revision {
	d.Version++
	d.Hash, d.Sections, d.UpdatedAt = "hash of "+text, []knowledge.Section{{Text: text}}, d.UpdatedAt.Add(time.Second)
	return knowledge.Revision{Document: d, Model: model, Recipe: "r1", Chunks: chunksFor(text)}
}

// indexed is what a program that starts would load.
func indexed(t *testing.T, s KnowledgeStores, model string) map[knowledge.DocumentID][]knowledge.Chunk {
	t.Helper()
	out := map[knowledge.DocumentID][]knowledge.Chunk{}
	err := s.Documents.Each(t.Context(), model, func(d knowledge.Document, chunks []knowledge.Chunk, recipe string) error {
		if recipe != "r1" {
			t.Errorf("recipe of %s is %q, want r1", d.Path, recipe)
		}
		out[d.ID] = chunks
		return nil
	})
	if err != nil {
		t.Fatalf("each: %v", err)
	}
	return out
}

func testDocumentKeepsEverything(t *testing.T, s KnowledgeStores) {
	whole := knowledge.Document{
		Workspace: workspace, ID: "d1", Path: "faq.csv#a", Source: "faq.csv", Kind: knowledge.KindEntry, Status: knowledge.StatusDraft, Version: 1,
		Title: "标题", URL: "/help", Language: "zh", Audience: "staff", Tags: []string{"a", "b"}, ValidFrom: start, ValidUntil: start.Add(time.Hour),
		Hash: "h", Sections: []knowledge.Section{{Heading: []string{"x", "y"}, Text: "text", Page: 2}, {Text: "more"}}, Question: "标题", Answer: "答",
		Paraphrases: []string{"p1", "p2"}, Negatives: []string{"n"}, Confirmed: []string{"c1", "c2"}, CreatedAt: start, UpdatedAt: start.Add(time.Microsecond), UpdatedBy: "ann",
	}
	save(t, s, knowledge.Revision{Document: whole, Model: model, Recipe: "r1", Chunks: chunksFor("text"), Imported: true})
	got, err := s.Documents.Document(t.Context(), workspace, "d1")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "document", got, whole)
	versions, err := s.Documents.Versions(t.Context(), workspace, "d1", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "versions", versions, []knowledge.Document{whole})
	err = s.Documents.Each(t.Context(), model, func(d knowledge.Document, chunks []knowledge.Chunk, recipe string) error {
		wantSame(t, "document to index", d, whole)
		wantSame(t, "chunks to index", chunks, chunksFor("text"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Documents.Document(t.Context(), workspace, "other")
	wantKind(t, "a document that never was", err, fault.NotFound)
}

func testVersionsAreDense(t *testing.T, s KnowledgeStores) {
	r := page("a.md", "one")
	save(t, s, r)
	two := next(r.Document, "two")
	save(t, s, two)
	three := next(two.Document, "three")
	save(t, s, three)
	wantKind(t, "a version that is there with others after it", s.Documents.Save(t.Context(), []knowledge.Revision{two}), fault.Conflict)
	gap := next(three.Document, "five")
	gap.Document.Version++
	wantKind(t, "a version that leaves a gap", s.Documents.Save(t.Context(), []knowledge.Revision{gap}), fault.Conflict)
	unborn := page("b.md", "x")
	unborn.Document.Version = 2
	wantKind(t, "a first version that is not 1", s.Documents.Save(t.Context(), []knowledge.Revision{unborn}), fault.Conflict)
	unborn.Document.Version = 0
	wantKind(t, "version 0", s.Documents.Save(t.Context(), []knowledge.Revision{unborn}), fault.Conflict)

	all, err := s.Documents.Versions(t.Context(), workspace, r.Document.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "versions", all, []knowledge.Document{three.Document, two.Document, r.Document})
	old, err := s.Documents.Versions(t.Context(), workspace, r.Document.ID, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "the newest version before 3", old, []knowledge.Document{two.Document})
	none, err := s.Documents.Versions(t.Context(), workspace, "other", 0, 10)
	if err != nil || len(none) != 0 {
		t.Errorf("versions of no document: %v, %v", none, err)
	}
	wantSame(t, "chunks", indexed(t, s, model)[r.Document.ID], chunksFor("three"))
}

func testStatusMakesNoVersion(t *testing.T, s KnowledgeStores) {
	r := page("a.md", "one")
	r.Imported = true
	save(t, s, r)
	draft := r
	draft.Imported = false
	draft.Document.Status, draft.Document.UpdatedBy, draft.Document.UpdatedAt = knowledge.StatusDraft, "bob", start.Add(time.Minute)
	save(t, s, draft)
	got, err := s.Documents.Document(t.Context(), workspace, r.Document.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "document", got, draft.Document)
	versions, err := s.Documents.Versions(t.Context(), workspace, r.Document.ID, 0, 10)
	if err != nil || len(versions) != 1 || versions[0].UpdatedBy != "ann" {
		t.Errorf("versions = %+v, %v; want the one by ann", versions, err)
	}
	heads, err := s.Documents.Heads(t.Context(), workspace, "a.md")
	if err != nil || len(heads) != 1 || heads[0].Imported != r.Document.Hash {
		t.Errorf("heads = %+v, %v; want the imported hash kept", heads, err)
	}
}

func testDeletedKeepVersions(t *testing.T, s KnowledgeStores) {
	r := page("a.md", "one")
	save(t, s, r)
	gone := knowledge.Revision{Document: r.Document}
	gone.Document.Status = knowledge.StatusDeleted
	save(t, s, gone)
	got, err := s.Documents.Document(t.Context(), workspace, r.Document.ID)
	if err != nil || got.Status != knowledge.StatusDeleted || len(got.Sections) != 1 {
		t.Errorf("deleted document = %+v, %v; want it readable", got, err)
	}
	if n := len(indexed(t, s, model)); n != 0 {
		t.Errorf("%d documents to index, want none", n)
	}
	heads, err := s.Documents.Heads(t.Context(), workspace, "a.md")
	if err != nil || len(heads) != 0 {
		t.Errorf("heads = %+v, %v; want none", heads, err)
	}
	back := next(gone.Document, "two")
	back.Document.Status = knowledge.StatusDraft
	save(t, s, back)
	versions, err := s.Documents.Versions(t.Context(), workspace, r.Document.ID, 0, 10)
	if err != nil || len(versions) != 2 {
		t.Errorf("%d versions, %v; want 2", len(versions), err)
	}
}

func testPathsAreUnique(t *testing.T, s KnowledgeStores) {
	r := page("a.md", "one")
	save(t, s, r)
	again := page("a.md", "two")
	wantKind(t, "a second document of a path", s.Documents.Save(t.Context(), []knowledge.Revision{again}), fault.Conflict)
	gone := knowledge.Revision{Document: r.Document}
	gone.Document.Status = knowledge.StatusDeleted
	save(t, s, gone)
	save(t, s, again)
	back := r
	wantKind(t, "bringing back the first one", s.Documents.Save(t.Context(), []knowledge.Revision{back}), fault.Conflict)
}

func testSaveIsAllOrNothing(t *testing.T, s KnowledgeStores) {
	good, clash := page("a.md", "one"), page("b.md", "two")
	save(t, s, clash)
	other := page("b.md", "three")
	other.Chunks[1].Hash, other.Chunks[1].Vector = "new", []float32{1}
	good.Chunks[1].Vector = []float32{1}
	wantKind(t, "one good and one bad", s.Documents.Save(t.Context(), []knowledge.Revision{good, other}), fault.Conflict)
	_, err := s.Documents.Document(t.Context(), workspace, good.Document.ID)
	wantKind(t, "the good one afterwards", err, fault.NotFound)
	got, err := s.Documents.Vectors(t.Context(), workspace, model, []string{"new", "hash of one"})
	if err != nil || len(got) != 0 {
		t.Errorf("vectors = %v, %v; want none", got, err)
	}
	two := next(clash.Document, "four")
	two.Chunks[1].Ordinal = 0 // a place that is taken: the engine refuses the chunk
	if err := s.Documents.Save(t.Context(), []knowledge.Revision{two}); err == nil {
		t.Error("two chunks in one place were stored")
	}
	wantSame(t, "chunks after a failed save", indexed(t, s, model)[clash.Document.ID], chunksFor("two"))
	d, err := s.Documents.Document(t.Context(), workspace, clash.Document.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "document after a failed save", d, clash.Document)
}

func testVectorsByModelAndHash(t *testing.T, s KnowledgeStores) {
	save(t, s, page("a.md", "one"))
	other := page("b.md", "two")
	other.Model = "model-b"
	save(t, s, other)
	got, err := s.Documents.Vectors(t.Context(), workspace, model, []string{"title hash", "hash of one", "nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "vectors", got, map[string][]float32{"title hash": {1, 0, -0.5}})
	none, err := s.Documents.Vectors(t.Context(), workspace, "model-c", []string{"title hash"})
	if err != nil || len(none) != 0 {
		t.Errorf("vectors of another model = %v, %v; want none", none, err)
	}
	none, err = s.Documents.Vectors(t.Context(), workspace, model, nil)
	if err != nil || len(none) != 0 {
		t.Errorf("vectors of no hashes = %v, %v; want none", none, err)
	}
	for _, c := range indexed(t, s, "model-c") {
		if len(c) != 2 || c[0].Vector != nil {
			t.Errorf("chunks for another model = %+v; want two without vectors", c)
		}
	}
}

func testDocumentLists(t *testing.T, s KnowledgeStores) {
	var want []knowledge.Document
	for i := range 7 {
		r := page(fmt.Sprintf("p%d.md", i), "words")
		r.Document.UpdatedAt = start.Add(time.Duration(i/2) * time.Second) // pairs share a time
		switch i {
		case 1:
			r.Document.Status = knowledge.StatusDraft
		case 2:
			r.Document.Language, r.Document.Title = "zh", "退货 100% 包邮"
		case 3:
			r.Document.Kind, r.Document.Question = knowledge.KindEntry, "q"
		}
		save(t, s, r)
		r.Document.Sections = nil
		want = append(want, r.Document)
	}
	gone := knowledge.Revision{Document: want[6]}
	gone.Document.Status = knowledge.StatusDeleted
	save(t, s, gone)
	want = want[:6]
	slices.SortFunc(want, func(a, b knowledge.Document) int {
		if c := b.UpdatedAt.Compare(a.UpdatedAt); c != 0 {
			return c
		}
		if a.ID > b.ID {
			return -1
		}
		return 1
	})
	var got []knowledge.Document
	q := knowledge.DocumentQuery{Workspace: workspace, Limit: 2}
	for {
		p, err := s.Documents.Documents(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) == 0 {
			break
		}
		got = append(got, p...)
		q.Before, q.BeforeID = p[len(p)-1].UpdatedAt, p[len(p)-1].ID
	}
	wantSame(t, "all pages", got, want)
	for name, c := range map[string]struct {
		q    knowledge.DocumentQuery
		want []string
	}{
		"drafts":        {knowledge.DocumentQuery{Statuses: []knowledge.Status{knowledge.StatusDraft}}, []string{"p1.md"}},
		"two statuses":  {knowledge.DocumentQuery{Statuses: []knowledge.Status{knowledge.StatusDraft, knowledge.StatusDeleted}}, []string{"p6.md", "p1.md"}},
		"language":      {knowledge.DocumentQuery{Language: "zh"}, []string{"p2.md"}},
		"kind":          {knowledge.DocumentQuery{Kind: knowledge.KindEntry}, []string{"p3.md"}},
		"source":        {knowledge.DocumentQuery{Source: "p4.md"}, []string{"p4.md"}},
		"text in title": {knowledge.DocumentQuery{Text: "title OF P5"}, []string{"p5.md"}},
		"a per cent":    {knowledge.DocumentQuery{Text: "100%"}, []string{"p2.md"}},
		"no match":      {knowledge.DocumentQuery{Text: "_"}, nil},
	} {
		c.q.Workspace, c.q.Limit = workspace, 10
		p, err := s.Documents.Documents(t.Context(), c.q)
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, d := range p {
			paths = append(paths, d.Path)
		}
		wantSame(t, name, paths, c.want)
	}
}

func testHeads(t *testing.T, s KnowledgeStores) {
	var want []knowledge.Head
	for _, key := range []string{"a", "b"} {
		d := knowledge.Document{
			Workspace: workspace, ID: knowledge.DocumentID(id.New()), Path: "faq.csv#" + key, Source: "faq.csv", Kind: knowledge.KindEntry,
			Status: knowledge.StatusDraft, Version: 1, Title: key + "?", Question: key + "?", Answer: "x", Language: "en", Audience: "staff", Hash: "h" + key, CreatedAt: start, UpdatedAt: start,
		}
		save(t, s, knowledge.Revision{Document: d, Recipe: "r1", Imported: key == "a"})
		h := knowledge.Head{ID: d.ID, Path: d.Path, Source: "faq.csv", Status: d.Status, Version: 1, Hash: d.Hash, Kind: d.Kind, Question: d.Question, Language: "en", Audience: "staff"}
		if key == "a" {
			h.Imported = d.Hash
		}
		want = append(want, h)
	}
	save(t, s, page("other.md", "x"))
	got, err := s.Documents.Heads(t.Context(), workspace, "faq.csv")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "heads of a source", got, want)
	all, err := s.Documents.Heads(t.Context(), workspace, "")
	if err != nil || len(all) != 3 || all[2].Path != "other.md" || all[2].Question != "" {
		t.Errorf("heads of all sources = %+v, %v", all, err)
	}
}

func testKnowledgeOfWorkspaces(t *testing.T, s KnowledgeStores) {
	a := page("a.md", "one")
	save(t, s, a)
	b := page("a.md", "two") // the same path in another workspace
	b.Document.Workspace = "other"
	save(t, s, b)
	_, err := s.Documents.Document(t.Context(), "other", a.Document.ID)
	wantKind(t, "another workspace's document", err, fault.NotFound)
	v, err := s.Documents.Vectors(t.Context(), "third", model, []string{"title hash"})
	if err != nil || len(v) != 0 {
		t.Errorf("another workspace's vectors = %v, %v", v, err)
	}
	list, err := s.Documents.Documents(t.Context(), knowledge.DocumentQuery{Workspace: "other", Limit: 10})
	if err != nil || len(list) != 1 || list[0].ID != b.Document.ID {
		t.Errorf("documents of the other workspace = %+v, %v", list, err)
	}
	if n := len(indexed(t, s, model)); n != 2 {
		t.Errorf("%d documents to index over all workspaces, want 2", n)
	}
}
