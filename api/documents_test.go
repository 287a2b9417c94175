package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/api"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestDocumentsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	e := w.console(account.RoleEditor)
	v := w.visitor()
	text := "# Returns\n\nSend goods back.\n\n## Abroad\n\nWithin 60 days."
	var d, again api.Document
	e.do("POST", "/documents", map[string]any{"title": "Returns", "text": text}).want(t, 201).into(t, &d)
	if d.Kind != "page" || d.Status != "draft" || d.Version != 1 || d.UpdatedBy != "Lin" || d.Language != "en" {
		t.Errorf("made %+v", d)
	}
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 404)
	e.do("POST", "/documents/"+d.ID+"/publish", nil).want(t, 200)
	var seen api.VisitorDocument
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 200).into(t, &seen)
	if seen.Title != "Returns" || !strings.Contains(seen.Text, "Within 60 days.") {
		t.Errorf("visitor reads %+v", seen)
	}
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Returns", "text": text + "\n\nAlways.", "version": 1}).want(t, 200).into(t, &again)
	if again.Version != 2 || again.Status != "published" {
		t.Errorf("changed %+v", again)
	}
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "Old", "text": text, "version": 1}).want(t, 409)
	e.do("PUT", "/documents/"+d.ID, map[string]any{"title": "None", "text": text}).want(t, 422)
	var versions struct{ Items []api.Version }
	e.do("GET", "/documents/"+d.ID+"/versions", nil).want(t, 200).into(t, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Version != 2 {
		t.Errorf("versions %+v", versions)
	}
	e.do("GET", "/documents/"+d.ID+"/versions/1", nil).want(t, 200).into(t, &again)
	if strings.Contains(again.Text, "Always") {
		t.Errorf("version 1 reads %q", again.Text)
	}
	e.do("POST", "/documents/"+d.ID+"/restore", map[string]any{"version": 1}).want(t, 200).into(t, &again)
	if again.Version != 3 || strings.Contains(again.Text, "Always") {
		t.Errorf("restored %+v", again)
	}
	for i := range 5 {
		e.do("POST", "/documents", map[string]any{"kind": "entry", "question": fmt.Sprintf("What is %d?", i), "answer": "That.", "tags": []string{"start"}}).want(t, 201).into(t, &again)
		e.do("POST", "/documents/"+again.ID+"/publish", map[string]any{"version": again.Version}).want(t, 200)
	}
	var ids []string
	for next := ""; ; {
		var page struct {
			Items []api.Document
			Next  string
		}
		e.do("GET", "/documents?limit=4&cursor="+next, nil).want(t, 200).into(t, &page)
		for _, p := range page.Items {
			ids = append(ids, p.ID)
			if p.Text != "" {
				t.Error("the list carries whole texts")
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(ids) != 6 {
		t.Errorf("paged through %d documents, want 6", len(ids))
	}
	var s api.Suggestions
	v.do("GET", "/visitor/suggestions?language=en", nil).want(t, 200).into(t, &s)
	if len(s.Questions) != 3 {
		t.Errorf("suggestions %v", s.Questions)
	}
	e.do("DELETE", "/documents/"+d.ID, nil).want(t, 204)
	v.do("GET", "/visitor/documents/"+d.ID, nil).want(t, 404)
	var tr api.Trace
	e.do("POST", "/ask", map[string]any{"text": "What is the return period?", "context": []map[string]string{{"by": "visitor", "text": "Hi"}, {"by": "bot", "text": "Hello"}}}).want(t, 200).into(t, &tr)
	if tr.Decision != "answer" || tr.Answer == "" || tr.Event != "" {
		t.Errorf("ask %+v", tr)
	}
}

func TestImportsOverHTTP(t *testing.T) {
	w := newWorld(t, setup{})
	e := w.console(account.RoleEditor)
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, f := range []struct{ name, data string }{
		{"faq.csv", "question,answer\nWhen do you open?,At nine.\nNo answer here,\n"},
		{"help/returns.md", "# Returns\n\nWithin 30 days."},
		{"../../evil.md", "# Evil"},
		{"empty.txt", ""},
	} {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, f.name)}}
		part, err := m.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		part.Write([]byte(f.data))
	}
	if err := m.WriteField("status", "draft"); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	with := *e
	with.header = http.Header{"Content-Type": {m.FormDataContentType()}}
	var imp api.Import
	with.do("POST", "/imports", bytes.NewReader(b.Bytes())).want(t, 202).into(t, &imp)
	if imp.State != "queued" || imp.By != "Lin" || len(imp.Files) != 4 || w.woken.Load() != 1 {
		t.Fatalf("accepted %+v, told %d times", imp, w.woken.Load())
	}
	if err := w.imports.Work(t.Context(), ws, knowledge.ImportID(imp.ID)); err != nil {
		t.Fatal(err)
	}
	e.do("GET", "/imports/"+imp.ID, nil).want(t, 200).into(t, &imp)
	states := map[string]string{}
	for _, f := range imp.Files {
		states[f.Name] = f.State
		if f.Name == "faq.csv" && (f.Created != 1 || f.Skipped != 1 || len(f.Problems) == 0 || f.Problems[0].Row == 0) {
			t.Errorf("table %+v", f)
		}
		if f.State == "failed" && f.Detail == "" {
			t.Errorf("%s failed without a reason", f.Name)
		}
	}
	if imp.State != "done" || states["faq.csv"] != "done" || states["help/returns.md"] != "done" || states["empty.txt"] != "failed" || len(states) != 4 {
		t.Errorf("import %s, files %v", imp.State, states)
	}
	var drafts struct{ Items []api.Document }
	e.do("GET", "/documents?status=draft", nil).want(t, 200).into(t, &drafts)
	if len(drafts.Items) != 2 {
		t.Errorf("%d drafts, want 2", len(drafts.Items))
	}
	var all struct{ Items []api.Import }
	e.do("GET", "/imports", nil).want(t, 200).into(t, &all)
	if len(all.Items) != 1 || all.Items[0].ID != imp.ID {
		t.Errorf("imports %+v", all)
	}
}
