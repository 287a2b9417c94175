// Package load makes work for benches: corpora from a seed, clients that speak
// the live protocol, and checkers over what the clients saw. It is used by
// `frontdesk bench` and by tests, never by the server.
package load

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Corpus is a made-up help centre: documents of one section each, about 120
// words from a Zipf vocabulary, two in three English, the rest Chinese.
type Corpus struct {
	rng     *rand.Rand
	english []string
	chinese []string
	zipf    *rand.Zipf
}

// vocabulary is the number of words a language has. A help centre uses a few
// thousand; BM25 postings then have realistic lengths.
const vocabulary = 6000

// NewCorpus returns the corpus of a seed; the same seed gives the same texts.
func NewCorpus(seed uint64) *Corpus {
	rng := rand.New(rand.NewPCG(seed, 0x66726f6e746465))
	c := &Corpus{rng: rng, zipf: rand.NewZipf(rng, 1.1, 4, vocabulary-1)}
	onsets := strings.Fields("b br c ch d dr f fl g gr h j k l m n p pl pr qu r s sh sl st t th tr v w")
	vowels := strings.Fields("a e i o u ai ea ee oo ou")
	codas := strings.Fields("n r s t l m nd st ck ll")
	seen := map[string]bool{}
	for len(c.english) < vocabulary {
		var w strings.Builder
		for range 1 + rng.IntN(2) {
			w.WriteString(onsets[rng.IntN(len(onsets))] + vowels[rng.IntN(len(vowels))])
		}
		w.WriteString(codas[rng.IntN(len(codas))])
		if !seen[w.String()] {
			seen[w.String()] = true
			c.english = append(c.english, w.String())
		}
	}
	for len(c.chinese) < vocabulary {
		w := string([]rune{rune(0x4e00 + rng.IntN(3000)), rune(0x4e00 + rng.IntN(3000))})
		if !seen[w] {
			seen[w] = true
			c.chinese = append(c.chinese, w)
		}
	}
	return c
}

// words returns n words of a language, frequent ones more often.
func (c *Corpus) words(language string, n int) string {
	list, sep := c.english, " "
	if language == "zh" {
		list, sep = c.chinese, ""
	}
	out := make([]string, n)
	for i := range out {
		out[i] = list[c.zipf.Uint64()]
	}
	return strings.Join(out, sep)
}

// language draws a language: two in three are English.
func (c *Corpus) language() string {
	if c.rng.IntN(3) == 0 {
		return "zh"
	}
	return "en"
}

// Document returns the i-th page.
func (c *Corpus) Document(i int) knowledge.Document {
	lang := c.language()
	var body strings.Builder
	for range 8 {
		body.WriteString(c.words(lang, 15))
		if lang == "zh" {
			body.WriteString("。")
		} else {
			body.WriteString(". ")
		}
	}
	title := c.words(lang, 4)
	return knowledge.Document{
		Path: fmt.Sprintf("bench/%06d.md", i), Kind: knowledge.KindPage, Status: knowledge.StatusPublished,
		Title: title, Language: lang, Sections: []knowledge.Section{{Heading: []string{title}, Text: body.String()}},
	}
}

// Query returns a new question of about sixteen tokens.
func (c *Corpus) Query() string {
	lang := c.language()
	if lang == "zh" {
		return c.words(lang, 6) + "怎么办"
	}
	return "how do i " + c.words(lang, 4)
}
