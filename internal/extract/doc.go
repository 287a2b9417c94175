// Package extract reads files that other programs wrote into documents:
// Markdown, HTML, plain text, FAQ tables as CSV or XLSX, PDF, DOCX, and zip
// archives of these.
//
// A file may be hostile, so a Runner has a child process read it: the same
// program under limits of memory, time and open files, killed when a file takes
// too long, restarted behind a file that broke it. Child is what runs there.
// Local reads in this process, for programs that trust their files.
//
// Nothing here writes to disk, follows a link or opens a connection. Whatever is
// wrong with a file is its outcome, never an error and never a panic.
package extract

import "time"

// Limits of what is read. The zero value of a field means its default.
type Limits struct {
	File    int64         // bytes of one file on disk or in an archive; 200 MB
	Text    int64         // bytes of text in one file; 5 MB
	Archive int64         // bytes of all files of one archive, unpacked; 200 MB
	Entries int           // files in one archive; 2,000
	Pages   int           // of a PDF; 2,000
	Rows    int           // of a table; 50,000
	Time    time.Duration // for one file; 30 s
	Memory  int64         // bytes of the child's heap; 512 MB
}

func (l Limits) filled() Limits {
	def := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	def(&l.File, 200_000_000)
	def(&l.Text, 5_000_000)
	def(&l.Archive, 200_000_000)
	def(&l.Memory, 512<<20)
	if l.Entries <= 0 {
		l.Entries = 2000
	}
	if l.Pages <= 0 {
		l.Pages = 2000
	}
	if l.Rows <= 0 {
		l.Rows = 50_000
	}
	if l.Time <= 0 {
		l.Time = 30 * time.Second
	}
	return l
}
