package extract

import (
	"fmt"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// format is how a file is read.
type format int

const (
	formatUnknown format = iota
	formatMarkdown
	formatText
	formatHTML
	formatCSV
	formatXLSX
	formatPDF
	formatDOCX
	formatZip
)

// formatOf goes by the ending of a file's name, and by its first bytes where it
// has none.
func formatOf(name string, head []byte) format {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mkd":
		return formatMarkdown
	case ".txt", ".text":
		return formatText
	case ".html", ".htm", ".xhtml":
		return formatHTML
	case ".csv", ".tsv", ".tab":
		return formatCSV
	case ".xlsx", ".xlsm":
		return formatXLSX
	case ".pdf":
		return formatPDF
	case ".docx", ".docm":
		return formatDOCX
	case ".zip":
		return formatZip
	case "":
		for m := mimetype.Detect(head); m != nil; m = m.Parent() {
			switch m.Extension() {
			case ".pdf":
				return formatPDF
			case ".docx":
				return formatDOCX
			case ".xlsx":
				return formatXLSX
			case ".zip":
				return formatZip
			case ".html":
				return formatHTML
			case ".txt":
				return formatText
			}
		}
	}
	return formatUnknown
}

// read turns the bytes of one file into documents. A parser that panics has met
// a damaged file.
func read(l Limits, name string, b []byte) (c *content, err error) {
	defer func() {
		if p := recover(); p != nil {
			c, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	if len(b) == 0 {
		return nil, refuse(knowledge.CodeEmpty, "the file is empty")
	}
	f := formatOf(name, b)
	switch f {
	case formatXLSX:
		return readXLSX(l, b)
	case formatPDF:
		return readPDF(l, name, b)
	case formatDOCX:
		return readDOCX(l, name, b)
	case formatZip:
		return nil, refuse(knowledge.CodeUnsupported, "an archive within an archive is not read; unpack it first")
	case formatUnknown:
		return nil, refuse(knowledge.CodeUnsupported, "%s files are not read; use Markdown, HTML, text, CSV, XLSX, PDF or DOCX", kindName(name))
	}
	// HTML carries much besides its words.
	if limit := 4 * l.Text; int64(len(b)) > limit || f != formatHTML && int64(len(b)) > 2*l.Text {
		return nil, tooLong(l)
	}
	if m := mimetype.Detect(b); m.Is("application/pdf") || m.Is("application/zip") || strings.HasPrefix(m.String(), "image/") && !m.Is("image/svg+xml") {
		return nil, refuse(knowledge.CodeBroken, "the file is not what its name says: it looks like %s", m.String())
	}
	text, guessed, err := decode(b)
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > l.Text && f != formatHTML {
		return nil, tooLong(l)
	}
	switch f {
	case formatCSV:
		c, err = readCSV(l, text)
	case formatHTML:
		c, err = readHTML(name, text)
	case formatText:
		c, err = readText(name, text)
	default:
		c, err = readMarkdown(name, text)
	}
	if err == nil && guessed {
		c.warn(knowledge.CodeGuessedEncoding, "", "the text was read as Windows-1252; save it as UTF-8 if letters look wrong")
	}
	return c, err
}

func tooLong(l Limits) error {
	return refuse(knowledge.CodeTooLarge, "the file has more than %d MB of text; split it", l.Text/1_000_000)
}

func kindName(name string) string {
	if ext := path.Ext(name); ext != "" && len(ext) < 12 {
		return ext
	}
	return "such"
}
