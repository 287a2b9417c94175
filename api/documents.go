package api

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Document is a page or an FAQ entry.
type Document struct {
	ID          string   `json:"id"`
	Kind        string   `json:"kind" enum:"page,entry"`
	Status      string   `json:"status" enum:"draft,published,deleted"`
	Version     int      `json:"version"`
	Path        string   `json:"path"`
	Source      string   `json:"source"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Language    string   `json:"language"`
	Audience    string   `json:"audience"`
	Tags        []string `json:"tags"`
	ValidFrom   *Time    `json:"valid_from,omitempty"`
	ValidUntil  *Time    `json:"valid_until,omitempty"`
	Text        string   `json:"text,omitempty" doc:"Of a page: the whole page as Markdown. Lists leave it out."`
	Question    string   `json:"question,omitempty"`
	Answer      string   `json:"answer,omitempty"`
	Paraphrases []string `json:"paraphrases,omitempty"`
	Negatives   []string `json:"negatives,omitempty"`
	Confirmed   []string `json:"confirmed,omitempty" doc:"Questions of visitors that somebody confirmed to be answered here."`
	CreatedAt   Time     `json:"created_at"`
	UpdatedAt   Time     `json:"updated_at"`
	UpdatedBy   string   `json:"updated_by" doc:"Name of the account, or ingest."`
}

// DocumentInput is what an editor writes.
type DocumentInput struct {
	Kind        string   `json:"kind,omitempty" enum:"page,entry" doc:"Of a new document; absent: page."`
	Title       string   `json:"title,omitempty" maxLength:"500"`
	URL         string   `json:"url,omitempty" maxLength:"2000"`
	Language    string   `json:"language,omitempty" enum:"en,zh" doc:"Absent: found out."`
	Audience    string   `json:"audience,omitempty" maxLength:"100"`
	Tags        []string `json:"tags,omitempty" maxItems:"50"`
	ValidFrom   *Time    `json:"valid_from,omitempty"`
	ValidUntil  *Time    `json:"valid_until,omitempty"`
	Text        string   `json:"text,omitempty" doc:"Of a page: Markdown with its headings."`
	Question    string   `json:"question,omitempty" maxLength:"2000"`
	Answer      string   `json:"answer,omitempty"`
	Paraphrases []string `json:"paraphrases,omitempty" maxItems:"200"`
	Negatives   []string `json:"negatives,omitempty" maxItems:"200"`
	Confirmed   []string `json:"confirmed,omitempty" maxItems:"200" doc:"Absent: as before."`
	Version     int      `json:"version,omitempty" minimum:"0" doc:"As read; needed to change a document: 409 when it is no longer the newest."`
	Despite     string   `json:"despite,omitempty" maxLength:"500" doc:"Why it is published although confirmed questions break; kept with the release."`
}

// Version is a line of a document's history.
type Version struct {
	Version   int    `json:"version"`
	Status    string `json:"status"`
	UpdatedAt Time   `json:"updated_at"`
	UpdatedBy string `json:"updated_by"`
	Title     string `json:"title"`
}

// versioned names the version that an editor saw.
type versioned struct {
	Version int    `json:"version,omitempty" minimum:"0" doc:"As the editor saw it; absent: whatever is newest."`
	Despite string `json:"despite,omitempty" maxLength:"500" doc:"As of a document that is written."`
}

// maxDocument bounds the body of a document: about a million characters.
const maxDocument = 4 << 20

func (s *Server) documentRoutes(g *registrar) {
	handle(g, "GET", "/documents", s.listDocuments)
	handle(g, "POST", "/documents", func(ctx context.Context, in *struct{ Body DocumentInput }) (*bodyOf[Document], error) {
		d := documentFrom(in.Body)
		if d.Kind == "" {
			d.Kind = knowledge.KindPage
		}
		return s.putDocument(ctx, d, 0, in.Body.Despite)
	}, status(http.StatusCreated), body(maxDocument))
	handle(g, "GET", "/documents/{id}", func(ctx context.Context, in *ByID) (*bodyOf[Document], error) {
		d, err := s.Library.Document(ctx, s.ws, knowledge.DocumentID(in.ID))
		if err != nil {
			return nil, err
		}
		return &bodyOf[Document]{s.documentOf(d, true)}, nil
	})
	handle(g, "PUT", "/documents/{id}", func(ctx context.Context, in *struct {
		ByID
		Body DocumentInput
	},
	) (*bodyOf[Document], error) {
		if in.Body.Version == 0 {
			return nil, fault.New(fault.Invalid, "The version is missing.").WithField("body.version", "send the version the document was read at")
		}
		old, err := s.Library.Document(ctx, s.ws, knowledge.DocumentID(in.ID))
		if err != nil {
			return nil, err
		}
		d := documentFrom(in.Body)
		if d.Kind != "" && d.Kind != old.Kind {
			return nil, fault.New(fault.Invalid, "A page cannot become an entry, nor an entry a page.").WithField("body.kind", "leave it out")
		}
		d.ID, d.Kind = old.ID, old.Kind
		return s.putDocument(ctx, d, in.Body.Version, in.Body.Despite)
	}, body(maxDocument))
	handle(g, "DELETE", "/documents/{id}", func(ctx context.Context, in *struct {
		ByID
		Version int    `query:"version" minimum:"0" doc:"As the editor saw it; absent: whatever is newest."`
		Despite string `query:"despite" maxLength:"500" doc:"As of a document that is written."`
	},
	) (*empty, error) {
		doc := knowledge.DocumentID(in.ID)
		expect, err := s.expected(ctx, doc, in.Version)
		if err != nil {
			return nil, err
		}
		return nil, s.Library.Delete(ctx, s.ws, doc, expect, s.editor(ctx), because(in.Despite)...)
	}, status(http.StatusNoContent))
	for path, to := range map[string]knowledge.Status{"publish": knowledge.StatusPublished, "unpublish": knowledge.StatusDraft} {
		handle(g, "POST", "/documents/{id}/"+path, func(ctx context.Context, in *struct {
			ByID
			Body *versioned
		},
		) (*bodyOf[Document], error) {
			seen, despite := 0, ""
			if in.Body != nil {
				seen, despite = in.Body.Version, in.Body.Despite
			}
			doc := knowledge.DocumentID(in.ID)
			expect, err := s.expected(ctx, doc, seen)
			if err != nil {
				return nil, err
			}
			d, err := s.Library.SetStatus(ctx, s.ws, doc, expect, to, s.editor(ctx), because(despite)...)
			if err != nil {
				return nil, err
			}
			return &bodyOf[Document]{s.documentOf(d, true)}, nil
		})
	}
	handle(g, "GET", "/documents/{id}/versions", s.listVersions)
	handle(g, "GET", "/documents/{id}/versions/{version}", func(ctx context.Context, in *struct {
		ByID
		Version int `path:"version" minimum:"1"`
	},
	) (*bodyOf[Document], error) {
		rows, err := s.Library.Versions(ctx, s.ws, knowledge.DocumentID(in.ID), in.Version+1, 1)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 || rows[0].Version != in.Version {
			return nil, fault.New(fault.NotFound, "There is no such version.")
		}
		return &bodyOf[Document]{s.documentOf(rows[0], true)}, nil
	})
	handle(g, "POST", "/documents/{id}/restore", func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Version int    `json:"version" minimum:"1" doc:"To restore."`
			Seen    int    `json:"seen,omitempty" minimum:"0" doc:"Newest version as the editor saw it; absent: whatever is newest."`
			Despite string `json:"despite,omitempty" maxLength:"500" doc:"As of a document that is written."`
		}
	},
	) (*bodyOf[Document], error) {
		doc := knowledge.DocumentID(in.ID)
		expect, err := s.expected(ctx, doc, in.Body.Seen)
		if err != nil {
			return nil, err
		}
		d, err := s.Library.Restore(ctx, s.ws, doc, expect, in.Body.Version, s.editor(ctx), because(in.Body.Despite)...)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Document]{s.documentOf(d, true)}, nil
	})
}

// editor is how changes of the caller are signed.
func (s *Server) editor(ctx context.Context) string { return string(callOf(ctx).agentID()) }

// expected returns the version that a change must find: the one the editor saw,
// or the newest when they did not say.
func (s *Server) expected(ctx context.Context, doc knowledge.DocumentID, seen int) (int, error) {
	if seen > 0 {
		return seen, nil
	}
	d, err := s.Library.Document(ctx, s.ws, doc)
	return d.Version, err
}

func (s *Server) putDocument(ctx context.Context, d knowledge.Document, expect int, despite string) (*bodyOf[Document], error) {
	d.Workspace, d.UpdatedBy = s.ws, s.editor(ctx)
	d, err := s.Library.Put(ctx, d, expect, because(despite)...)
	if err != nil {
		return nil, err
	}
	return &bodyOf[Document]{s.documentOf(d, true)}, nil
}

type documentsIn struct {
	Paging
	Status   string `query:"status" enum:"draft,published,deleted,all" default:"all" doc:"all: drafts and published ones."`
	Kind     string `query:"kind" enum:"page,entry"`
	Language string `query:"language" enum:"en,zh"`
	Text     string `query:"text" maxLength:"200" doc:"Part of title or path."`
}

func (s *Server) listDocuments(ctx context.Context, in *documentsIn) (*bodyOf[list[Document]], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	q := knowledge.DocumentQuery{
		Workspace: s.ws, Kind: knowledge.Kind(in.Kind), Language: in.Language, Text: in.Text,
		Before: m.time(), BeforeID: knowledge.DocumentID(m.ID), Limit: min(in.Limit+1, maxPage),
	}
	if in.Status != "all" {
		q.Statuses = []knowledge.Status{knowledge.Status(in.Status)}
	}
	rows, err := s.Library.Documents(ctx, q)
	if err != nil {
		return nil, err
	}
	return &bodyOf[list[Document]]{pageOf(rows, q.Limit-1,
		func(d knowledge.Document) mark { return mark{At: d.UpdatedAt.UnixMicro(), ID: string(d.ID)} },
		func(d knowledge.Document) Document { return s.documentOf(d, false) })}, nil
}

func (s *Server) listVersions(ctx context.Context, in *struct {
	ByID
	Paging
},
) (*bodyOf[list[Version]], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	limit := min(in.Limit, maxPage-1)
	rows, err := s.Library.Versions(ctx, s.ws, knowledge.DocumentID(in.ID), int(m.At), limit+1)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && m.At == 0 {
		return nil, fault.New(fault.NotFound, "There is no such document.")
	}
	return &bodyOf[list[Version]]{pageOf(rows, limit,
		func(d knowledge.Document) mark { return mark{At: int64(d.Version)} },
		func(d knowledge.Document) Version {
			title := d.Title
			if d.Kind == knowledge.KindEntry {
				title = d.Question
			}
			return Version{d.Version, string(d.Status), Time{d.UpdatedAt}, s.nameOf(d.UpdatedBy), title}
		})}, nil
}

// nameOf returns what an account is called; other signatures are as they are.
func (s *Server) nameOf(by string) string {
	if len(by) != 36 {
		return by
	}
	if name := s.names.agent(s.ws, bot.AgentID(by)); name != "" {
		return name
	}
	return by
}

func (s *Server) documentOf(d knowledge.Document, whole bool) Document {
	out := Document{
		ID: string(d.ID), Kind: string(d.Kind), Status: string(d.Status), Version: d.Version, Path: d.Path, Source: d.Source,
		Title: d.Title, URL: d.URL, Language: d.Language, Audience: d.Audience, Tags: some(d.Tags), ValidFrom: timeOf(d.ValidFrom),
		ValidUntil: timeOf(d.ValidUntil), Question: d.Question, Answer: d.Answer, Paraphrases: d.Paraphrases, Negatives: d.Negatives, Confirmed: d.Confirmed,
		CreatedAt: Time{d.CreatedAt}, UpdatedAt: Time{d.UpdatedAt}, UpdatedBy: s.nameOf(d.UpdatedBy),
	}
	if whole {
		out.Text = knowledge.Markdown(d.Sections)
	}
	return out
}

func documentFrom(b DocumentInput) knowledge.Document {
	at := func(t *Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return t.Time
	}
	d := knowledge.Document{
		Kind: knowledge.Kind(b.Kind), Title: b.Title, URL: b.URL, Language: b.Language, Audience: b.Audience, Tags: b.Tags,
		ValidFrom: at(b.ValidFrom), ValidUntil: at(b.ValidUntil), Question: b.Question, Answer: b.Answer,
		Paraphrases: b.Paraphrases, Negatives: b.Negatives, Confirmed: b.Confirmed,
	}
	if b.Text != "" {
		d.Sections = knowledge.Sections(b.Text)
	}
	return d
}
