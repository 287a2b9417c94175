package text

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// pinyinTable holds syllables and the characters read so; its header names origin
// and licence.
//
//go:embed pinyin.txt
var pinyinTable string

// sounds are built at first use.
type sounds struct {
	characters map[string][]rune // by syllable
	usual      map[rune]string   // syllable by character
}

var loadSounds = sync.OnceValue(func() sounds {
	s := sounds{characters: make(map[string][]rune, 400), usual: make(map[rune]string, 6800)}
	for line := range strings.Lines(pinyinTable) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		for i, characters := range fields[1:] {
			for _, r := range characters {
				if r == '-' { // nothing is usually read so
					break
				}
				s.characters[fields[0]] = append(s.characters[fields[0]], r)
				if i == 0 {
					s.usual[r] = fields[0]
				}
			}
		}
	}
	return s
})

// longestSyllable is "zhuang".
const longestSyllable = 6

// Syllables splits lower-case letters into pinyin syllables without tones, as few
// as there can be; nil when they are not pinyin.
func Syllables(word string) []string {
	if word == "" || len(word) > 64 || !isPlain(word) {
		return nil
	}
	known := loadSounds().characters
	fewest := make([]int, len(word)+1) // syllables up to here; 0: cannot be
	from := make([]int, len(word)+1)
	for end := 1; end <= len(word); end++ {
		for start := max(0, end-longestSyllable); start < end; start++ {
			if start > 0 && fewest[start] == 0 || known[word[start:end]] == nil {
				continue
			}
			if n := fewest[start] + 1; fewest[end] == 0 || n < fewest[end] {
				fewest[end], from[end] = n, start
			}
		}
	}
	if fewest[len(word)] == 0 {
		return nil
	}
	var out []string
	for end := len(word); end > 0; end = from[end] {
		out = append(out, word[from[end]:end])
	}
	slices.Reverse(out)
	return out
}

// Sounding returns the simplified characters read as a syllable, frequent ones
// first. The slice must not be changed.
func Sounding(syllable string) []rune { return loadSounds().characters[syllable] }

// SoundAlikes returns the simplified characters that can be read as r usually is, r
// among them; nil for a character whose reading is not known. The slice must
// not be changed.
func SoundAlikes(r rune) []rune {
	s := loadSounds()
	if s.usual[r] == "" {
		return nil
	}
	return s.characters[s.usual[r]]
}
