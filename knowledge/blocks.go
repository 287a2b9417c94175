package knowledge

import (
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

type blockKind int

const (
	blockProse blockKind = iota
	blockItem            // of a list, with all that is nested in it
	blockTable
	blockFence
)

// block is a stretch of Markdown that is better not cut.
type block struct {
	kind blockKind
	sep  string // what stood before it: "", "\n" or "\n\n"; " " or "" between the sentences of a paragraph
	text string
}

// blocks splits a section's Markdown. Joined with their separators they give the
// section again, but for blank lines and trailing space.
func blocks(markdown string) []block {
	lines := strings.Split(markdown, "\n")
	var out []block
	sep := ""
	for i := 0; i < len(lines); {
		if strings.TrimSpace(lines[i]) == "" {
			sep = "\n\n"
			i++
			continue
		}
		kind, n := blockProse, 1
		switch {
		case fenceMark(lines[i]) != "":
			kind, n = blockFence, fenceLen(lines[i:])
		case i+1 < len(lines) && strings.Contains(lines[i], "|") && tableRule(lines[i+1]):
			kind, n = blockTable, tableLen(lines[i:])
		case itemStart(lines[i]):
			kind, n = blockItem, itemLen(lines[i:])
		default:
			for i+n < len(lines) && !startsBlock(lines[i+n:]) {
				n++
			}
		}
		if len(out) == 0 {
			sep = ""
		}
		out = append(out, block{kind, sep, strings.TrimRight(strings.Join(lines[i:i+n], "\n"), " \t\n")})
		i, sep = i+n, "\n"
	}
	return out
}

// startsBlock reports whether the first of lines does not go on with a paragraph.
func startsBlock(lines []string) bool {
	return strings.TrimSpace(lines[0]) == "" || itemStart(lines[0]) || fenceMark(lines[0]) != "" ||
		len(lines) > 1 && strings.Contains(lines[0], "|") && tableRule(lines[1])
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

func itemStart(line string) bool {
	return indent(line) <= 3 && listMark(strings.TrimLeft(line, " ")) > 0
}

func fenceLen(lines []string) int {
	mark := fenceMark(lines[0])
	for i := 1; i < len(lines); i++ {
		if strings.HasPrefix(fenceMark(lines[i]), mark) {
			return i + 1
		}
	}
	return len(lines)
}

func tableLen(lines []string) int {
	n := 2
	for n < len(lines) && strings.Contains(lines[n], "|") {
		n++
	}
	return n
}

// itemLen counts the lines of a list item: up to the next item at its level or
// the first unindented line after a blank one.
func itemLen(lines []string) int {
	level, n := indent(lines[0]), 1
	for blank := false; n < len(lines); n++ {
		line := lines[n]
		switch {
		case strings.TrimSpace(line) == "":
			blank = true
			continue
		case itemStart(line) && indent(line) <= level:
			return n
		case blank && indent(line) < level+2:
			return n
		case fenceMark(line) != "" && indent(line) < level+2:
			return n
		}
		blank = false
	}
	return n
}

// sentences cuts prose into blocks of one sentence each, with what stood between.
func sentences(b block) []block {
	var out []block
	rest := b.text
	for _, s := range text.Sentences(b.text) {
		at := strings.Index(rest, s)
		if at < 0 {
			continue // cannot be: sentences are substrings in order
		}
		sep := rest[:at]
		if len(out) == 0 {
			sep = b.sep
		}
		out = append(out, block{b.kind, sep, s})
		rest = rest[at+len(s):]
	}
	return out
}

// onlyLinks reports whether Markdown is nothing but a list of links, as below
// "Related articles": a way to other pages and no answer.
func onlyLinks(markdown string) bool {
	some := false
	for _, b := range blocks(markdown) {
		if b.kind != blockItem {
			return false
		}
		for line := range strings.Lines(b.text) {
			s := strings.TrimSpace(line)
			if s == "" {
				continue
			}
			s = s[listMark(s):]
			if s == "" || s[0] != '[' {
				return false
			}
			if _, n := link(s); n == 0 || strings.Trim(s[n:], " .;,。；") != "" {
				return false
			}
			some = true
		}
	}
	return some
}
