package foreign

import (
	"archive/zip"
	"io"
	"os"
	"path"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Limits of an archive: the largest agents have some thousand intents, each of
// which is two small files.
const (
	maxMembers  = 20_000
	maxUnpacked = 128 << 20 // bytes of all members
	maxFile     = yamlfile.MaxBytes
)

// disk reads a file on this machine's disk.
func (r *reader) disk(f knowledge.File) {
	info, err := os.Lstat(f.Path)
	if err != nil {
		r.unread(f.Name, FormatUnknown, fault.Wrap(fault.Invalid, err, "%s: cannot be read", f.Name))
		return
	}
	if !info.Mode().IsRegular() {
		r.unread(f.Name, FormatUnknown, fault.New(fault.Invalid, "%s: no file; links are not followed", f.Name))
		return
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".zip":
		r.archive(f)
		return
	case ".yaml", ".yml", ".json", ".csv", ".tsv", ".tab", ".xlsx", ".xlsm":
	default:
		r.skip(f.Name)
		return
	}
	if info.Size() > maxFile {
		r.unread(f.Name, FormatUnknown, fault.New(fault.Invalid, "%s: larger than %d MB; split it", f.Name, maxFile>>20))
		return
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		r.unread(f.Name, FormatUnknown, fault.Wrap(fault.Invalid, err, "%s: cannot be read", f.Name))
		return
	}
	r.bytes(f.Name, data)
}

// archive reads the files in a zip. What they unpack to is counted while it is
// read: an archive may say anything about itself.
func (r *reader) archive(f knowledge.File) {
	z, err := zip.OpenReader(f.Path)
	if err != nil {
		r.unread(f.Name, FormatUnknown, fault.Wrap(fault.Invalid, err, "%s: damaged, or no zip archive", f.Name))
		return
	}
	defer z.Close()
	if len(z.File) > maxMembers {
		r.unread(f.Name, FormatUnknown, fault.New(fault.Invalid, "%s: has %d files, more than %d; unpack it and import a part", f.Name, len(z.File), maxMembers))
		return
	}
	left := int64(maxUnpacked)
	for _, m := range z.File {
		name := f.Name + "/" + strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(m.Name, `\`, "/")), "/")
		if m.FileInfo().IsDir() || strings.Contains(name, "/__MACOSX/") || strings.HasPrefix(path.Base(name), ".") {
			continue
		}
		data, err := member(m, min(left, maxFile))
		if err != nil {
			r.unread(name, FormatUnknown, fault.Wrap(fault.Invalid, err, "%s: cannot be unpacked", name))
			continue
		}
		if int64(len(data)) > left {
			r.unread(f.Name, FormatUnknown, fault.New(fault.Invalid, "%s: unpacks to more than %d MB; what came after %s was not read", f.Name, maxUnpacked>>20, m.Name))
			return
		}
		if len(data) > maxFile {
			r.unread(name, FormatUnknown, fault.New(fault.Invalid, "%s: larger than %d MB unpacked; split it", name, maxFile>>20))
			return
		}
		left -= int64(len(data))
		r.bytes(name, data)
	}
}

// member reads at most one byte beyond limit.
func member(m *zip.File, limit int64) ([]byte, error) {
	in, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, limit+1))
}

// Files lists the files behind paths, folders with everything in them: as
// extract.Folder does, for projects of more files than an upload may have. Error:
// Invalid.
func Files(paths []string) ([]knowledge.File, error) {
	var out []knowledge.File
	for _, p := range paths {
		files, err := extract.Folder(p, extract.Limits{Entries: maxMembers})
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The path %s cannot be read: %s", p, err)
		}
		out = append(out, files...)
	}
	return out, nil
}

// Split parts files into those that only this package reads, and the others. An
// archive is of the first kind when it is an export of Dialogflow.
func Split(files []knowledge.File) (projects, others []knowledge.File) {
	for _, f := range files {
		switch ext := strings.ToLower(path.Ext(f.Name)); {
		case ext == ".yaml", ext == ".yml", ext == ".json", ext == ".zip" && isExport(f.Path):
			projects = append(projects, f)
		default:
			others = append(others, f)
		}
	}
	return projects, others
}

func isExport(archive string) bool {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return false
	}
	defer z.Close()
	for _, m := range z.File {
		if path.Base(m.Name) == "agent.json" || flowSays.MatchString(m.Name) {
			return true
		}
	}
	return false
}
