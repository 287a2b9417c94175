package intents

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// MaxExampleRunes bounds one example. People type far less; longer ones are
// pasted documents and would teach the classifier their layout.
const MaxExampleRunes = 4000

// MaxDescriptionRunes bounds what an editor may say of an intent.
const MaxDescriptionRunes = 500

// Intent is one thing visitors mean.
type Intent struct {
	Name        string // letters, digits and _ - . / as in "order_status"; at most 100 bytes
	Class       Class  // "" is ClassBusiness
	Description string // for editors; counts as one more example
}

// Example is an utterance that means an intent.
type Example struct {
	Intent   string
	Text     string
	Language string // "en", "zh"; "" unknown
	File     string // where it was read; "" when it was made in the program
	Line     int    // in File, from 1; 0 unknown
}

// Set is a workspace's intents and their examples.
type Set struct {
	Intents  []Intent
	Examples []Example
}

// Note is something a person should know about a set: what was left out, what
// is thin. Notes never stop a training.
type Note struct {
	File string
	Line int // 0: the file as a whole
	What string
}

// String is the note on one line, "file:line: what".
func (n Note) String() string { return place(n.File, n.Line) + n.What }

func place(file string, line int) string {
	switch {
	case file == "" && line == 0:
		return ""
	case file == "":
		return fmt.Sprintf("line %d: ", line)
	case line == 0:
		return file + ": "
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}

// Merge puts b's intents and examples behind a's. Where both know an intent,
// the later class and description win when they are set.
func (s *Set) Merge(b Set) {
	at := map[string]int{}
	for i, in := range s.Intents {
		at[in.Name] = i
	}
	for _, in := range b.Intents {
		i, ok := at[in.Name]
		if !ok {
			at[in.Name] = len(s.Intents)
			s.Intents = append(s.Intents, in)
			continue
		}
		if in.Class != "" {
			s.Intents[i].Class = in.Class
		}
		if in.Description != "" {
			s.Intents[i].Description = in.Description
		}
	}
	s.Examples = append(s.Examples, b.Examples...)
}

// Hash identifies what a training would see: intents with class and description,
// examples in their order. Files and lines do not count.
func (s Set) Hash() string {
	h := sha256.New()
	for _, in := range s.Intents {
		fmt.Fprintf(h, "i %q %q %q\n", in.Name, in.Class, in.Description)
	}
	for _, e := range s.Examples {
		fmt.Fprintf(h, "e %q %q\n", e.Intent, e.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Check judges a set before it is stored or trained. It returns the set without
// repeated examples, notes about what was left out or is thin, and an Invalid
// error that lists every problem by file and line: an empty or overlong
// example, control characters, an example of an unknown intent, a bad name or
// class, or the same words under two intents.
func (s Set) Check() (Set, []Note, error) {
	problems := fault.New(fault.Invalid, "the examples cannot be used")
	out, notes := s.sift(func(file string, line int, why string) {
		where := place(file, line)
		if where == "" {
			where = "examples: "
		}
		problems = problems.WithField(where[:len(where)-2], why)
	})
	if len(problems.Fields) > 0 {
		problems.Message = fmt.Sprintf("%d problems in the examples; first: %s: %s", len(problems.Fields), problems.Fields[0].Name, problems.Fields[0].Problem)
		return Set{}, notes, problems
	}
	return out, notes, nil
}

// Sift is Check for a set that others made: what Check refuses is left out and
// noted, and so are intents without an example.
func (s Set) Sift() (Set, []Note) {
	var left []Note
	out, notes := s.sift(func(file string, line int, why string) {
		left = append(left, Note{file, line, "left out: " + why})
	})
	used := map[string]bool{}
	for _, e := range out.Examples {
		used[e.Intent] = true
	}
	out.Intents = slices.DeleteFunc(slices.Clone(out.Intents), func(in Intent) bool { return !used[in.Name] })
	return out, append(left, notes...)
}

// sift returns what of a set can be used, and tells bad of all else.
func (s Set) sift(bad func(file string, line int, why string)) (Set, []Note) {
	known := map[string]int{}
	for _, in := range s.Intents {
		if why := BadName(in.Name); why != "" {
			bad("", 0, fmt.Sprintf("intent %q: %s", in.Name, why))
		}
		if !knownClass(in.Class) {
			bad("", 0, fmt.Sprintf("intent %q: class %q is not known; use business, smalltalk, person or other", in.Name, in.Class))
		}
		known[in.Name] = 0
	}
	out := Set{Intents: s.Intents}
	var notes []Note
	seen := map[string]Example{}
	last := map[string]Example{} // of each intent
	for _, e := range s.Examples {
		if why := BadText(e.Text); why != "" {
			bad(e.File, e.Line, why)
			continue
		}
		if _, ok := known[e.Intent]; !ok {
			bad(e.File, e.Line, fmt.Sprintf("the intent %q is not declared", e.Intent))
			continue
		}
		if !hasWords(e.Text) {
			notes = append(notes, Note{e.File, e.Line, "left out: an example without letters and digits is never read for intents"})
			continue
		}
		key := Fold(e.Text)
		if first, ok := seen[key]; ok {
			if first.Intent != e.Intent {
				bad(e.File, e.Line, fmt.Sprintf("the same words are an example of %q and, %s, of %q; keep one", e.Intent, orPlace(first), first.Intent))
				continue
			}
			notes = append(notes, Note{e.File, e.Line, fmt.Sprintf("left out: the same words stand %s already", orPlace(first))})
			continue
		}
		seen[key], last[e.Intent] = e, e
		known[e.Intent]++
		out.Examples = append(out.Examples, e)
	}
	for _, in := range s.Intents {
		switch n := known[in.Name]; {
		case n == 0:
			notes = append(notes, Note{What: fmt.Sprintf("intent %q has no example and will never be found", in.Name)})
		case n == 1:
			e := last[in.Name]
			notes = append(notes, Note{e.File, e.Line, fmt.Sprintf("intent %q has one example: it is trained but cannot be checked; write five or more", in.Name)})
		}
	}
	return out, notes
}

// Beside returns what of a set can stand beside a base such as the starting set:
// examples whose words are small talk, a wish for a person or another topic there
// are left out, because the bot knows how to take those, and noted. Words that
// the base has for another matter of business stay: that was only a guess at it.
func (s Set) Beside(base Set) (Set, []Note) {
	class := map[string]Class{}
	for _, in := range base.Intents {
		class[in.Name] = in.Class
	}
	theirs := map[string]string{} // words → intent
	for _, e := range base.Examples {
		if c := class[e.Intent]; c != "" && c != ClassBusiness {
			theirs[Fold(e.Text)] = e.Intent
		}
	}
	out := Set{Intents: s.Intents}
	var notes []Note
	for _, e := range s.Examples {
		if in, ok := theirs[Fold(e.Text)]; ok && in != e.Intent {
			notes = append(notes, Note{e.File, e.Line, fmt.Sprintf("left out: the starting set has the same words for its intent %q", in)})
			continue
		}
		out.Examples = append(out.Examples, e)
	}
	return out, notes
}

func orPlace(e Example) string {
	if e.File == "" && e.Line == 0 {
		return "earlier"
	}
	p := place(e.File, e.Line)
	return "at " + p[:len(p)-2]
}

// BadName says why a name cannot be an intent's; "" when it can.
func BadName(name string) string {
	if name == "" {
		return "the name is empty"
	}
	if len(name) > 100 {
		return "the name is longer than 100 bytes"
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' && r != '/' && r != '?' && r != '+' {
			return fmt.Sprintf("the name holds %q; use letters, digits and _ - . /", r)
		}
	}
	return ""
}

// BadText says why a text cannot be an example; "" when it can.
func BadText(s string) string {
	if !utf8.ValidString(s) {
		return "the text is not UTF-8"
	}
	words := false
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return fmt.Sprintf("the text holds the control character U+%04X; remove it", r)
		}
		words = words || !unicode.IsSpace(r)
	}
	if !words {
		return "the example is empty"
	}
	return tooLong("the example", s, MaxExampleRunes)
}

func tooLong(what, s string, most int) string {
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Sprintf("%s has %d characters, more than %d; keep what a visitor would type", what, n, most)
	}
	return ""
}

func knownClass(c Class) bool {
	switch c {
	case "", ClassBusiness, ClassSmalltalk, ClassPerson, ClassOther:
		return true
	}
	return false
}
