package intents

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// Fold returns the form in which two examples are the same words: case, width,
// script and white space do not count.
func Fold(example string) string { return strings.Join(strings.Fields(text.Fold(example)), " ") }

// Mark is a fingerprint of an intent and the folded words of its example, to tell
// later what a model was trained on.
func (e Example) Mark() uint64 {
	sum := sha256.Sum256([]byte(e.Intent + "\x00" + Fold(e.Text)))
	return binary.LittleEndian.Uint64(sum[:])
}

// marks are those of a set's examples, sorted.
func marks(examples []Example) []uint64 {
	out := make([]uint64, len(examples))
	for i, e := range examples {
		out[i] = e.Mark()
	}
	slices.Sort(out)
	return out
}

// CheckIntent judges an intent by itself. Error: Invalid naming the field.
func CheckIntent(in Intent) error {
	if why := BadName(in.Name); why != "" {
		return fault.New(fault.Invalid, "The intent cannot be called %q: %s.", in.Name, why).WithField("name", why)
	}
	if !knownClass(in.Class) {
		return fault.New(fault.Invalid, "The class %q is not known.", in.Class).WithField("class", "use business, smalltalk, person or other")
	}
	if n := utf8.RuneCountInString(in.Description); n > MaxDescriptionRunes {
		return fault.New(fault.Invalid, "The description has %d characters, more than %d.", n, MaxDescriptionRunes).WithField("description", "shorten it")
	}
	return nil
}

// CheckText judges the text of an example by itself. Error: Invalid naming the field.
func CheckText(s string) error {
	why := BadText(s)
	if why == "" && !hasWords(s) {
		why = "the example has neither letters nor digits; such messages are never read for intents"
	}
	if why != "" {
		return fault.New(fault.Invalid, "The example cannot be used: %s.", why).WithField("text", why)
	}
	return nil
}
