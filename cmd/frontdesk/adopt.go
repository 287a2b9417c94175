package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/foreign"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// adopted are files to be ingested, those of other chatbots' projects replaced by a
// table of their entries.
type adopted struct {
	files   []knowledge.File
	reports []knowledge.FileReport // on the files that were replaced
	dir     string                 // of the table, to be removed
}

func (a adopted) close() { os.RemoveAll(a.dir) }

// adopt replaces files of other chatbots' projects.
func adopt(ctx context.Context, files []knowledge.File) (adopted, error) {
	projects, others := foreign.Split(files)
	a := adopted{files: others}
	if len(projects) == 0 {
		return a, nil
	}
	b, err := foreign.Read(ctx, projects)
	if err != nil {
		return a, err
	}
	for _, f := range b.Files {
		a.reports = append(a.reports, adoptedReport(f))
	}
	tables, dir, err := tableOf(ctx, b, projects[0].Name)
	a.files, a.dir = append(a.files, tables...), dir
	return a, err
}

// adoptedReport says what became of one file of a project.
func adoptedReport(f foreign.File) knowledge.FileReport {
	r := knowledge.FileReport{Name: f.Name, Code: knowledge.CodeOK}
	switch {
	case f.Problem != "":
		r.Code, r.Message = knowledge.CodeBroken, f.Problem
	case f.Format == foreign.FormatUnknown:
		r.Code, r.Message = knowledge.CodeUnsupported, f.Notes[0].What
		return r
	case f.Entries == 0:
		r.Code, r.Message = knowledge.CodeEmpty, "no questions with answers of its own"
		if f.Examples > 0 {
			r.Message += fmt.Sprintf("; `frontdesk train` takes its %d examples of intents", f.Examples)
		}
	}
	for _, n := range f.Notes {
		r.Problems = append(r.Problems, knowledge.Problem{Line: n.Line, Code: knowledge.CodeRow, Message: n.What})
	}
	return r
}

// tableOf writes the entries of a bundle as a table into a folder of its own, under
// a name that stays the same from one import to the next.
func tableOf(ctx context.Context, b *foreign.Bundle, first string) ([]knowledge.File, string, error) {
	if len(b.Entries) == 0 {
		return nil, "", nil
	}
	dir, err := os.MkdirTemp("", "frontdesk-import-")
	if err != nil {
		return nil, "", fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
	}
	names, err := (&foreign.Bundle{Entries: b.Entries}).Write(ctx, dir)
	if err != nil {
		return nil, dir, err
	}
	project, _, inFolder := strings.Cut(first, "/")
	if !inFolder {
		project = strings.TrimSuffix(project, path.Ext(project))
	}
	var files []knowledge.File
	for _, n := range names {
		files = append(files, knowledge.File{Name: project + "/" + n, Path: filepath.Join(dir, n)})
	}
	return files, dir, nil
}
