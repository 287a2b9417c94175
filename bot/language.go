package bot

import (
	"unicode"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// fewLetters is how many Latin letters say nothing of the language of somebody who
// writes Chinese: "OK", an order number, a brand. Chosen, not measured: words as
// short as these are followed by others.
const fewLetters = 5

// languageOf is the language of what was said where so far language was spoken, ""
// nothing: "zh", "en", or "" for another one or no letters.
func languageOf(said, before string) string {
	now := text.Language(said)
	if now != "en" || before != "zh" {
		return now
	}
	letters := 0
	for _, r := range said {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters <= fewLetters {
		return before
	}
	return now
}
