package frontdesk

import (
	"context"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/internal/demo"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Files lists the files behind paths, folders with everything in them, in the
// order given and by name within a folder. A folder's files keep its last name
// before theirs ("en/help/returns.md" for a folder ".../en"), so that a language
// folder is recognised. Error: Invalid.
func Files(paths []string) ([]knowledge.File, error) {
	var out []knowledge.File
	for _, p := range paths {
		files, err := extract.Folder(p, extract.Limits{})
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The path %s cannot be read", p)
		}
		out = append(out, files...)
	}
	return out, nil
}

// Import reads files into the knowledge base now and calls report with what
// became of each. Content that is there already is left alone. status is of
// documents that are new, audience of those that name none. Errors: of report,
// of the store, or ctx's; what is wrong with a file is in its report. Confirmed
// questions that break stop nothing: Check tells of them.
func (a *App) Import(ctx context.Context, files []knowledge.File, status knowledge.Status, audience string, report func(knowledge.FileReport) error) error {
	return a.library.Import(ctx, knowledge.Upload{Workspace: id.DefaultWorkspace, Files: files, Status: status, Audience: audience, Unjudged: true}, report)
}

// ImportGated is Import behind the release gate: a file by which confirmed questions
// break is not taken, and its report says which.
func (a *App) ImportGated(ctx context.Context, files []knowledge.File, status knowledge.Status, audience string, report func(knowledge.FileReport) error) error {
	return a.library.Import(ctx, knowledge.Upload{Workspace: id.DefaultWorkspace, Files: files, Status: status, Audience: audience}, report)
}

// loadDemo imports the sample shop's content. Content of an earlier start is left alone.
func (a *App) loadDemo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "frontdesk-demo-")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The sample content cannot be unpacked")
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, demo.Content()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The sample content cannot be unpacked")
	}
	files, err := Files([]string{filepath.Join(dir, "en"), filepath.Join(dir, "zh")})
	if err != nil {
		return err
	}
	return a.Import(ctx, files, knowledge.StatusPublished, "", func(r knowledge.FileReport) error {
		if r.Code != knowledge.CodeOK {
			return fault.New(fault.Internal, "The sample file %s is not readable: %s", r.Name, r.Message)
		}
		return nil
	})
}

// AddDocument stores a document and makes it searchable. Errors: Invalid;
// Conflict when another one has its path.
func (a *App) AddDocument(ctx context.Context, d knowledge.Document) error {
	d.Workspace = id.DefaultWorkspace
	_, err := a.library.Put(ctx, d, 0)
	return err
}
