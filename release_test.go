package frontdesk

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// TestWithFindsWhatAPublishWouldFind: what the gate sees before a change is what
// visitors find after it, to the last digit, wherever vectors are searched.
func TestWithFindsWhatAPublishWouldFind(t *testing.T) {
	e, err := newEncoder(t.Context(), EmbeddingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	e.embedder = &once{e.embedder, map[string][]float32{}, map[string][]float32{}}
	now := func() time.Time { return time.UnixMicro(1_700_000_000_000_000).UTC() }
	asked := ferries.questions(t)
	find := func(t *testing.T, index *knowledge.Local) (out [][]knowledge.Candidate) {
		t.Helper()
		for _, q := range asked {
			r, err := index.Search(t.Context(), knowledge.Query{Workspace: id.DefaultWorkspace, Text: q.Text, Language: q.Language, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r.Candidates)
		}
		return out
	}
	for _, g := range engines(t, e, now) {
		t.Run(g.name, func(t *testing.T) {
			l, index := g.library(t, e, now)
			ferries.put(t, l)
			timetable := knowledge.Document{
				Workspace: id.DefaultWorkspace, Kind: knowledge.KindPage, Status: knowledge.StatusPublished, Language: "en", Title: "Timetable and quays",
				Sections: knowledge.Sections("Boats leave every half hour.\n\n## Quays\n\nQuay two is behind the fish hall.\n\n## Winter\n\nFrom November on the last boat leaves at six."),
			}
			if _, err := l.Put(t.Context(), timetable, 0); err != nil {
				t.Fatal(err)
			}
			var seen [][]knowledge.Candidate // by the judge
			l = knowledge.NewLibrary(g.docs, e, index, now, nil, &knowledge.Options{
				Cutter: knowledge.Cutter{Tokens: e.count}, Extractor: extract.Local{},
				Judge: func(_ context.Context, r knowledge.Release) error {
					seen = find(t, index.With(r.Workspace, r.Changes))
					return nil
				},
			})
			rows, err := l.Documents(t.Context(), knowledge.DocumentQuery{Workspace: id.DefaultWorkspace, Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			whole := func(kind knowledge.Kind) knowledge.Document {
				for _, d := range rows {
					if d.Kind == kind && d.Language == "en" {
						if d, err = l.Document(t.Context(), d.Workspace, d.ID); err != nil {
							t.Fatal(err)
						}
						return d
					}
				}
				t.Fatalf("the ferries have no %s", kind)
				return knowledge.Document{}
			}
			page, entry := whole(knowledge.KindPage), whole(knowledge.KindEntry)
			start := find(t, index)
			for _, change := range []struct {
				name string
				do   func() error
			}{
				{"a confirmed question", func() error {
					_, err := l.Confirm(t.Context(), page.Workspace, page.ID, page.Version, asked[0].Text, "ann")
					return err
				}},
				{"an edit", func() error {
					d := entry
					d.Answer, d.Question = "Bicycles cross for free on weekdays.", "What do bicycles cost?"
					_, err := l.Put(t.Context(), d, d.Version)
					return err
				}},
				{"a new page", func() error {
					_, err := l.Put(t.Context(), knowledge.Document{
						Workspace: id.DefaultWorkspace, Kind: knowledge.KindPage, Status: knowledge.StatusPublished, Language: "en",
						Title: "Dogs on board", Sections: knowledge.Sections("Dogs travel on deck, on a lead.\n\n## Fares\n\nA dog costs two pounds."),
					}, 0)
					return err
				}},
				{"an unpublished entry", func() error {
					_, err := l.SetStatus(t.Context(), entry.Workspace, entry.ID, entry.Version+1, knowledge.StatusDraft, "ann")
					return err
				}},
				{"a deleted page", func() error {
					return l.Delete(t.Context(), page.Workspace, page.ID, page.Version+1, "ann")
				}},
			} {
				seen = nil
				if err := change.do(); err != nil {
					t.Fatalf("%s: %v", change.name, err)
				}
				got := find(t, index)
				if d := cmp.Diff(seen, got); d != "" {
					t.Errorf("%s (-judged +live):\n%.3000s", change.name, d)
				}
				if cmp.Equal(start, got) {
					t.Errorf("%s changed no answer: the test shows nothing", change.name)
				}
				start = got
			}
		})
	}
}

// A wall for the whole program: an edit that breaks a confirmed question is stopped,
// told, and goes through once it is mended, or with a reason that is kept.
func TestReleaseGate(t *testing.T) {
	app := openTestApp(t)
	ctx := t.Context()
	fees := entryOf(t, app, "What does a replacement card cost?", "A replacement card costs 12 dollars.")
	entryOf(t, app, "When does the library open?", "The library opens at nine on weekdays.")
	addCheck(t, app, "how much is a new card", fees.ID)
	addCheck(t, app, "who won the cup final last night", "")
	run, err := app.Check(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range run.Lines {
		if !l.Last.Right {
			t.Fatalf("%q is not right from the start: %+v", l.Question, l.Last)
		}
	}

	broken := fees
	broken.Question, broken.Answer = "Where can I lock my bicycle?", "There are bicycle stands at the back door."
	_, err = app.library.Put(ctx, broken, fees.Version)
	v := stoppedBy(t, err)
	if len(v.Broken) != 1 || v.Broken[0].Question != "how much is a new card" || !strings.Contains(v.Broken[0].Before.Answer, "12 dollars") || v.Broken[0].After.Right {
		t.Errorf("the verdict: %+v", v)
	}
	if d, err := app.library.Document(ctx, fees.Workspace, fees.ID); err != nil || d.Version != fees.Version {
		t.Errorf("a stopped edit left version %d, %v", d.Version, err)
	}
	stoppedBy(t, app.library.Delete(ctx, fees.Workspace, fees.ID, fees.Version, "ann"))
	_, err = app.library.SetStatus(ctx, fees.Workspace, fees.ID, fees.Version, knowledge.StatusDraft, "ann")
	stoppedBy(t, err)

	mended := fees
	mended.Answer = "A replacement card costs 15 dollars from May on."
	if fees, err = app.library.Put(ctx, mended, fees.Version); err != nil {
		t.Fatalf("an edit that breaks nothing: %v", err)
	}
	if err := app.library.Delete(ctx, fees.Workspace, fees.ID, fees.Version, "ann", "cards are gone"); err != nil {
		t.Fatalf("with a reason: %v", err)
	}
	all, err := app.db.training.Releases(ctx, id.DefaultWorkspace, 10)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, r := range all {
		states = append(states, string(r.State)+" "+r.Despite)
	}
	if d := cmp.Diff([]string{"despite cards are gone", "stopped ", "stopped ", "stopped "}, states); d != "" {
		t.Errorf("what is kept (-want +got):\n%s", d)
	}
	run, err = app.Check(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	if b := run.Broken(); len(b) != 1 || b[0].Question != "how much is a new card" {
		t.Errorf("the next check: %+v", b)
	}
}

// What must not be answered is guarded too: an entry that answers it is stopped.
func TestReleaseGateGuardsWhatIsNotOurs(t *testing.T) {
	app := openTestApp(t)
	entryOf(t, app, "When does the library open?", "The library opens at nine on weekdays.")
	addCheck(t, app, "who won the cup final last night", "")
	_, err := app.library.Put(t.Context(), entryDoc("Who won the cup final last night?", "The Rovers won the final."), 0)
	v := stoppedBy(t, err)
	if len(v.Broken) != 1 || v.Broken[0].After.Title != "Who won the cup final last night?" {
		t.Errorf("the verdict: %+v", v)
	}
}

// A gate that cannot judge lets nothing through and says so.
func TestReleaseGateThatFails(t *testing.T) {
	app := openTestApp(t)
	fees := entryOf(t, app, "What does a replacement card cost?", "A replacement card costs 12 dollars.")
	addCheck(t, app, "how much is a new card", fees.ID)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := app.judgeKnowledge(ctx, knowledge.Release{Workspace: id.DefaultWorkspace, Changes: []knowledge.Revision{{Document: fees}}}); err == nil {
		t.Error("a judgement that was cancelled let the change through")
	}
}

func TestImportBehindTheGate(t *testing.T) {
	app := openTestApp(t)
	ctx := t.Context()
	first := "question,answer\nWhat does a replacement card cost?,A replacement card costs 12 dollars.\nWhen do you open?,We open at nine on weekdays.\n"
	second := "question,answer\nWhen do you open?,We open at ten on weekdays.\n"
	read := func(csv string, gated bool) []knowledge.FileReport {
		t.Helper()
		return importCSV(t, app, csv, gated)
	}
	if r := read(first, true); r[0].Added != 2 {
		t.Fatalf("the first import: %+v", r)
	}
	docs, err := app.library.Documents(ctx, knowledge.DocumentQuery{Workspace: id.DefaultWorkspace, Text: "replacement card"})
	if err != nil || len(docs) != 1 {
		t.Fatalf("%+v, %v", docs, err)
	}
	card := docs[0]
	if _, err := app.library.Confirm(ctx, card.Workspace, card.ID, card.Version, "i lost it and need a new one", "ann"); err != nil {
		t.Fatal(err)
	}
	addCheck(t, app, "i lost it and need a new one", card.ID)

	r := read(second, true)
	if r[0].Code != knowledge.CodeStopped || len(r[0].Problems) == 0 || r[0].Changed+r[0].Removed != 0 {
		t.Errorf("a table without the row that answers: %+v", r)
	}
	// The same row with another answer keeps what was learned from use.
	if r = read(strings.Replace(first, "12 dollars", "15 dollars", 1), true); r[0].Changed != 1 {
		t.Errorf("another price: %+v", r)
	}
	if card, err = app.library.Document(ctx, card.Workspace, card.ID); err != nil || len(card.Confirmed) != 1 {
		t.Errorf("after an import the confirmed questions are %q, %v", card.Confirmed, err)
	}
	if r = read(second, false); r[0].Removed != 1 { // the command line tells afterwards
		t.Errorf("without the gate: %+v", r)
	}
}

// BenchmarkGate judges an edit of a library of 1,000 entries against 500 confirmed
// questions: cold, with their embeddings to be made, and warm.
func BenchmarkGate(b *testing.B) {
	c := Defaults()
	c.Storage.Dir = b.TempDir()
	app, err := Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	defer app.Close()
	var docs []knowledge.Document
	for i := range 1000 {
		d, err := app.library.Put(b.Context(), entryDoc(fmt.Sprintf("Where is shelf number %d of the archive?", i), fmt.Sprintf("Shelf %d is on floor %d.", i, i%9)), 0)
		if err != nil {
			b.Fatal(err)
		}
		docs = append(docs, d)
	}
	for i := range 500 {
		q := training.Check{Workspace: id.DefaultWorkspace, Question: fmt.Sprintf("could you tell me where to find shelf %d please", i), Document: docs[i].ID}
		if _, err := app.checks.Add(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	release := knowledge.Release{Workspace: id.DefaultWorkspace, Despite: "a benchmark", Changes: []knowledge.Revision{{Document: docs[999]}}}
	start := time.Now()
	if err := app.judgeKnowledge(b.Context(), release); err != nil {
		b.Fatal(err)
	}
	cold := time.Since(start)
	for b.Loop() {
		if err := app.judgeKnowledge(b.Context(), release); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(cold.Seconds(), "cold-s")
}
