package openai

import "strings"

// thoughtFilter leaves out what stands between <think> and </think>, as some
// open models write before they answer, also when the marks arrive in pieces.
type thoughtFilter struct {
	held   string
	inside bool
}

const (
	openThought  = "<think>"
	closeThought = "</think>"
)

// feed takes a piece and returns what of the text so far may be shown.
func (f *thoughtFilter) feed(piece string) string {
	f.held += piece
	var out strings.Builder
	for {
		mark := openThought
		if f.inside {
			mark = closeThought
		}
		i := strings.Index(f.held, mark)
		if i < 0 {
			keep := partial(f.held, mark)
			if !f.inside {
				out.WriteString(f.held[:len(f.held)-keep])
			}
			f.held = f.held[len(f.held)-keep:]
			return out.String()
		}
		if !f.inside {
			out.WriteString(f.held[:i])
		}
		f.held = f.held[i+len(mark):]
		if f.inside {
			f.held = strings.TrimLeft(f.held, "\n")
		}
		f.inside = !f.inside
	}
}

// rest returns what was held back because it could have begun a mark.
func (f *thoughtFilter) rest() string {
	s := f.held
	f.held = ""
	if f.inside {
		return ""
	}
	return s
}

// partial returns how many bytes at the end of s may begin the mark.
func partial(s, mark string) int {
	for n := min(len(s), len(mark)-1); n > 0; n-- {
		if strings.HasPrefix(mark, s[len(s)-n:]) {
			return n
		}
	}
	return 0
}
