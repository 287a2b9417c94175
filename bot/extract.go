package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// maxExtract is how many characters of a page an answer quotes. A chat bubble
// of that size is read; more is skipped over.
const maxExtract = 700

// extract quotes the part of a passage that answers the question: the whole
// passage when it is short, otherwise the neighbouring blocks (paragraphs, list
// items, table rows) that say most about the question, in their order. Words
// are never changed.
func extract(passage, question string) string {
	passage = strings.TrimSpace(passage)
	if utf8.RuneCountInString(passage) <= maxExtract {
		return passage
	}
	blocks := blocksOf(passage)
	wanted := bag(question)
	score := make([]float64, len(blocks))
	size := make([]int, len(blocks))
	for i, b := range blocks {
		seen := map[string]bool{}
		for _, w := range contentWords(b) {
			if wanted[w] && !seen[w] {
				seen[w] = true
				score[i]++
			}
		}
		size[i] = utf8.RuneCountInString(b) + 1
		// The first sentences of a section usually say what it is about.
		score[i] += .2 / float64(i+1)
	}
	best, from, to := -1.0, 0, 0
	for i := range blocks {
		sum, length := 0.0, 0
		for j := i; j < len(blocks); j++ {
			if length += size[j]; length > maxExtract && j > i {
				break
			}
			sum += score[j]
			if sum > best {
				best, from, to = sum, i, j+1
			}
		}
	}
	for room := maxExtract - total(size[from:to]); to < len(blocks) && size[to] <= room; to++ {
		room -= size[to] // what follows belongs to it more often than not
	}
	out := strings.TrimSpace(strings.Join(blocks[from:to], "\n"))
	if utf8.RuneCountInString(out) > maxExtract+maxExtract/2 {
		out = cutSentences(out, maxExtract)
	}
	return out
}

// blocksOf splits Markdown at lines; a table with its head stays one block, and
// so does fenced code.
func blocksOf(s string) []string {
	var out []string
	var fence bool
	for _, line := range strings.Split(s, "\n") {
		table := strings.HasPrefix(strings.TrimSpace(line), "|")
		joins := fence || (table && len(out) > 0 && strings.HasPrefix(strings.TrimSpace(out[len(out)-1]), "|"))
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fence = !fence
		}
		if joins {
			out[len(out)-1] += "\n" + line
			continue
		}
		out = append(out, line)
	}
	return out
}

// cutSentences keeps whole sentences up to n characters.
func cutSentences(s string, n int) string {
	end, length := 0, 0
	for _, sentence := range text.Sentences(s) {
		length += utf8.RuneCountInString(sentence) + 1
		i := strings.Index(s[end:], sentence)
		if i < 0 || (length > n && end > 0) {
			break
		}
		end += i + len(sentence)
	}
	if end == 0 || length > 2*n && end > 4*n {
		return shorten(s, n)
	}
	return s[:end]
}

func total(sizes []int) int {
	sum := 0
	for _, s := range sizes {
		sum += s
	}
	return sum
}
