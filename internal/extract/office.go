package extract

import (
	"archive/zip"
	"bytes"
	"io"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// officeFile refuses what cannot be a DOCX or XLSX that is worth opening.
func officeFile(l Limits, b []byte) error {
	if bytes.HasPrefix(b, []byte{0xD0, 0xCF, 0x11, 0xE0}) { // the older container, which also wraps what has a password
		if bytes.Contains(b, utf16Name("EncryptedPackage")) {
			return refuse(knowledge.CodeEncrypted, "the file has a password; save it without one")
		}
		return refuse(knowledge.CodeUnsupported, "the file is in the format of Office before 2007; save it as .docx or .xlsx")
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return refuse(knowledge.CodeBroken, "the file is damaged, or is not what its name says")
	}
	return unpackedSize(l, z, 10_000)
}

// unpackedSize refuses an archive by what it says of itself; more than it says is
// never read.
func unpackedSize(l Limits, z *zip.Reader, entries int) error {
	if len(z.File) > entries {
		return refuse(knowledge.CodeTooMany, "the archive has %d files; at most %d are read", len(z.File), entries)
	}
	var sum uint64
	for _, f := range z.File {
		sum += f.UncompressedSize64
		if sum > uint64(l.Archive) || f.UncompressedSize64 > uint64(l.Archive) {
			return refuse(knowledge.CodeZipBomb, "the archive unpacks to more than %d MB", l.Archive/1_000_000)
		}
	}
	return nil
}

// member reads one file of an archive, up to limit bytes.
func member(f *zip.File, limit int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(limit) {
		return nil, refuse(knowledge.CodeTooLarge, "the file has more than %d MB", limit/1_000_000)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, refuse(knowledge.CodeZipBomb, "the file unpacks to more than it says")
	}
	return b, nil
}

// utf16Name is how the older container writes the names of its parts.
func utf16Name(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}
