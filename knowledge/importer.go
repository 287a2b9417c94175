package knowledge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Limits of one upload.
const (
	maxUploadFiles = 2000
	maxUploadFile  = 200_000_000   // bytes
	maxUpload      = 1_000_000_000 // bytes of all files
)

// importAttempts is how often an import is taken up before it counts as failed:
// a file that brings the program down must not do so at every start.
const importAttempts = 5

// Imports takes uploads and works through them. An upload is durable before it
// is accepted: its files lie in a folder until it is done, and a restart goes on
// where it was interrupted. It is safe for concurrent use.
type Imports struct {
	store   ImportStore
	library *Library
	dir     string
	now     func() time.Time
	log     *slog.Logger
}

// NewImports returns the imports of a library; dir is the folder of its own that
// uploaded files are kept in, made when it is needed.
func NewImports(store ImportStore, library *Library, dir string, now func() time.Time, log *slog.Logger) *Imports {
	return &Imports{store: store, library: library, dir: dir, now: now, log: log}
}

// NewImport is what Start needs to know beside the files.
type NewImport struct {
	Workspace id.Workspace
	Status    Status // of documents that are new; "": published
	Audience  string // of documents that name none
	By        string // account ID
	Despite   Despite
}

// Start takes an upload: next returns one file after the other, and io.EOF after
// the last; it is called again only when the content was read or is not wanted. A
// file with an unusable name or of more than 200 MB is refused and reported, the
// others are taken. What returns is durable and queued.
//
// Errors: Invalid without any file; Limited for more than 2,000 files or 1 GB;
// Unavailable when the disk is full; next's.
func (m *Imports) Start(ctx context.Context, n NewImport, next func() (name string, content io.Reader, err error)) (_ Import, err error) {
	if n.Status == "" {
		n.Status = StatusPublished
	}
	if n.Status != StatusDraft && n.Status != StatusPublished {
		return Import{}, fault.New(fault.Invalid, "an import makes drafts or published documents").WithField("status", "use draft or published")
	}
	imp := Import{
		Workspace: n.Workspace, ID: ImportID(id.New()), State: ImportQueued, Status: n.Status, Audience: n.Audience,
		CreatedBy: n.By, Despite: n.Despite, CreatedAt: m.now().UTC().Truncate(time.Microsecond),
	}
	folder := m.folder(imp.ID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Import{}, diskFault(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	var sum int64
	for {
		if err := ctx.Err(); err != nil {
			return Import{}, err
		}
		name, content, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Import{}, err
		}
		if len(imp.Files) == maxUploadFiles {
			return Import{}, fault.New(fault.Limited, "an upload may have at most %d files; upload a zip or a part of them", maxUploadFiles)
		}
		f, refusal, err := m.take(folder, len(imp.Files), name, content)
		if err != nil {
			return Import{}, err
		}
		if refusal != nil {
			imp.Reports = append(imp.Reports, *refusal)
		}
		imp.Files = append(imp.Files, f)
		if sum += f.Size; sum > maxUpload {
			return Import{}, fault.New(fault.Limited, "an upload may have at most %d MB; upload a part of the files", maxUpload/1_000_000)
		}
	}
	if len(imp.Files) == 0 {
		return Import{}, fault.New(fault.Invalid, "the upload has no files").WithField("files", "send at least one")
	}
	return imp, m.store.AddImport(ctx, imp)
}

// take keeps one file; a refusal is its report.
func (m *Imports) take(folder string, index int, name string, content io.Reader) (f ImportFile, refusal *FileReport, err error) {
	clean := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/")), "/")
	f = ImportFile{Name: clean}
	refuse := func(code Code, format string, args ...any) (ImportFile, *FileReport, error) {
		f.Refused = true
		return f, &FileReport{Name: f.Name, Code: code, Message: fmt.Sprintf(format, args...)}, nil
	}
	if !fs.ValidPath(clean) || clean == "." || len(clean) > 500 || strings.ContainsAny(clean, "\x00\n\r") || strings.Contains(name, "../") {
		f.Name = strings.ToValidUTF8(name[:min(len(name), 200)], "_")
		return refuse(CodeUnsafePath, "a file needs a name of at most 500 bytes that stays within its folder")
	}
	out, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf("%05d", index)), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return f, nil, diskFault(err)
	}
	f.Size, err = copyUpTo(out, content, maxUploadFile)
	if err == nil && f.Size <= maxUploadFile {
		err = out.Sync() // it is acknowledged next
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return f, nil, err
	}
	if f.Size > maxUploadFile {
		size := f.Size
		f.Size = 0
		if err := os.Remove(out.Name()); err != nil {
			return f, nil, diskFault(err)
		}
		return refuse(CodeTooLarge, "the file has more than %d MB; split it", (size-1)/1_000_000)
	}
	return f, nil, nil
}

// copyUpTo copies at most one byte beyond limit and tells whose fault an error is.
func copyUpTo(out *os.File, in io.Reader, limit int64) (int64, error) {
	r := &failing{r: io.LimitReader(in, limit+1)}
	n, err := io.Copy(out, r)
	if err != nil && r.err == nil {
		return n, diskFault(err)
	}
	return n, err
}

// failing remembers that reading failed, not writing.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func diskFault(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) {
		return fault.Wrap(fault.Unavailable, err, "the disk is full or read-only; nothing was taken")
	}
	return fault.Wrap(fault.Internal, err, "the upload could not be kept")
}

// Get returns an import with the reports so far. Error: NotFound.
func (m *Imports) Get(ctx context.Context, ws id.Workspace, imp ImportID) (Import, error) {
	return m.store.Import(ctx, ws, imp)
}

// List returns imports without Reports, newest first; see ImportStore.Imports.
func (m *Imports) List(ctx context.Context, ws id.Workspace, before time.Time, beforeID ImportID, limit int) ([]Import, error) {
	return m.store.Imports(ctx, ws, before, beforeID, bounded(limit, 20, 200))
}

// Work carries out one import: what JobImport asks for. One that is over is left
// alone. An error means that it should be tried again later; an import that has
// failed for good is nil here and says so in its row.
func (m *Imports) Work(ctx context.Context, ws id.Workspace, which ImportID) error {
	imp, err := m.store.Import(ctx, ws, which)
	if err != nil {
		return err
	}
	if imp.State == ImportDone || imp.State == ImportFailed {
		return nil
	}
	if imp.Attempts >= importAttempts {
		return m.finish(ctx, imp, fmt.Sprintf("given up: the program stopped %d times while it worked on this import", imp.Attempts))
	}
	imp.State, imp.StartedAt = ImportRunning, m.now().UTC().Truncate(time.Microsecond)
	imp.Attempts++ // stored before the work: a crash counts
	if err := m.store.UpdateImport(ctx, imp); err != nil {
		return err
	}
	err = m.library.Import(ctx, m.upload(imp), func(r FileReport) error { return m.store.UpdateImport(ctx, imp, r) })
	switch {
	case err == nil:
		return m.finish(ctx, imp, "")
	case ctx.Err() != nil: // the program is closing, which is nobody's failure
		imp.Attempts--
		imp.State = ImportQueued
		return errors.Join(ctx.Err(), m.store.UpdateImport(context.WithoutCancel(ctx), imp))
	case fault.Is(err, fault.Unavailable) && imp.Attempts < importAttempts:
		imp.State, imp.Error = ImportQueued, fault.Message(err)+"; it will be tried again"
		return errors.Join(err, m.store.UpdateImport(ctx, imp))
	}
	m.log.Error("import failed", "import_id", imp.ID, "error", err)
	return m.finish(ctx, imp, fault.Message(err))
}

// upload is what the library has to do for an import.
func (m *Imports) upload(imp Import) Upload {
	u := Upload{Workspace: imp.Workspace, Status: imp.Status, Audience: imp.Audience, By: imp.CreatedBy, Despite: imp.Despite, Done: map[string]bool{}}
	for i, f := range imp.Files {
		if !f.Refused {
			u.Files = append(u.Files, File{Name: f.Name, Path: filepath.Join(m.folder(imp.ID), fmt.Sprintf("%05d", i))})
		}
	}
	for _, r := range imp.Reports {
		u.Done[r.Name] = true
	}
	return u
}

// finish ends an import; reason is why it failed, "" when it did not. Its files go
// after its row says so: a crash between the two leaves files that Sweep removes.
func (m *Imports) finish(ctx context.Context, imp Import, reason string) error {
	imp.State, imp.Error, imp.FinishedAt = ImportDone, "", m.now().UTC().Truncate(time.Microsecond)
	if reason != "" {
		imp.State, imp.Error = ImportFailed, reason
	}
	if err := m.store.UpdateImport(ctx, imp); err != nil {
		return err
	}
	if err := os.RemoveAll(m.folder(imp.ID)); err != nil {
		return diskFault(err)
	}
	return nil
}

// Sweep is for the start: it removes files that belong to no open import and returns
// the open ones, whose jobs have to be there. Folders younger than young are left
// alone; zero is right only before anything is uploaded by anybody.
func (m *Imports) Sweep(ctx context.Context, young time.Duration) ([]Import, error) {
	open, err := m.store.OpenImports(ctx)
	if err != nil {
		return nil, err
	}
	keep := map[string]bool{}
	for _, i := range open {
		keep[string(i.ID)] = true
	}
	entries, err := os.ReadDir(m.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return open, nil
	}
	if err != nil {
		return nil, diskFault(err)
	}
	for _, e := range entries {
		if e.IsDir() && id.Valid(e.Name()) && !keep[e.Name()] {
			// A folder's time is this machine's, unlike m.now.
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) < young {
				continue
			}
			if err := os.RemoveAll(filepath.Join(m.dir, e.Name())); err != nil {
				return nil, diskFault(err)
			}
		}
	}
	return open, nil
}

func (m *Imports) folder(imp ImportID) string { return filepath.Join(m.dir, string(imp)) }
