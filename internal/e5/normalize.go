package e5

import (
	"slices"
	"unicode/utf8"
)

// space is what the vocabulary writes for a blank, U+2581.
const space = "▁"

// charmap is the model's normalizer: what a code point turns into before the
// vocabulary is looked up. Most of it is NFKC; control characters vanish, other
// blanks become U+0020. A code point that is not in it stays as it is.
type charmap struct {
	from []uint32 // ascending
	end  []uint32 // where in to the replacement of a code point ends
	to   []byte
}

// lookup returns what r turns into.
func (m *charmap) lookup(r rune) (to []byte, ok bool) {
	i, ok := slices.BinarySearch(m.from, uint32(r))
	if !ok {
		return nil, false
	}
	start := uint32(0)
	if i > 0 {
		start = m.end[i-1]
	}
	return m.to[start:m.end[i]], true
}

// normalize appends the normal form of text to dst: mapped characters, runs of
// blanks collapsed to one U+2581, and one in front of everything. An invalid byte
// counts as U+FFFD, which the map turns into a blank. A dst that is not empty is
// continued as if both texts were one. It stops soon after dst has reached limit
// bytes; limit 0 is none.
func (m *charmap) normalize(dst []byte, text string, limit int) []byte {
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
		to, mapped := m.lookup(r)
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
				dst = append(dst, c)
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
