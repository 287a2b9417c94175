package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func upload(name string, at time.Time) knowledge.Import {
	return knowledge.Import{
		Workspace: workspace, ID: knowledge.ImportID(id.New()), State: knowledge.ImportQueued, Status: knowledge.StatusDraft, Audience: "staff",
		Files:     []knowledge.ImportFile{{Name: name, Size: 12}, {Name: "big.pdf", Size: 1 << 30, Refused: true}},
		Reports:   []knowledge.FileReport{{Name: "big.pdf", Code: knowledge.CodeTooLarge, Message: "too large"}},
		CreatedBy: "ann", Despite: "the fee is gone", CreatedAt: at,
	}
}

func testImports(t *testing.T, s KnowledgeStores) {
	i := upload("faq.csv", start)
	if err := s.Imports.AddImport(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the same ID again", s.Imports.AddImport(t.Context(), i), fault.Conflict)
	got, err := s.Imports.Import(t.Context(), workspace, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "import", got, i)

	i.State, i.Attempts, i.StartedAt = knowledge.ImportRunning, 1, start.Add(time.Second)
	if err := s.Imports.UpdateImport(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	r := knowledge.FileReport{
		Name: "faq.csv", Code: knowledge.CodeOK, Added: 2, Skipped: 1,
		Problems: []knowledge.Problem{{Line: 3, Field: "answer", Code: knowledge.CodeMissingValue, Message: "has no answer", Skipped: true}},
	}
	if err := s.Imports.UpdateImport(t.Context(), i, r); err != nil {
		t.Fatal(err)
	}
	i.Reports = append(i.Reports, r)
	open, err := s.Imports.OpenImports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "open imports", open, []knowledge.Import{i})

	i.State, i.Error, i.FinishedAt = knowledge.ImportFailed, "the model is away", start.Add(time.Minute)
	if err := s.Imports.UpdateImport(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Imports.Import(t.Context(), workspace, i.ID); err != nil {
		t.Fatal(err)
	}
	wantSame(t, "import at its end", got, i)
	if open, err = s.Imports.OpenImports(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("open imports = %+v, %v; want none", open, err)
	}
	_, err = s.Imports.Import(t.Context(), "other", i.ID)
	wantKind(t, "another workspace's import", err, fault.NotFound)
	i.ID = "nowhere"
	wantKind(t, "an update of no import", s.Imports.UpdateImport(t.Context(), i, r), fault.NotFound)
}

func testImportLists(t *testing.T, s KnowledgeStores) {
	var want []string
	for n := range 5 {
		i := upload(fmt.Sprint(n), start.Add(time.Duration(n/2)*time.Second))
		if err := s.Imports.AddImport(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		want = append([]string{fmt.Sprint(n)}, want...) // IDs made later sort later
	}
	var got []string
	var before time.Time
	var beforeID knowledge.ImportID
	for {
		p, err := s.Imports.Imports(t.Context(), workspace, before, beforeID, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) == 0 {
			break
		}
		for _, i := range p {
			got = append(got, i.Files[0].Name)
			if i.Reports != nil {
				t.Errorf("the list brings %d reports of import %s", len(i.Reports), i.ID)
			}
			before, beforeID = i.CreatedAt, i.ID
		}
	}
	wantSame(t, "imports", got, want)
}
