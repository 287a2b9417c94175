package e5

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// space is what the vocabulary writes for a blank, U+2581.
const space = "▁"

// charmap is the model's normalizer: what a code point turns into before the
// vocabulary is looked up. Most of it is NFKC; control characters vanish, other
// blanks become U+0020. A code point that is not in it stays as it is.
type charmap map[rune]string

// parseCharmap reads lines of "code point TAB replacement code points", hexadecimal.
func parseCharmap(text string) (charmap, error) {
	m := make(charmap, strings.Count(text, "\n")+1)
	line := 0
	for l := range strings.Lines(text) {
		line++
		from, to, ok := strings.Cut(strings.TrimRight(l, "\r\n"), "\t")
		if !ok {
			return nil, fmt.Errorf("charmap line %d: no tab", line)
		}
		r, err := parseRune(from)
		if err != nil {
			return nil, fmt.Errorf("charmap line %d: %w", line, err)
		}
		var b strings.Builder
		for f := range strings.FieldsSeq(to) {
			c, err := parseRune(f)
			if err != nil {
				return nil, fmt.Errorf("charmap line %d: %w", line, err)
			}
			b.WriteRune(c)
		}
		m[r] = b.String()
	}
	return m, nil
}

func parseRune(s string) (rune, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, fmt.Errorf("%q is no code point", s)
	}
	return rune(n), nil
}

// normalize appends the normal form of text to dst: mapped characters, runs of
// blanks collapsed to one U+2581, and one in front of everything. An invalid byte
// counts as U+FFFD, which the map turns into a blank. A dst that is not empty is
// continued as if both texts were one. It stops soon after dst has reached limit
// bytes; limit 0 is none.
func (m charmap) normalize(dst []byte, text string, limit int) []byte {
	if len(dst) == 0 {
		dst = append(dst, space...)
	}
	for _, r := range text {
		if limit > 0 && len(dst) >= limit {
			break
		}
		// Letters and digits of ASCII map to themselves; they are most of the input.
		if r > ' ' && r < 0x7f {
			dst = append(dst, byte(r))
			continue
		}
		to, mapped := m[r]
		if !mapped {
			if r == ' ' {
				dst = appendSpace(dst)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			continue
		}
		for _, c := range to {
			if c == ' ' {
				dst = appendSpace(dst)
			} else {
				dst = utf8.AppendRune(dst, c)
			}
		}
	}
	return dst
}

// appendSpace appends one U+2581 unless dst ends in one.
func appendSpace(dst []byte) []byte {
	if n := len(dst); n >= len(space) && string(dst[n-len(space):]) == space {
		return dst
	}
	return append(dst, space...)
}
