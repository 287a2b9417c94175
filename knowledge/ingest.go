package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Upload is what Import works on.
type Upload struct {
	Workspace id.Workspace
	Files     []File
	Status    Status          // of documents that are new; "": published. Old ones keep theirs
	Audience  string          // of documents that name none
	Done      map[string]bool // names of files that an interrupted run has finished: they are read but not reported again
	By        string          // who uploads, for the judge; "": "ingest"
	Despite   Despite         // for the judge
	Unjudged  bool            // the judge is not asked
}

// FileReport is what became of one file.
type FileReport struct {
	Name     string
	Code     Code
	Message  string // for people, when Code is not CodeOK
	Problems []Problem

	Added, Changed, Unchanged, Removed int // documents
	Skipped                            int // rows that were not taken
}

// Import reads files and brings the documents that came from them up to date: new
// ones are added, changed ones get a version, those that are as they were are left
// alone, and rows gone from a table are deleted. Each document is stored in one
// transaction with its chunks and vectors. A file that cannot be read changes
// nothing and does not stop the others. report is told of every file, in order,
// after what came from it is durable.
//
// The error is ctx's, report's, or that of a store or embedder that is out of
// service: what was reported stays, and calling again goes on.
func (l *Library) Import(ctx context.Context, u Upload, report func(FileReport) error) error {
	if l.extract == nil {
		return fault.New(fault.Unavailable, "reading files is switched off")
	}
	if u.Status == "" {
		u.Status = StatusPublished
	}
	in := &ingest{library: l, upload: u, report: report}
	if err := l.extract.Extract(ctx, u.Files, func(x Extracted) error { return in.file(ctx, x) }); err != nil {
		return err
	}
	return in.flush(ctx)
}

// ingest is one Import under way. Files wait until enough texts have come
// together to keep the embedder's cores busy.
type ingest struct {
	library   *Library
	upload    Upload
	report    func(FileReport) error
	questions questions // of the workspace, read with the first table
	sources   map[string]bool

	waiting []*waiting
	chunks  int // about how many texts wait
}

// waiting is a file whose documents are yet to be stored.
type waiting struct {
	report    FileReport
	revisions []Revision
	before    []Status // of each revision's document until now; "": there was none
	lines     []int    // of each revision, 0 where none
}

func (in *ingest) file(ctx context.Context, x Extracted) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if in.upload.Done[x.Name] {
		return nil
	}
	w := &waiting{report: FileReport{Name: x.Name, Code: x.Code, Message: x.Message}}
	for _, p := range x.Problems {
		w.problem(p)
	}
	if x.Code == CodeOK && in.sources[x.Source] {
		w.report.Code, w.report.Message = CodeFailed, "another file of this upload has the same path; rename one of them"
		x.Code = CodeFailed
	}
	if in.sources == nil {
		in.sources = map[string]bool{}
	}
	in.sources[x.Source] = true
	if x.Code == CodeOK {
		if err := in.compare(ctx, x, w); err != nil {
			return err
		}
	}
	in.waiting = append(in.waiting, w)
	for _, r := range w.revisions {
		in.chunks += 1 + len(r.Document.Sections)
	}
	if in.chunks < embedBatch && len(in.waiting) < embedBatch {
		return nil
	}
	return in.flush(ctx)
}

// compare decides which of a file's documents are written.
func (in *ingest) compare(ctx context.Context, x Extracted, w *waiting) error {
	heads, err := in.library.store.Heads(ctx, in.upload.Workspace, x.Source)
	if err != nil {
		return err
	}
	old := make(map[string]Head, len(heads))
	for _, h := range heads {
		old[h.Path] = h
	}
	if x.Table {
		if err := in.questions.load(ctx, in.library.store, in.upload.Workspace); err != nil {
			return err
		}
	}
	now := in.library.now().UTC().Truncate(time.Microsecond)
	present := map[string]bool{}
	table := rows{source: x.Source}
	for i, d := range x.Documents {
		line := 0
		if i < len(x.Lines) {
			line = x.Lines[i]
		}
		d.Workspace, d.Source, d.UpdatedBy, d.UpdatedAt = in.upload.Workspace, x.Source, ByIngest, now
		if d.Audience == "" {
			d.Audience = in.upload.Audience
		}
		tidy(&d)
		d.Language = languageOf(&d)
		if x.Table {
			first := table.place(&d, line)
			present[d.Path] = true
			if first > 0 {
				w.problem(Problem{Line: line, Code: CodeDuplicate, Message: fmt.Sprintf("row %d asks the same; that one was taken", first), Skipped: true})
				continue
			}
		}
		if err := check(&d); err != nil {
			if !x.Table {
				w.report.Code, w.report.Message = CodeFailed, explain(err)
				continue
			}
			w.problem(Problem{Line: line, Code: CodeBadValue, Message: explain(err), Skipped: true})
			continue
		}
		if x.Table {
			if where := in.questions.elsewhere(&d); where != "" {
				w.problem(Problem{Line: line, Code: CodeDuplicate, Message: fmt.Sprintf("the question stands in %s too; keep one of them", where)})
			}
			in.questions.add(&d)
		}
		d.Hash = contentHash(&d)
		h, known := old[d.Path]
		switch {
		case !known:
			d.ID, d.Version, d.Status, d.CreatedAt = DocumentID(id.New()), 1, in.upload.Status, now
			w.report.Added++
		case h.Hash == d.Hash, h.Imported == d.Hash: // as it was; or as it came last, and edited since
			w.report.Unchanged++
			continue
		default:
			if d.Confirmed, err = in.confirmed(ctx, h.ID); err != nil {
				return err
			}
			if h.Imported != "" && h.Imported != h.Hash {
				w.problem(Problem{Line: line, Code: CodeEdited, Message: fmt.Sprintf("changes made in the console were replaced by the file's; version %d has them", h.Version)})
			}
			d.ID, d.Version, d.Status = h.ID, h.Version+1, h.Status
			w.report.Changed++
		}
		w.add(Revision{Document: d, Imported: true}, h.Status, line)
	}
	if x.Table {
		return in.gone(ctx, x, w, heads, present)
	}
	return nil
}

// gone deletes rows of the last import that the file no longer has.
func (in *ingest) gone(ctx context.Context, x Extracted, w *waiting, heads []Head, present map[string]bool) error {
	kept := 0
	for _, h := range heads {
		switch {
		case present[h.Path] || h.Kind != KindEntry:
		case x.Unsure:
			kept++
		default:
			d, err := in.library.store.Document(ctx, in.upload.Workspace, h.ID)
			if err != nil {
				return err
			}
			d.Status, d.UpdatedBy, d.UpdatedAt = StatusDeleted, ByIngest, in.library.now().UTC().Truncate(time.Microsecond)
			w.add(Revision{Document: d}, h.Status, 0)
			w.report.Removed++
			w.problem(Problem{Code: CodeRemoved, Message: fmt.Sprintf("no longer in the file, so it was deleted: %q", h.Question)})
		}
	}
	if kept > 0 {
		w.problem(Problem{Code: CodeKept, Message: fmt.Sprintf("%d earlier rows are not in what could be read of the file; they stay until it can be read whole", kept)})
	}
	return nil
}

// flush embeds and stores what waits and reports the files.
func (in *ingest) flush(ctx context.Context) error {
	var all []Revision
	for _, w := range in.waiting {
		all = append(all, w.revisions...)
	}
	if err := in.library.prepare(ctx, all); err != nil {
		return err
	}
	for _, w := range in.waiting {
		n := len(w.revisions)
		copy(w.revisions, all[:n])
		all = all[n:]
	}
	if err := in.judge(ctx); err != nil {
		return err
	}
	for _, w := range in.waiting {
		if err := in.store(ctx, w, w.revisions); err != nil {
			return err
		}
		if over := len(w.report.Problems) - maxProblems; over > 0 {
			w.report.Problems = append(w.report.Problems[:maxProblems:maxProblems],
				Problem{Code: CodeTruncatedReports, Message: fmt.Sprintf("%d more are not listed", over)})
		}
		if err := in.report(w.report); err != nil {
			return err
		}
	}
	in.waiting, in.chunks = in.waiting[:0], 0
	return nil
}

// confirmed returns the confirmed questions of a document that a file changes.
func (in *ingest) confirmed(ctx context.Context, doc DocumentID) ([]string, error) {
	d, err := in.library.store.Document(ctx, in.upload.Workspace, doc)
	return d.Confirmed, err
}

// judge asks about all files that wait at once, and where that is refused about one
// after the other, each together with those before it that may go through: a file
// that is refused changes nothing, and its report says which questions would break.
func (in *ingest) judge(ctx context.Context) error {
	if in.library.judge == nil || in.upload.Unjudged {
		return nil
	}
	release := Release{Workspace: in.upload.Workspace, By: cmp.Or(in.upload.By, ByIngest), Despite: in.upload.Despite}
	var all []Revision
	for _, w := range in.waiting {
		all = append(all, w.noticed()...)
	}
	if len(all) == 0 {
		return nil
	}
	release.Changes = all
	err := in.library.judge(ctx, release)
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	var through []Revision
	for _, w := range in.waiting {
		own := w.noticed()
		if len(own) == 0 {
			continue
		}
		release.Changes = append(slices.Clone(through), own...)
		err := in.library.judge(ctx, release)
		switch {
		case err == nil:
			through = release.Changes
		case fault.Is(err, fault.Conflict):
			w.stopped(err)
		default:
			return err
		}
	}
	return nil
}

// noticed returns the revisions that visitors would notice.
func (w *waiting) noticed() []Revision {
	var out []Revision
	for i, r := range w.revisions {
		if w.before[i] == StatusPublished || r.Document.Status == StatusPublished {
			out = append(out, r)
		}
	}
	return out
}

// stopped takes nothing of a file that was refused.
func (w *waiting) stopped(err error) {
	w.revisions, w.lines, w.before = nil, nil, nil
	w.report.Added, w.report.Changed, w.report.Removed = 0, 0, 0
	w.report.Code, w.report.Message = CodeStopped, fault.Message(err)
	var f *fault.Error
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			w.problem(Problem{Field: field.Name, Code: CodeStopped, Message: field.Problem})
		}
	}
}

func (w *waiting) add(r Revision, before Status, line int) {
	w.revisions, w.before, w.lines = append(w.revisions, r), append(w.before, before), append(w.lines, line)
}

// saveBatch is how many documents of a file go to the store in one transaction.
const saveBatch = 50

func (in *ingest) store(ctx context.Context, w *waiting, revisions []Revision) error {
	for done := 0; done < len(revisions); {
		n := min(saveBatch, len(revisions)-done)
		err := in.library.save(ctx, revisions[done:done+n])
		if n > 1 && fault.Is(err, fault.Conflict) { // an editor was quicker with one of them: which?
			for k := range n {
				if err = in.one(ctx, w, revisions[done+k], w.lines[done+k]); err != nil {
					return err
				}
			}
		} else if n == 1 && fault.Is(err, fault.Conflict) {
			err = in.one(ctx, w, revisions[done], w.lines[done])
		}
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// one stores a single document; a conflict becomes a problem of its row.
func (in *ingest) one(ctx context.Context, w *waiting, r Revision, line int) error {
	err := in.library.save(ctx, []Revision{r})
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	switch {
	case r.Document.Status == StatusDeleted:
		w.report.Removed--
	case r.Document.Version == 1:
		w.report.Added--
	default:
		w.report.Changed--
	}
	w.problem(Problem{Line: line, Code: CodeFailed, Message: fault.Message(err) + "; import the file again", Skipped: true})
	if len(w.revisions) == 1 {
		w.report.Code, w.report.Message = CodeFailed, fault.Message(err)
	}
	return nil
}

func (w *waiting) problem(p Problem) {
	if p.Skipped {
		w.report.Skipped++
	}
	w.report.Problems = append(w.report.Problems, p)
}

// explain writes the fields of a fault in one line.
func explain(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return fault.Message(err)
	}
	s := ""
	for i, field := range f.Fields {
		if i > 0 {
			s += "; "
		}
		s += field.Name + " " + field.Problem
	}
	return s
}
