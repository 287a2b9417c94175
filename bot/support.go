package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// supportShare is the part of a sentence's content words that one passage (or
// the question) must hold. A sentence that says something else than the pages
// shares at most its subject with them, about a third of its words.
const supportShare = .55

// support checks a model's sentences against the passages it was given. It
// compares words, not meanings: cheap enough for every sentence, strict about
// what hurts most when it is made up (numbers, addresses, links).
type support struct {
	language string
	words    []map[string]bool // of each passage
	langs    []string          // of each passage
	names    []string          // of each passage, as the prompt says them
	question map[string]bool
	facts    map[string]bool // numbers, links and addresses of passages and question
	used     []bool          // cited by a shown sentence
	leant    []bool          // supports a shown sentence
}

func newSupport(t *Turn, passages []knowledge.Candidate) *support {
	s := &support{
		language: t.language(), question: bag(t.Trace.Question), facts: map[string]bool{},
		used: make([]bool, len(passages)), leant: make([]bool, len(passages)),
	}
	add := func(words string) {
		for _, f := range facts(words) {
			s.facts[f] = true
		}
	}
	for _, c := range passages {
		all := c.Title + "\n" + strings.Join(c.Heading, "\n") + "\n" + c.Matched + "\n" + c.Passage
		s.words = append(s.words, bag(all))
		s.names = append(s.names, pageName(c))
		s.langs = append(s.langs, text.Language(c.Passage))
		add(all)
	}
	add(t.Trace.Question)
	add(t.Trace.Asked)
	return s
}

// holds reports whether a sentence may be shown, and notes what it stands on.
func (s *support) holds(sentence string) bool {
	plain := strings.TrimSpace(citationPattern.ReplaceAllString(sentence, " "))
	if !sameLanguage(plain, s.language) || s.echoes(plain) {
		return false
	}
	for _, f := range facts(plain) {
		if !s.facts[f] {
			return false
		}
	}
	words := contentWords(plain)
	best, share := -1, 0.0
	foreign := -1
	for i, have := range s.words {
		hits := 0
		for _, w := range words {
			if have[w] || s.question[w] {
				hits++
			}
		}
		if len(words) > 0 && float64(hits)/float64(len(words)) > share {
			best, share = i, float64(hits)/float64(len(words))
		}
		if s.langs[i] != "" && s.langs[i] != s.language && foreign < 0 {
			foreign = i
		}
	}
	numbers := s.numbers(sentence)
	switch {
	case len(words) == 0:
		return true // "Yes." and the marks of a list
	case share >= supportShare:
		s.leant[best] = true
	case foreign >= 0 && len(numbers) > 0 && s.langs[numbers[0]] != s.language:
		// Words of another language cannot be compared; its numbers and links were, and it names its page.
		s.leant[numbers[0]] = true
	default:
		return false
	}
	for _, n := range numbers {
		s.used[n] = true
	}
	return true
}

// echoes reports whether a sentence only says the prompt again, as small models do:
// a question, which is no answer, or the name of a page.
func (s *support) echoes(plain string) bool {
	end := strings.TrimRight(plain, `"'”’)）」』*_ `)
	return strings.HasSuffix(end, "?") || strings.HasSuffix(end, "？") || strings.Contains(plain, nameMark) || slices.Contains(s.names, plain)
}

// numbers returns the passages that a sentence cites, from 0.
func (s *support) numbers(sentence string) []int {
	var out []int
	for _, m := range citationPattern.FindAllStringSubmatch(sentence, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && n >= 1 && n <= len(s.used) {
			out = append(out, n-1)
		}
	}
	return out
}

var (
	citationPattern = regexp.MustCompile(`\s*[\[【](\d{1,2})[\]】]`)
	factPattern     = regexp.MustCompile(`https?://[^\s)\]>）】，。]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d+(?:[.,:]\d+)*`)
	listMark        = regexp.MustCompile(`^\s*\d{1,2}[.)、]\s*`)
)

// facts are what must not be made up: links, mail addresses and numbers. The
// number of a list's item is none.
func facts(s string) []string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		line = listMark.ReplaceAllString(line, "")
		for _, f := range factPattern.FindAllString(text.Fold(line), -1) {
			out = append(out, strings.TrimRight(strings.ReplaceAll(f, ",", ""), ".:/"))
		}
	}
	return out
}

// sameLanguage reports whether a text may stand in an answer in the language.
// Names and code of the other script do not make it foreign.
func sameLanguage(s, language string) bool {
	l := text.Language(s)
	return l == "" || l == language || utf8.RuneCountInString(s) < 12
}

// splitter cuts a stream of pieces into sentences, each with the white space
// before it, so that joining them gives the stream back.
type splitter struct{ held string }

// feed takes a piece and returns the sentences that are complete now. A
// sentence is complete when its end and the character after it are there, so
// that "3.5" and the citation behind a full stop are not torn apart.
func (p *splitter) feed(piece string) []string {
	p.held += piece
	var out []string
	for {
		end := sentenceEnd(p.held)
		if end < 0 {
			return out
		}
		out = append(out, p.held[:end])
		p.held = p.held[end:]
	}
}

// rest returns what is held back.
func (p *splitter) rest() string {
	s := p.held
	p.held = ""
	return s
}

// sentenceEnd returns where the first sentence of s ends, −1 when that cannot be
// told yet.
func sentenceEnd(s string) int {
	started := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		end := i + size
		switch {
		case r == '\n':
			return end
		case strings.ContainsRune("。！？!?", r), r == '.' && started:
			after := trailing(s, end)
			if after < 0 {
				return -1
			}
			if r == '.' && after == end && s[end] != ' ' && s[end] != '\n' {
				break // "3.5", "example.com"
			}
			if r == '.' && after == end && listMark.MatchString(s[:end]) && len(strings.TrimSpace(s[:end])) <= 3 {
				break // "1." opens an item
			}
			return after
		}
		if r != ' ' {
			started = true
		}
		i = end
	}
	return -1
}

// trailing moves past closing marks and citations behind a sentence's end; −1
// when more of them may come.
func trailing(s string, i int) int {
	for i < len(s) {
		if m := citationPattern.FindStringIndex(s[i:]); m != nil && m[0] == 0 {
			i += m[1]
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if strings.ContainsRune(`"'”’)）」』*_`, r) {
			i += size
			continue
		}
		if tail := strings.TrimLeft(s[i:], " "); (tail == "" && !citedBefore(s[:i])) || (tail != "" && len(tail) < 6 && (tail[0] == '[' || strings.HasPrefix(tail, "【"))) {
			return -1 // a citation may be on its way
		}
		return i
	}
	return -1
}

// citedBefore reports whether a sentence cites its page before its full stop.
func citedBefore(sentence string) bool {
	tail := sentence[max(0, len(sentence)-12):]
	return citationPattern.MatchString(tail)
}
