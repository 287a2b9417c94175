package extract

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// unit is one file to be read: one on disk or one in an archive. The same files
// always give the same units in the same order, so that a child which died can
// be followed by one that begins behind.
type unit struct {
	name   string // for reports: "help.zip/returns.md"
	source string // for paths: "returns.md"
	bytes  func() ([]byte, error)
}

// each calls visit with the units of files.
func each(l Limits, files []knowledge.File, visit func(unit) error) error {
	for _, f := range files {
		if err := eachOf(l, f, visit); err != nil {
			return err
		}
	}
	return nil
}

func eachOf(l Limits, f knowledge.File, visit func(unit) error) error {
	refused := func(err error) error {
		return visit(unit{f.Name, f.Name, func() ([]byte, error) { return nil, err }})
	}
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refused(refuse(knowledge.CodeBroken, "the file is gone"))
	case err != nil:
		return refused(refuse(knowledge.CodeBroken, "the file cannot be opened"))
	case info.Mode()&fs.ModeSymlink != 0:
		return refused(refuse(knowledge.CodeUnsafePath, "links are not followed; give the file itself"))
	case !info.Mode().IsRegular():
		return refused(refuse(knowledge.CodeUnsupported, "this is no file"))
	case info.Size() > l.File:
		return refused(refuse(knowledge.CodeTooLarge, "the file has more than %d MB; split it", l.File/1_000_000))
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return refused(refuse(knowledge.CodeBroken, "the file cannot be opened"))
	}
	defer file.Close()
	head := make([]byte, 3072)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return refused(refuse(knowledge.CodeBroken, "the file cannot be read"))
	}
	if formatOf(f.Name, head[:n]) != formatZip {
		return visit(unit{f.Name, f.Name, func() ([]byte, error) {
			b := make([]byte, info.Size())
			if _, err := file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
				return nil, refuse(knowledge.CodeBroken, "the file cannot be read")
			}
			return b, nil
		}})
	}
	if info.Size() == 0 {
		return refused(refuse(knowledge.CodeEmpty, "the archive is empty"))
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return refused(refuse(knowledge.CodeBroken, "the archive is damaged, or is none"))
	}
	if err := unpackedSize(l, z, l.Entries); err != nil {
		return refused(err)
	}
	some := false
	for _, m := range z.File {
		name := memberName(m)
		if m.FileInfo().IsDir() || junk(name) {
			continue
		}
		some = true
		if err := visit(memberUnit(l, f.Name, name, m)); err != nil {
			return err
		}
	}
	if !some {
		return refused(refuse(knowledge.CodeEmpty, "the archive has no files"))
	}
	return nil
}

func memberUnit(l Limits, archive, name string, m *zip.File) unit {
	u := unit{name: archive + "/" + name, source: name}
	u.bytes = func() ([]byte, error) {
		switch {
		case m.Mode()&fs.ModeSymlink != 0:
			return nil, refuse(knowledge.CodeUnsafePath, "links are not followed")
		case !fs.ValidPath(name):
			return nil, refuse(knowledge.CodeUnsafePath, "the path leads out of the archive")
		case m.Flags&1 != 0:
			return nil, refuse(knowledge.CodeEncrypted, "the archive has a password; pack it without one")
		}
		return member(m, l.File)
	}
	return u
}

// memberName is a member's path with slashes. Archives made on Chinese Windows
// have names in GB18030 and do not say so.
func memberName(m *zip.File) string {
	name := m.Name
	if m.NonUTF8 || !utf8.ValidString(name) {
		if s, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil && !strings.ContainsRune(s, utf8.RuneError) {
			name = s
		}
	}
	return strings.ToValidUTF8(strings.ReplaceAll(name, `\`, "/"), "_")
}

// junk reports whether a name is of what file managers and editors leave behind.
func junk(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "__MACOSX" || part == "Thumbs.db" || part == "desktop.ini" || strings.HasPrefix(part, "~$") ||
			strings.HasPrefix(part, ".") && part != "." && part != ".." {
			return true
		}
	}
	return false
}

// Folder lists the files of a folder for an import, named by the folder's own
// name and the path within it, in order. Hidden files and what file managers
// leave behind are passed over; links are listed and refused when read. A path to
// a file gives that file. Errors: of the file system, or more files than an
// archive may have.
func Folder(root string, l Limits) ([]knowledge.File, error) {
	l = l.filled()
	info, err := os.Lstat(root)
	if err != nil {
		return nil, err
	}
	abs, err := absolute(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []knowledge.File{{Name: path.Base(abs), Path: root}}, nil
	}
	var files []knowledge.File
	err = fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != "." && junk(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		if len(files) == l.Entries {
			return refuse(knowledge.CodeTooMany, "%s has more than %d files", root, l.Entries)
		}
		files = append(files, knowledge.File{Name: path.Join(path.Base(abs), p), Path: path.Join(abs, p)})
		return nil
	})
	return files, err
}
