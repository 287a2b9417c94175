package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// mapped is a code point and what it turns into.
type mapped struct {
	from rune
	to   string
}

// characters reads lines of "code point TAB replacement code points", hexadecimal, and
// lays them out: code points ascending, and where in the joined replacements each
// one's ends.
func characters(text string) ([]safetensors.Tensor, error) {
	var all []mapped
	for line := range strings.Lines(text) {
		m, err := parseMapping(strings.TrimRight(line, "\r\n"))
		if err != nil {
			return nil, fmt.Errorf("charmap.tsv line %d: %w", len(all)+1, err)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b mapped) int { return cmp.Compare(a.from, b.from) })
	var from, end []uint32
	var to []byte
	for i, m := range all {
		if i > 0 && m.from == all[i-1].from {
			return nil, fmt.Errorf("charmap.tsv has %04X twice", m.from)
		}
		to = append(to, m.to...)
		from, end = append(from, uint32(m.from)), append(end, uint32(len(to)))
	}
	return []safetensors.Tensor{
		safetensors.Of("characters.from", from, len(from)),
		safetensors.Of("characters.end", end, len(end)),
		safetensors.Of("characters.to", to, len(to)),
	}, nil
}

func parseMapping(line string) (mapped, error) {
	from, to, ok := strings.Cut(line, "\t")
	if !ok {
		return mapped{}, fmt.Errorf("no tab")
	}
	r, err := parseRune(from)
	if err != nil {
		return mapped{}, err
	}
	var b strings.Builder
	for f := range strings.FieldsSeq(to) {
		c, err := parseRune(f)
		if err != nil {
			return mapped{}, err
		}
		b.WriteRune(c)
	}
	return mapped{r, b.String()}, nil
}

func parseRune(s string) (rune, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, fmt.Errorf("%q is no code point", s)
	}
	return rune(n), nil
}
