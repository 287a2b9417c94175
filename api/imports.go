package api

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Imports reads uploaded files into the knowledge base in the background;
// knowledge.Imports has it.
type Imports interface {
	// Start keeps the files that next returns, until io.EOF, and queues their import.
	Start(ctx context.Context, n knowledge.NewImport, next func() (name string, content io.Reader, err error)) (knowledge.Import, error)
	// Get returns one import with its reports. Error: NotFound.
	Get(ctx context.Context, ws bot.WorkspaceID, imp knowledge.ImportID) (knowledge.Import, error)
	// List returns imports without reports, newest first, after (before, beforeID).
	List(ctx context.Context, ws bot.WorkspaceID, before time.Time, beforeID knowledge.ImportID, limit int) ([]knowledge.Import, error)
}

var _ Imports = (*knowledge.Imports)(nil)

// Import is one upload of files.
type Import struct {
	ID         string       `json:"id"`
	State      string       `json:"state" enum:"queued,running,done,failed"`
	CreatedAt  Time         `json:"created_at"`
	FinishedAt *Time        `json:"finished_at,omitempty"`
	By         string       `json:"by"`
	Detail     string       `json:"detail,omitempty" doc:"Why it failed."`
	Files      []ImportFile `json:"files"`
}

// ImportFile is what became of one file. An archive gives one for each file in it.
type ImportFile struct {
	Name      string          `json:"name"`
	Size      int64           `json:"size" doc:"Bytes; 0 for a file in an archive."`
	State     string          `json:"state" enum:"queued,running,done,unchanged,failed"`
	Progress  float64         `json:"progress" minimum:"0" maximum:"1"`
	Code      string          `json:"code,omitempty"`
	Detail    string          `json:"detail,omitempty" doc:"Why the file failed."`
	Documents int             `json:"documents" doc:"That the file has."`
	Created   int             `json:"created"`
	Updated   int             `json:"updated"`
	Unchanged int             `json:"unchanged"`
	Removed   int             `json:"removed"`
	Skipped   int             `json:"skipped" doc:"Rows that were not taken."`
	Problems  []ImportProblem `json:"problems"`
}

// ImportProblem is one thing wrong in a file.
type ImportProblem struct {
	Row     int    `json:"row,omitempty"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Skipped bool   `json:"skipped,omitempty" doc:"The row was not taken."`
}

type importIn struct {
	RawBody multipart.Form
}

// maxImportFiles bounds the files of one upload; an archive counts as one.
const maxImportFiles = 500

func (s *Server) importRoutes(g *registrar) {
	handle(g, "POST", "/imports", s.startImport, status(http.StatusAccepted), multipartOf("file", "Files: Markdown, HTML, text, CSV, XLSX, PDF, DOCX, or archives of these.", true),
		s.limitBody(s.opts.ImportBytes))
	handle(g, "GET", "/imports", func(ctx context.Context, in *Paging) (*bodyOf[list[Import]], error) {
		if s.Imports == nil {
			return nil, missing("Importing files")
		}
		m, err := in.mark()
		if err != nil {
			return nil, err
		}
		limit := min(in.Limit, maxPage-1)
		rows, err := s.Imports.List(ctx, s.ws, m.time(), knowledge.ImportID(m.ID), limit+1)
		if err != nil {
			return nil, err
		}
		return &bodyOf[list[Import]]{pageOf(rows, limit,
			func(i knowledge.Import) mark { return mark{At: i.CreatedAt.UnixMicro(), ID: string(i.ID)} }, s.importOf)}, nil
	})
	handle(g, "GET", "/imports/{id}", func(ctx context.Context, in *ByID) (*bodyOf[Import], error) {
		if s.Imports == nil {
			return nil, missing("Importing files")
		}
		i, err := s.Imports.Get(ctx, s.ws, knowledge.ImportID(in.ID))
		if err != nil {
			return nil, err
		}
		return &bodyOf[Import]{s.importOf(i)}, nil
	})
}

// startImport takes the files of a form. The field status may be draft, for
// documents that are new; audience is for those that name none; despite is why files
// are taken although confirmed questions break by them.
func (s *Server) startImport(ctx context.Context, in *importIn) (*bodyOf[Import], error) {
	defer in.RawBody.RemoveAll() //nolint:errcheck // temporary files; the system's cleaner takes what stays
	if s.Imports == nil {
		return nil, missing("Importing files")
	}
	var heads []*multipart.FileHeader
	for _, field := range []string{"file", "files"} {
		heads = append(heads, in.RawBody.File[field]...)
	}
	if len(heads) == 0 || len(heads) > maxImportFiles {
		return nil, fault.New(fault.Invalid, "Send 1 to %d files.", maxImportFiles).WithField("file", "is missing, or there are too many")
	}
	st := knowledge.StatusPublished
	switch v := first(in.RawBody.Value["status"]); v {
	case "", string(knowledge.StatusPublished):
	case string(knowledge.StatusDraft):
		st = knowledge.StatusDraft
	default:
		return nil, fault.New(fault.Invalid, "New documents are draft or published.").WithField("status", "use draft or published")
	}
	var open io.Closer
	defer func() {
		if open != nil {
			open.Close()
		}
	}()
	i, err := s.Imports.Start(ctx, knowledge.NewImport{
		Workspace: s.ws, Status: st, Audience: first(in.RawBody.Value["audience"]), By: s.editor(ctx),
		Despite: knowledge.Despite(first(in.RawBody.Value["despite"])),
	}, func() (string, io.Reader, error) {
		if open != nil {
			open.Close()
			open = nil
		}
		if len(heads) == 0 {
			return "", nil, io.EOF
		}
		h := heads[0]
		heads = heads[1:]
		f, err := h.Open()
		if err != nil {
			return "", nil, fault.Wrap(fault.Unavailable, err, "The file %s cannot be read. Send it again.", h.Filename)
		}
		open = f
		return nameOfPart(h), f, nil
	})
	if err != nil {
		return nil, err
	}
	if s.Wake != nil {
		s.Wake()
	}
	return &bodyOf[Import]{s.importOf(i)}, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// nameOfPart returns a file's name with its folders, which a browser sends for a
// dropped folder and FileHeader.Filename leaves out. What leads out of them is
// refused where files are taken in.
func nameOfPart(h *multipart.FileHeader) string {
	if _, params, err := mime.ParseMediaType(h.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return h.Filename
}

// importOf returns an import with a line for every file: those that have a
// report, then those that wait.
func (s *Server) importOf(i knowledge.Import) Import {
	out := Import{
		ID: string(i.ID), State: string(i.State), CreatedAt: Time{i.CreatedAt}, FinishedAt: timeOf(i.FinishedAt),
		By: s.nameOf(i.CreatedBy), Detail: i.Error, Files: []ImportFile{},
	}
	sizes := make(map[string]int64)
	for _, f := range i.Files {
		sizes[f.Name] = f.Size
	}
	reported := make(map[string]bool)
	for _, r := range i.Reports {
		reported[r.Name] = true
		out.Files = append(out.Files, reportOf(r, sizes[r.Name]))
		for _, f := range i.Files {
			if strings.HasPrefix(r.Name, f.Name+"/") {
				reported[f.Name] = true // an archive speaks through its files
			}
		}
	}
	waiting := string(i.State)
	if i.State == knowledge.ImportDone {
		waiting = string(knowledge.ImportFailed)
	}
	for _, f := range i.Files {
		if !reported[f.Name] {
			out.Files = append(out.Files, ImportFile{Name: f.Name, Size: f.Size, State: waiting, Problems: []ImportProblem{}})
			if waiting == string(knowledge.ImportRunning) {
				waiting = string(knowledge.ImportQueued) // files are read one after the other
			}
		}
	}
	return out
}

func reportOf(r knowledge.FileReport, size int64) ImportFile {
	out := ImportFile{
		Name: r.Name, Size: size, State: "done", Progress: 1, Code: string(r.Code), Detail: r.Message,
		Documents: r.Added + r.Changed + r.Unchanged, Created: r.Added, Updated: r.Changed, Unchanged: r.Unchanged, Removed: r.Removed,
		Skipped: r.Skipped, Problems: []ImportProblem{},
	}
	switch {
	case r.Code != knowledge.CodeOK:
		out.State = "failed"
	case r.Added+r.Changed+r.Removed == 0:
		out.State = "unchanged"
	}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, ImportProblem{p.Line, p.Field, string(p.Code), p.Message, p.Skipped})
	}
	return out
}
