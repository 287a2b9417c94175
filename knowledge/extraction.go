package knowledge

import "context"

// Extractor reads files of any supported format into documents. It calls visit
// with every file's outcome, in order; archives give one outcome for each file in
// them, under its path in the archive. What is wrong with a file is in its
// outcome; the error is ctx's, visit's, or that nothing can be read at all.
type Extractor interface {
	Extract(ctx context.Context, files []File, visit func(Extracted) error) error
}

// File is a file to be imported, on this machine's disk.
type File struct {
	Name string // as people know it, with slashes: "help/returns.md"; the language of a folder such as "zh/" counts
	Path string // where its bytes are
}

// Code says in one word how reading a file or a row went.
type Code string

// The outcomes of files.
const (
	CodeOK            Code = "ok"
	CodeEmpty         Code = "empty"          // no text in it
	CodeTooLarge      Code = "too_large"      // the file, or the text in it
	CodeTooMany       Code = "too_many"       // files in an archive, pages or rows
	CodeTimeout       Code = "timeout"        // reading took too long
	CodeMemory        Code = "memory"         // reading took too much memory
	CodeBroken        Code = "broken"         // not what its name says, or damaged
	CodeEncoding      Code = "encoding"       // text in none of the known encodings
	CodeUnsupported   Code = "unsupported"    // a format that is not read
	CodeEncrypted     Code = "encrypted"      // needs a password
	CodeZipBomb       Code = "zip_bomb"       // unpacks to far more than it should
	CodeUnsafePath    Code = "unsafe_path"    // leads out of its folder, or is a link
	CodeMissingColumn Code = "missing_column" // a table without question or answer
	CodeFailed        Code = "failed"         // read, but could not be stored
	CodeStopped       Code = "stopped"        // confirmed questions would break by it, one a problem
)

// The outcomes of rows, and warnings about files that were read.
const (
	CodeRow              Code = "row"               // a row that cannot be read: a stray quote, too many cells
	CodeMissingValue     Code = "missing_value"     // a row without question or answer
	CodeBadValue         Code = "bad_value"         // a date, address or language that cannot be read
	CodeDuplicate        Code = "duplicate"         // the question stands in an earlier row, or in another source
	CodeUnknownColumn    Code = "unknown_column"    // warning: not read
	CodeGuessedEncoding  Code = "guessed_encoding"  // warning: Windows-1252 was assumed
	CodeRemoved          Code = "removed"           // a row of the last import that is gone from the file
	CodeKept             Code = "kept"              // warning: rows gone from the file stay, as some could not be read
	CodeEdited           Code = "edited"            // warning: an editor's changes were replaced by the file's; they are in the versions
	CodeTruncatedReports Code = "truncated_reports" // further problems are not listed
)

// Problem is one thing wrong in a file.
type Problem struct {
	Line    int    // in the file, or row of a sheet, from 1; 0: the file as a whole
	Field   string // column or front matter key, as written in the file; may be ""
	Code    Code
	Message string // for people: what is wrong and what to do
	Skipped bool   // the row was not taken
}

// Extracted is what one file gave.
type Extracted struct {
	Name      string     // of the file; in an archive "help.zip/returns.md"
	Source    string     // path within the archive, or Name
	Code      Code       // not CodeOK: Documents is empty
	Message   string     // for people, when Code is not CodeOK
	Table     bool       // Documents are all rows of a table: earlier ones that are gone are to be removed
	Unsure    bool       // some row could not be read, so that what is gone is not known
	Documents []Document // of pages with Path, of rows without
	Lines     []int      // of Documents, for rows: where each stands in the file
	Problems  []Problem
}

// maxProblems is how many problems of one file are reported one by one.
const maxProblems = 200
