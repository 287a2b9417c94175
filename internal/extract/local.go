package extract

import (
	"context"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Local reads files in this process. Time and memory are not bounded: it is for
// programs that trust their files, and for tests.
type Local struct {
	Limits Limits
}

var _ knowledge.Extractor = Local{}

// Extract reads files; see knowledge.Extractor.
func (x Local) Extract(ctx context.Context, files []knowledge.File, visit func(knowledge.Extracted) error) error {
	l := x.Limits.filled()
	return each(l, files, func(u unit) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return visit(extracted(l, u))
	})
}

// Bytes reads one file that is in memory already; archives are refused. What is
// wrong with it is in the outcome.
func Bytes(l Limits, name string, b []byte) knowledge.Extracted {
	return extracted(l.filled(), unit{name: name, source: name, bytes: func() ([]byte, error) { return b, nil }})
}

// extracted reads one unit.
func extracted(l Limits, u unit) knowledge.Extracted {
	b, err := u.bytes()
	if err != nil {
		return outcome(u.name, u.source, nil, err)
	}
	c, err := read(l, u.source, b)
	return outcome(u.name, u.source, c, err)
}

// absolute is a path from the root, with slashes.
func absolute(p string) (string, error) {
	abs, err := filepath.Abs(p)
	return filepath.ToSlash(abs), err
}
