package restate

import "strings"

// kind of an edit.
type kind byte

const (
	keep    kind = iota // leave the words as they are
	insert              // put a stretch of an earlier text between two words
	replace             // put it in the place of a pointer
	slot                // put the words into the place of a stretch of an earlier question
)

// edit is one way to bring the words nearer to standing alone.
type edit struct {
	kind     kind
	from, to int    // tokens of the words: the place, or with slot the part that is new
	back     int    // which earlier text: 1 is the last
	a, b     int    // tokens of that text; with slot a == b puts the new part at its end
	join     string // English word between a stretch and what it is put behind: "for"; ""
	noun     bool   // with slot: "the blue one" takes the noun of the stretch
}

// Bounds of what is looked at.
const (
	maxBack    = 4   // earlier texts
	maxSpan    = 6   // tokens of a stretch
	maxSpans   = 120 // stretches, the latest texts first
	maxOwn     = 24  // tokens of words that may need help; a longer message says what it means
	maxSlotOwn = 6   // tokens of what is put into an earlier question
)

// scene is what one step looks at.
type scene struct {
	zh    bool
	words []token
	text  string
	end   int       // tokens before the closing marks
	said  [][]token // said[0] is the last text
	texts []string
	role  []bool // same author as the words
	count map[string]int
}

// span is a stretch of an earlier text that an edit may use.
type span struct{ back, a, b int }

// spans lists the stretches that may be carried over.
func (s *scene) spans() []span {
	var out []span
	for back := 1; back <= len(s.said); back++ {
		ts := s.said[back-1]
		for a := range ts {
			for b := a + 1; b <= len(ts) && b-a <= maxSpan && ts[b-1].class != classPunct; b++ {
				if s.carries(ts, a, b) {
					if out = append(out, span{back, a, b}); len(out) == maxSpans {
						return out
					}
				}
			}
		}
	}
	return out
}

// carries reports whether a stretch may be worth carrying over.
func (s *scene) carries(ts []token, a, b int) bool {
	first, last := ts[a], ts[b-1]
	if s.zh {
		if first.class == classPart || last.class == classPart || first.class == classUse || first.class == classConj || last.class == classConj {
			return false
		}
		for _, t := range ts[a:b] {
			switch t.class {
			case classPronoun, classPart, classUse, 'd', 'p', classConj:
			default:
				return true
			}
		}
		return b-a == 2 && last.class == classPronoun // "是谁"
	}
	content := func(t token) bool {
		return t.class == classNoun || t.class == className || t.class == classVerb || t.class == classNumber || t.class == classUnknown
	}
	// A stretch ends where something that belongs to it no longer follows, and
	// begins where nothing that belongs to it stands before.
	if !content(last) || (b < len(ts) && content(ts[b]) && (last.class != className || ts[b].class == className)) {
		return false
	}
	if last.class == classVerb && b-a > 1 && !strings.HasSuffix(last.low, "ing") {
		return false // "the visit takes"
	}
	switch first.class {
	case classDet, classPrep:
		return true
	case classPronoun:
		return first.low == "my" || first.low == "your" || first.low == "our" || first.low == "this" || first.low == "their"
	case classAsk:
		return false
	}
	return content(first) && (a == 0 || !content(ts[a-1]) || (first.class == className && ts[a-1].class != className) || (ts[a-1].class == classVerb && first.class != classVerb))
}

// edits lists what may be done with the words, keep first.
func (s *scene) edits() []edit {
	out := []edit{{kind: keep}}
	spans := s.spans()
	for i := 0; i < s.end; i++ {
		if !pointer(s.words[i]) {
			continue
		}
		for to := i + 1; to <= min(s.end, i+3); to++ {
			if to > i+1 && (!demonstrative(s.words[i]) || !(s.words[to-1].class == classNoun || s.words[to-1].class == 'q' || s.words[to-1].class == classUnknown)) {
				break
			}
			for _, p := range spans {
				if s.said[p.back-1][p.a].class == classPrep && !s.zh && s.words[i].low != "there" {
					continue // "when was of Clara born"
				}
				out = append(out, edit{kind: replace, from: i, to: to, back: p.back, a: p.a, b: p.b})
			}
		}
	}
	for i := 0; i <= s.end; i++ {
		if !s.zh && i < s.end && i > 0 && s.words[i-1].class == classDet {
			continue
		}
		for _, p := range spans {
			if !s.zh && s.said[p.back-1][p.a].class == classVerb && p.b-p.a > 1 {
				continue // "what do I pay go to the sauna"
			}
			out = append(out, edit{kind: insert, from: i, to: i, back: p.back, a: p.a, b: p.b})
			if !s.zh && i == s.end && s.said[p.back-1][p.a].class != classPrep {
				out = append(out, edit{kind: insert, from: i, to: i, back: p.back, a: p.a, b: p.b, join: "for"}, edit{kind: insert, from: i, to: i, back: p.back, a: p.a, b: p.b, join: "of"})
			}
		}
	}
	if !s.zh {
		out = s.slots(out, spans)
	}
	return out
}

// slots adds the ways to put what is new into an earlier question of the same author.
func (s *scene) slots(out []edit, spans []span) []edit {
	from, to := s.novel()
	if from >= to || to-from > maxSlotOwn {
		return out
	}
	for _, t := range s.words[from:to] {
		if t.class == classAsk || t.class == classAux {
			return out
		}
	}
	ones := s.words[to-1].low == "one" || s.words[to-1].low == "ones"
	for back := 1; back <= len(s.said); back++ {
		if ts := s.said[back-1]; s.role[back-1] && !ones && len(ts) > 2 && question(ts) {
			end := bare(ts)
			out = append(out, edit{kind: slot, from: from, to: to, back: back, a: end, b: end})
		}
	}
	by := s.words[from].class == classPrep
	for _, p := range spans {
		if ts := s.said[p.back-1]; s.role[p.back-1] && question(ts) && by == (ts[p.a].class == classPrep) {
			out = append(out, edit{kind: slot, from: from, to: to, back: p.back, a: p.a, b: p.b, noun: ones})
		}
	}
	return out
}

// question reports whether a text begins like a question.
func question(ts []token) bool {
	return len(ts) > 0 && (ts[0].class == classAsk || ts[0].class == classAux)
}

// novel returns the part of the words that is new when they go on from an
// earlier question: "and [the suite]?", "no, I meant [shoes]".
func (s *scene) novel() (from, to int) {
	to = s.end
	for from < to {
		t := s.words[from]
		rest := s.words[from:to]
		switch {
		case t.class == classConj, t.class == classPunct, t.low == "ok", t.low == "okay", t.low == "thanks", t.low == "no", t.low == "sorry", t.low == "yes", t.low == "not", t.low == "well":
			from++
		case len(rest) > 2 && (t.low == "what" || t.low == "how") && (rest[1].low == "about" || rest[1].low == "if"):
			from += 2
		case len(rest) > 2 && t.low == "i" && (rest[1].low == "meant" || rest[1].low == "mean" || rest[1].low == "said"):
			from += 2
		default:
			for to > from+1 && (s.words[to-1].low == "too" || s.words[to-1].low == "then" || s.words[to-1].low == "instead") {
				to--
			}
			if to > from+2 && s.words[to-1].low == "well" && s.words[to-2].low == "as" {
				to -= 2
			}
			return from, to
		}
	}
	return from, to
}

// bare returns how many tokens stand before the closing marks.
func bare(ts []token) int {
	n := len(ts)
	for n > 0 && ts[n-1].class == classPunct {
		n--
	}
	return n
}

// stretch is the text of tokens a to b of an earlier text.
func (s *scene) stretch(back, a, b int) string {
	ts := s.said[back-1]
	return s.texts[back-1][ts[a].start:ts[b-1].end]
}

// apply returns the words after an edit.
func (s *scene) apply(e edit) string {
	switch e.kind {
	case insert:
		put := s.stretch(e.back, e.a, e.b)
		if e.join != "" {
			put = e.join + " " + put
		}
		return s.splice(e.from, e.from, put)
	case replace:
		put := s.stretch(e.back, e.a, e.b)
		var next *token
		if e.to < len(s.words) {
			next = &s.words[e.to]
		}
		w := s.words[e.from]
		switch {
		case s.zh:
		case possessive(w, next):
			if put += "'"; !strings.HasSuffix(put, "s'") {
				put += "s"
			}
		case strings.HasSuffix(w.low, "'s"):
			put += " is"
		case strings.HasSuffix(w.low, "'re"):
			put += " are"
		}
		return s.splice(e.from, e.to, put)
	case slot:
		put := s.text[s.words[e.from].start:s.words[e.to-1].end]
		ts, base := s.said[e.back-1], s.texts[e.back-1]
		if e.noun {
			put = strings.TrimSpace(s.text[s.words[e.from].start:s.words[e.to-1].start]) + " " + ts[e.b-1].text
		}
		if e.a == e.b {
			return base[:ts[e.a-1].end] + " " + put + base[ts[e.a-1].end:]
		}
		return base[:ts[e.a].start] + put + base[ts[e.b-1].end:]
	}
	return s.text
}

// splice puts text in the place of tokens from to to.
func (s *scene) splice(from, to int, put string) string {
	at, after := len(s.text), len(s.text)
	switch {
	case from < to:
		at, after = s.words[from].start, s.words[to-1].end
	case from < len(s.words):
		if from > 0 {
			at = s.words[from-1].end
		} else {
			at = s.words[0].start
		}
		after = at
	}
	left, right := s.text[:at], s.text[after:]
	if s.zh {
		return left + put + right
	}
	if left != "" && !strings.HasSuffix(left, " ") {
		left += " "
	}
	if right != "" && !strings.HasPrefix(right, " ") && !strings.ContainsAny(right[:1], "?!.,;:") {
		right = " " + right
	}
	return left + put + right
}
