package extract

import (
	"errors"
	"fmt"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// refusal is why a file was not read: a code with a sentence for people.
type refusal struct {
	code    knowledge.Code
	message string
}

func (r *refusal) Error() string { return r.message }

func refuse(code knowledge.Code, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// content is what a reader made of one file.
type content struct {
	docs     []knowledge.Document
	lines    []int
	table    bool
	unsure   bool
	problems []knowledge.Problem
}

func (c *content) warn(code knowledge.Code, field, format string, args ...any) {
	c.problems = append(c.problems, knowledge.Problem{Field: field, Code: code, Message: fmt.Sprintf(format, args...)})
}

// outcome joins a file's names with what a reader made of it.
func outcome(name, source string, c *content, err error) knowledge.Extracted {
	x := knowledge.Extracted{Name: name, Source: source, Code: knowledge.CodeOK}
	if c != nil {
		x.Problems = c.problems
	}
	if err != nil {
		var r *refusal
		if errors.As(err, &r) {
			x.Code, x.Message = r.code, r.message
		} else {
			// The cause is a parser's own words, often with bytes of the file in
			// them: no help to the person who uploaded it.
			x.Code, x.Message = knowledge.CodeBroken, "the file is damaged, or is not what its name says"
		}
		return x
	}
	x.Documents, x.Lines, x.Table, x.Unsure = c.docs, c.lines, c.table, c.unsure
	return x
}
