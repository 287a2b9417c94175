package restate

import "strconv"

// feature is the hash of a feature's name (FNV-1a over its parts).
type feature uint64

// features gathers what an edit looks like. names, when not nil, learns to spell them.
type features struct {
	list  []feature
	names map[feature]string
}

func (f *features) add(parts ...string) {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := 0; i < len(p); i++ {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h = (h ^ '|') * 1099511628211
	}
	if f.names != nil {
		if _, ok := f.names[feature(h)]; !ok {
			name := parts[0]
			for _, p := range parts[1:] {
				name += "|" + p
			}
			f.names[feature(h)] = name
		}
	}
	f.list = append(f.list, feature(h))
}

// spell hashes a spelt name again.
func spell(name string) feature {
	h := uint64(14695981039346656037)
	for i := 0; i <= len(name); i++ {
		c := byte('|')
		if i < len(name) {
			c = name[i]
		}
		h = (h ^ uint64(c)) * 1099511628211
	}
	return feature(h)
}

func at(ts []token, i int) string {
	switch {
	case i < 0:
		return "^"
	case i >= len(ts):
		return "$"
	}
	return ts[i].id()
}

func number(n, most int) string { return strconv.Itoa(min(n, most)) }

// shape spells the classes of a stretch, at most four; equal neighbours once.
func shape(ts []token) string {
	var b [5]byte
	n := 0
	for _, t := range ts {
		if n > 0 && b[n-1] == t.class {
			continue
		}
		if n == 4 {
			b[4] = '+'
			n++
			break
		}
		b[n] = t.class
		n++
	}
	return string(b[:n])
}

func (s *scene) lang() string {
	if s.zh {
		return "zh"
	}
	return "en"
}

func yes(b bool) string {
	if b {
		return "y"
	}
	return "n"
}

// own describes the words by themselves: whether they need help at all.
func (s *scene) own(f *features) {
	l, ts := s.lang(), s.words[:s.end]
	var verb, noun, ask, points, name bool
	for i := range ts {
		t := &ts[i]
		verb = verb || t.class == classVerb
		noun = noun || t.class == classNoun || t.class == 'l' || t.class == 'o'
		name = name || t.class == className || t.class == classUnknown
		ask = ask || t.class == classAsk
		points = points || pointer(*t)
		f.add(l, "keep", "has", t.id())
	}
	f.add(l, "keep")
	f.add(l, "keep", "n", number(len(ts), 9))
	f.add(l, "keep", "points", yes(points))
	f.add(l, "keep", "verb+noun", yes(verb), yes(noun), yes(name))
	f.add(l, "keep", "ask+noun", yes(ask), yes(noun), yes(name))
	f.add(l, "keep", "points+n", yes(points), number(len(ts), 6))
	f.add(l, "keep", "first", at(ts, 0))
	f.add(l, "keep", "last", at(ts, len(ts)-1))
	f.add(l, "keep", "shape", shape(ts))
}

// place describes where something would be put.
func (s *scene) place(e edit, f *features) {
	l, op := s.lang(), s.op(e)
	ts := s.words[:s.end]
	left, right := at(ts, e.from-1), at(ts, e.to)
	f.add(l, op)
	f.add(l, op, "L", left)
	f.add(l, op, "R", right)
	f.add(l, op, "LR", left, right)
	f.add(l, op, "L2", at(ts, e.from-2), left)
	f.add(l, op, "R2", right, at(ts, e.to+1))
	f.add(l, op, "n", number(len(ts), 8))
	points := false
	for i := range ts {
		points = points || pointer(ts[i])
	}
	f.add(l, op, "points", yes(points))
	f.add(l, op, "to", number(e.to-e.from, 4))
}

func (s *scene) op(e edit) string {
	switch e.kind {
	case insert:
		switch {
		case e.from == 0:
			return "I^"
		case e.from == s.end:
			return "I$" + e.join
		}
		return "I"
	case replace:
		return "R:" + s.words[e.from].low
	case slot:
		if e.a == e.b {
			return "S$"
		}
		return "S"
	}
	return "keep"
}

// stretchOf describes what would be carried over.
func (s *scene) stretchOf(e edit, f *features) {
	l := s.lang()
	ts := s.said[e.back-1]
	in := ts[e.a:e.b]
	if len(in) == 0 {
		f.add(l, "c", "none")
		return
	}
	sh := shape(in)
	left, right := at(ts, e.a-1), at(ts, e.b)
	back, role := number(e.back, 9), yes(s.role[e.back-1])
	f.add(l, "c", "shape", sh)
	f.add(l, "c", "shape+back", sh, back)
	f.add(l, "c", "back", back, role)
	f.add(l, "c", "len", number(len(in), 6))
	f.add(l, "c", "L", left)
	f.add(l, "c", "R", right)
	f.add(l, "c", "LR", left, right)
	f.add(l, "c", "first", in[0].id())
	f.add(l, "c", "last", in[len(in)-1].id())
	f.add(l, "c", "L+first", left, in[0].id())
	f.add(l, "c", "last+R", in[len(in)-1].id(), right)
	f.add(l, "c", "all", yes(e.a == 0 && e.b == bare(ts)))
	f.add(l, "c", "cut", yes(e.a > 0 && nominal(ts[e.a-1]) && nominal(in[0])), yes(e.b < len(ts) && nominal(ts[e.b]) && nominal(in[len(in)-1])))
	f.add(l, "c", "often", number(s.count[s.key(e)], 3), sh)
	known := false
	for i := range in {
		for j := range s.words {
			if in[i].low == s.words[j].low && (in[i].class != classUse) {
				known = true
				f.add(l, "c", "known", in[i].id())
			}
		}
	}
	f.add(l, "c", "known", yes(known))
}

func nominal(t token) bool {
	return t.class == classNoun || t.class == className || t.class == classUnknown || t.class == 'l' || t.class == 'o' || t.class == classNumber
}

// both describes how the two fit.
func (s *scene) both(e edit, f *features) {
	l, op := s.lang(), s.op(e)
	ts := s.said[e.back-1]
	words := s.words[:s.end]
	back, role := number(e.back, 9), yes(s.role[e.back-1])
	f.add(l, op, "back", back, role)
	if e.kind == slot {
		s.exchange(e, f)
		return
	}
	in := ts[e.a:e.b]
	sh := shape(in)
	left, right := at(words, e.from-1), at(words, e.to)
	f.add(l, op, "shape", sh)
	f.add(l, op, "L+first", left, in[0].id())
	f.add(l, op, "R+last", right, in[len(in)-1].id())
	f.add(l, op, "L+shape", left, sh)
	f.add(l, op, "shape+R", sh, right)
	f.add(l, op, "L+shape+R", left, sh, right)
	f.add(l, op, "cL", at(ts, e.a-1))
	f.add(l, op, "cR", at(ts, e.b))
	f.add(l, op, "L,cL", left, at(ts, e.a-1))
	f.add(l, op, "R,cR", right, at(ts, e.b))
	if e.from > 0 && e.a > 0 {
		f.add(l, "sameL", yes(words[e.from-1].low == ts[e.a-1].low), classNames[words[e.from-1].class])
	}
	if e.to < len(words) && e.b < len(ts) {
		f.add(l, "sameR", yes(words[e.to].low == ts[e.b].low), classNames[words[e.to].class])
	}
	f.add(l, op, "edge", yes(e.a == 0), yes(e.b == bare(ts)))
}

// exchange describes how what is new fits into the place of what was.
func (s *scene) exchange(e edit, f *features) {
	put := s.words[e.from:e.to]
	op := s.op(e)
	ts := s.said[e.back-1]
	f.add("en", op, "first", put[0].id())
	f.add("en", op, "n", number(len(put), 5))
	f.add("en", op, "noun", yes(e.noun))
	f.add("en", op, "why", at(s.words, 0), at(s.words, 1))
	if e.a == e.b {
		f.add("en", op, "first+end", put[0].id(), ts[e.a-1].id())
		return
	}
	was := ts[e.a:e.b]
	f.add("en", op, "first,first", put[0].id(), was[0].id())
	f.add("en", op, "shape,shape", shape(put), shape(was))
	f.add("en", op, "last,last", yes(put[len(put)-1].low == was[len(was)-1].low))
	f.add("en", op, "end", yes(e.b == bare(ts)))
	f.add("en", op, "before", at(ts, e.a-1))
}
