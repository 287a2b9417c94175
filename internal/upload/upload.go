// Package upload keeps the files that visitors and agents send: it looks at what
// they really are, makes pictures anew, and remembers who may read them.
//
// It owns the folder of files and, through Store, the tables uploads and
// upload_uses. A file is written under a random name, synced, and only then
// entered in the table: a crash leaves at most a file that no row names, and
// Sweep removes it.
package upload

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// File is an uploaded file as stored.
type File struct {
	Workspace id.Workspace
	ID        string
	Visitor   string // who uploaded it; "" for agents
	Account   string // who uploaded it; "" for visitors
	Name      string // as the sender called it, without folders
	Type      string // sniffed media type
	Size      int64  // bytes as stored
	Key       string // name in the folder
	CreatedAt time.Time
}

// Inline reports whether a browser may show the file in place: only pictures
// that were made anew.
func (f File) Inline() bool { return f.Type == "image/png" || f.Type == "image/jpeg" }

// Store keeps what is known about files.
type Store interface {
	// AddUpload stores a file's row.
	AddUpload(ctx context.Context, f File) error
	// Upload returns a row. Error: NotFound.
	Upload(ctx context.Context, ws id.Workspace, upload string) (File, error)
	// UseUploads notes that files were sent in a conversation.
	UseUploads(ctx context.Context, ws id.Workspace, conversation string, uploads []string) error
	// UploadSentTo reports whether the file was sent in a conversation of the visitor.
	UploadSentTo(ctx context.Context, ws id.Workspace, upload, visitor string) (bool, error)
	// UploadKeys returns the names in the folder that rows speak of, out of those given.
	UploadKeys(ctx context.Context, keys []string) (map[string]bool, error)
}

// Options set limits. The zero value is the default.
type Options struct {
	MaxBytes  int64 // of one file; zero: 10 MiB
	MaxPixels int   // of a picture; zero: 40 million
	Decoders  int   // pictures that are made anew at once, each up to 4 bytes a pixel and more; zero: 1
}

// Keeper stores files in a folder.
type Keeper struct {
	dir    string
	store  Store
	now    func() time.Time
	opts   Options
	decode chan struct{}
}

// New returns a keeper of a folder, which it makes when it is missing.
func New(dir string, store Store, now func() time.Time, o *Options) (*Keeper, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = 10 << 20
	}
	if opts.MaxPixels <= 0 {
		opts.MaxPixels = 40_000_000
	}
	if opts.Decoders <= 0 {
		opts.Decoders = 1
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The folder of uploads cannot be made.")
	}
	return &Keeper{dir: dir, store: store, now: now, opts: opts, decode: make(chan struct{}, opts.Decoders)}, nil
}

// MaxBytes returns how large one file may be.
func (k *Keeper) MaxBytes() int64 { return k.opts.MaxBytes }

// Types lists the media types that are taken, in the order a page should name them.
func Types() []string {
	return []string{
		"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"application/zip", "audio/mpeg", "audio/wav", "video/mp4", "video/quicktime",
	}
}

// Save takes a file: it finds out what the bytes are, whatever the name says,
// refuses what is not on the list, makes pictures anew (which drops hidden data
// such as the place a photo was taken), and stores the result. Only Workspace,
// Visitor, Account and Name of who are read. Errors: Limited when it is too
// large; Invalid when it is not taken; both with a Refused in them.
func (k *Keeper) Save(ctx context.Context, who File, r io.Reader) (File, error) {
	data, err := io.ReadAll(io.LimitReader(r, k.opts.MaxBytes+1))
	if err != nil {
		return File{}, fault.Wrap(fault.Invalid, &Refused{Why: Cut, Cause: err}, "The file did not arrive whole. Send it again.")
	}
	if int64(len(data)) > k.opts.MaxBytes {
		most := strconv.FormatInt(k.opts.MaxBytes>>20, 10)
		return File{}, fault.Wrap(fault.Limited, &Refused{Why: Large, Of: most}, "The file is larger than %s MB.", most).
			WithField("file", "send at most "+most+" MB")
	}
	if len(data) == 0 {
		return File{}, fault.Wrap(fault.Invalid, &Refused{Why: Empty}, "The file is empty.").WithField("file", "has no bytes")
	}
	kind, ok := sniff(data)
	if !ok {
		return File{}, fault.Wrap(fault.Invalid, &Refused{Why: NotKind, Of: kind}, "Files of this kind are not taken: it is %s.", kind).
			WithField("file", "send a picture, PDF, text, CSV, Office document, zip, audio or video")
	}
	name := cleanName(who.Name)
	if strings.HasPrefix(kind, "image/") {
		if data, kind, err = k.anew(ctx, data, kind); err != nil {
			return File{}, err
		}
		name = withExtension(name, kind)
	}
	raw := make([]byte, 20)
	rand.Read(raw) // never fails: crypto/rand ends the program instead
	f := File{
		Workspace: who.Workspace, ID: id.New(), Visitor: who.Visitor, Account: who.Account, Name: name, Type: kind,
		Size: int64(len(data)), Key: hex.EncodeToString(raw), CreatedAt: k.now(),
	}
	if err := k.write(f.Key, data); err != nil {
		return File{}, fault.Wrap(fault.Unavailable, err, "The file could not be stored. Try again later.")
	}
	if err := k.store.AddUpload(ctx, f); err != nil {
		_ = os.Remove(filepath.Join(k.dir, f.Key)) // Sweep would find it as well
		return File{}, err
	}
	return f, nil
}

// write stores bytes durably under a new name.
func (k *Keeper) write(key string, data []byte) (err error) {
	f, err := os.OpenFile(filepath.Join(k.dir, key), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// Open returns a file's bytes; the caller closes it.
func (k *Keeper) Open(f File) (*os.File, error) {
	if len(f.Key) != 40 || strings.Trim(f.Key, "0123456789abcdef") != "" {
		return nil, fault.New(fault.NotFound, "There is no such file.")
	}
	r, err := os.Open(filepath.Join(k.dir, f.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.NotFound, err, "There is no such file.")
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The file cannot be read now.")
	}
	return r, nil
}

// ForVisitor returns a file that the visitor uploaded or was sent. Error:
// NotFound, also when it is somebody else's.
func (k *Keeper) ForVisitor(ctx context.Context, ws id.Workspace, upload, visitor string) (File, error) {
	f, err := k.store.Upload(ctx, ws, upload)
	if err != nil {
		return File{}, err
	}
	if f.Visitor != "" && f.Visitor == visitor {
		return f, nil
	}
	sent, err := k.store.UploadSentTo(ctx, ws, upload, visitor)
	if err == nil && !sent {
		err = fault.New(fault.NotFound, "There is no such file.")
	}
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// ForAgent returns any file of the workspace. Error: NotFound.
func (k *Keeper) ForAgent(ctx context.Context, ws id.Workspace, upload string) (File, error) {
	return k.store.Upload(ctx, ws, upload)
}

// Take returns the files that a sender attaches to a message: their own only.
// Error: Invalid naming the attachment.
func (k *Keeper) Take(ctx context.Context, ws id.Workspace, visitor, acct string, uploads []string) ([]File, error) {
	var out []File
	for i, name := range uploads {
		f, err := k.store.Upload(ctx, ws, name)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err != nil || f.Visitor != visitor || f.Account != acct {
			return nil, fault.New(fault.Invalid, "An attachment is not there.").
				WithField(fmt.Sprintf("attachments[%d]", i), "upload the file first")
		}
		out = append(out, f)
	}
	return out, nil
}

// Used notes that files were sent in a conversation, so that its members may
// read them.
func (k *Keeper) Used(ctx context.Context, ws id.Workspace, conversation string, uploads []string) error {
	if len(uploads) == 0 {
		return nil
	}
	return k.store.UseUploads(ctx, ws, conversation, uploads)
}

// Sweep removes files that no row names and that are older than an hour.
func (k *Keeper) Sweep(ctx context.Context) (removed int, err error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "The folder of uploads cannot be read.")
	}
	old := k.now().Add(-time.Hour)
	var keys []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil && e.Type().IsRegular() && info.ModTime().Before(old) {
			keys = append(keys, e.Name())
		}
	}
	for len(keys) > 0 {
		part := keys[:min(200, len(keys))]
		keys = keys[len(part):]
		known, err := k.store.UploadKeys(ctx, part)
		if err != nil {
			return removed, err
		}
		for _, key := range part {
			if !known[key] && os.Remove(filepath.Join(k.dir, key)) == nil {
				removed++
			}
		}
	}
	return removed, nil
}

// sniff says what bytes are, and whether such files are taken.
func sniff(data []byte) (kind string, ok bool) {
	m := mimetype.Detect(data)
	base, _, _ := strings.Cut(m.String(), ";")
	for _, t := range Types() {
		if base == t || m.Is(t) {
			return t, true
		}
	}
	return base, false
}

// cleanName keeps what is harmless of a file's name: no folders, no control or
// format characters, at most 120 characters.
func cleanName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || strings.ContainsRune(`"<>|:*?`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if r := []rune(name); len(r) > 120 {
		// The end tells what kind it is.
		name = string(r[:100]) + "…" + string(r[len(r)-19:])
	}
	if name == "" {
		return "file"
	}
	return name
}

// withExtension gives a picture's name the ending of what it is now.
func withExtension(name, kind string) string {
	want := ".png"
	if kind == "image/jpeg" {
		want = ".jpg"
	}
	ext := filepath.Ext(name)
	if strings.EqualFold(ext, want) || kind == "image/jpeg" && strings.EqualFold(ext, ".jpeg") {
		return name
	}
	return strings.TrimSuffix(name, ext) + want
}
