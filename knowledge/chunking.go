package knowledge

import (
	"fmt"
	"strings"
	"unicode"
)

// Cutter cuts documents into chunks. The zero Cutter has the defaults and counts
// tokens by a rule of thumb; it is immutable and safe for concurrent use.
type Cutter struct {
	Tokens  func(text string) int // by the embedding model's tokenizer; nil: estimated
	Target  int                   // tokens of a body chunk with its title and headings; 0: 160, about 110 English words
	Max     int                   // tokens that no chunk exceeds, tables too; 0: 480, what models of 512 tokens read with their prefix
	Overlap int                   // a chunk begins with the last sentence of the one before it when that has at most so many tokens; 0: 40, below 0: never
}

func (c Cutter) filled() Cutter {
	if c.Tokens == nil {
		c.Tokens = estimateTokens
	}
	if c.Target <= 0 {
		c.Target = 160
	}
	if c.Max <= 0 {
		c.Max = 480
	}
	c.Max = max(c.Max, c.Target)
	if c.Overlap == 0 {
		c.Overlap = 40
	}
	return c
}

// cutVersion changes with the code of this file, so that Stale documents are seen.
const cutVersion = 1

// Recipe names how documents are cut: chunks of another recipe are stale.
func (c Cutter) Recipe() string {
	c = c.filled()
	return fmt.Sprintf("%d/%d/%d/%d", cutVersion, c.Target, c.Max, c.Overlap)
}

// Cut returns the chunks of a document, in order, without vectors: of a page its
// title and the stretches of its sections, of an entry its question, paraphrases,
// negatives and answer.
func (c Cutter) Cut(d Document) []Chunk {
	p := &pack{Cutter: c.filled(), title: strings.TrimSpace(PlainText(d.Title))}
	if d.Kind == KindEntry {
		p.entry(d)
	} else {
		p.page(d)
	}
	for i := range p.out {
		ch := &p.out[i]
		ch.Ordinal = i
		ch.Tokens = p.Tokens(ch.Indexed)
		ch.Hash = chunkHash(ch.Field, ch.Indexed)
	}
	return p.out
}

// pack is one document being cut.
type pack struct {
	Cutter
	title string
	out   []Chunk
}

func (p *pack) entry(d Document) {
	// One field's texts are told apart by what is left of them as plain text.
	seen := map[string]bool{}
	add := func(f Field, text string) {
		plain := PlainText(text)
		if key := string(f) + plain; plain != "" && !seen[key] {
			seen[key] = true
			p.out = append(p.out, Chunk{Field: f, Text: text, Indexed: plain})
		}
	}
	add(FieldQuestion, d.Question)
	for _, q := range d.Paraphrases {
		add(FieldParaphrase, q)
	}
	for _, q := range d.Confirmed {
		add(FieldParaphrase, q)
	}
	for _, q := range d.Negatives {
		add(FieldNegative, q)
	}
	p.stretches(FieldAnswer, Section{Text: d.Answer}, PlainText(d.Question))
}

func (p *pack) page(d Document) {
	if p.title != "" {
		p.out = append(p.out, Chunk{Field: FieldTitle, Text: d.Title, Indexed: p.title})
	}
	for _, q := range d.Confirmed {
		if plain := PlainText(q); plain != "" {
			p.out = append(p.out, Chunk{Field: FieldParaphrase, Text: q, Indexed: plain})
		}
	}
	before := len(p.out)
	for i, s := range d.Sections {
		if i > 0 && len(s.Heading) > 0 && onlyLinks(s.Text) {
			continue
		}
		p.section(s)
	}
	if len(p.out) == before { // nothing but links: then they are what the page says
		for _, s := range d.Sections {
			p.section(s)
		}
	}
}

func (p *pack) section(s Section) {
	var parts []string
	if p.title != "" {
		parts = append(parts, p.title)
	}
	for _, h := range s.Heading {
		if h != p.title {
			parts = append(parts, h)
		}
	}
	p.stretches(FieldBody, s, strings.Join(parts, "\n"))
}

// stretches appends chunks of a section, each indexed with before above it.
func (p *pack) stretches(f Field, s Section, before string) {
	before = p.shorten(before)
	used := 0
	if before != "" {
		used = p.Tokens(before) + 1
		before += "\n"
	}
	c := &cut{pack: p, budget: max(p.Target-used, p.Target/3), limit: max(p.Max-used, p.Target/3)}
	for _, b := range blocks(s.Text) {
		c.add(b)
	}
	for _, text := range c.done() {
		if plain := PlainText(text); plain != "" {
			p.out = append(p.out, Chunk{Field: f, Heading: s.Heading, Page: s.Page, Text: text, Indexed: before + plain})
		}
	}
}

// shorten keeps title and headings from crowding out the text: at most a third of
// the target, the last lines first, for they are the nearest.
func (p *pack) shorten(before string) string {
	for before != "" && p.Tokens(before) > p.Target/3 {
		if _, rest, ok := strings.Cut(before, "\n"); ok {
			before = rest
			continue
		}
		words := []rune(before)
		before = string(words[:len(words)*2/3])
	}
	return before
}

// estimateTokens is near what multilingual unigram tokenizers count: 1.4 a Latin
// word, 0.7 a Han character.
func estimateTokens(s string) int {
	words, han, in := 0, 0, false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
			in = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if !in {
				words++
			}
			in = true
		default:
			if !unicode.IsSpace(r) {
				words++
			}
			in = false
		}
	}
	return (14*words + 7*han + 9) / 10
}
