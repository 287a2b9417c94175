package e5

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// Special ids. They stand in the model file's metadata too; weights are refused
// when the two disagree.
const (
	bosID = 0 // <s>
	padID = 1 // <pad>, never produced: texts are not padded
	eosID = 2 // </s>
	unkID = 3 // <unk>
)

// tokenizer cuts a text into vocabulary pieces: the segmentation of highest
// probability under a unigram model (Kudo, arXiv 1804.10959), found by Viterbi's
// algorithm. Its tables are read in place, as weights are. It is immutable and safe for
// concurrent use.
type tokenizer struct {
	chars    charmap
	pieces   trie
	score    []float32 // log-probability by id
	unkScore float32   // cost of a character that is no piece
	longest  int       // bytes of the longest piece
	scratch  sync.Pool // of *lattice
}

func loadTokenizer(f *safetensors.File) (*tokenizer, error) {
	l := loader{f: f}
	t := &tokenizer{
		chars: charmap{
			from: view[uint32](&l, "characters.from", safetensors.Any),
			end:  view[uint32](&l, "characters.end", safetensors.Any),
			to:   view[byte](&l, "characters.to", safetensors.Any),
		},
		pieces: trie{
			root:  view[uint32](&l, "pieces.trie.root", 256),
			first: view[uint32](&l, "pieces.trie.first", safetensors.Any),
			count: view[uint8](&l, "pieces.trie.count", safetensors.Any),
			label: view[uint8](&l, "pieces.trie.label", safetensors.Any),
			piece: view[int32](&l, "pieces.trie.piece", safetensors.Any),
		},
		score:   view[float32](&l, "pieces.score", pieceN),
		scratch: sync.Pool{New: func() any { return new(lattice) }},
	}
	if l.err != nil {
		return nil, l.err
	}
	unk, err := strconv.ParseFloat(f.Meta["unk_score"], 32)
	if err != nil {
		return nil, fmt.Errorf("model file: unk_score: %w", err)
	}
	t.unkScore = float32(unk)
	if t.longest, err = strconv.Atoi(f.Meta["longest_piece"]); err != nil {
		return nil, fmt.Errorf("model file: longest_piece: %w", err)
	}
	return t, nil
}

// lattice is the working memory of one segmentation, used again for the next.
type lattice struct {
	text  []byte    // normalized
	best  []float64 // by byte position: score of the best segmentation up to here
	from  []int32   // where its last piece starts; -1 for unreached
	id    []int32   // its last piece
	order []int32   // pieces of a segment, last first
}

// encode appends to ids the specials and the pieces of prefix+text, limit ids at
// most (the last of them </s>). The prefix is cut as one text with what follows.
func (t *tokenizer) encode(ids []int32, prefix, text string, limit int) []int32 {
	l := t.scratch.Get().(*lattice)
	defer t.scratch.Put(l)
	// What lies beyond the reach of limit pieces cannot show in them, but for the
	// segment that the cut goes through; twice the reach keeps even a text without
	// blanks from feeling it, because segmentations agree again after a few pieces.
	reach := 2 * limit * t.longest
	l.text = t.chars.normalize(l.text[:0], prefix, 0)
	l.text = t.chars.normalize(l.text, text, reach)
	start := len(ids)
	ids = append(ids, bosID)
	rest := l.text
	for len(rest) > 0 && len(ids)-start < limit-1 {
		var seg []byte
		seg, rest = cutSegment(rest)
		for i := len(t.segment(l, seg)) - 1; i >= 0 && len(ids)-start < limit-1; i-- {
			ids = append(ids, l.order[i])
		}
	}
	return append(ids, eosID)
}

// count returns the number of pieces of text, specials not counted; 0 for blank text.
func (t *tokenizer) count(text string) int {
	l := t.scratch.Get().(*lattice)
	defer t.scratch.Put(l)
	l.text = t.chars.normalize(l.text[:0], text, 0)
	if len(l.text) == len(space) {
		return 0
	}
	n := 0
	for rest := l.text; len(rest) > 0; {
		var seg []byte
		seg, rest = cutSegment(rest)
		n += len(t.segment(l, seg))
	}
	return n
}

// cutSegment cuts text before the next U+2581. A piece holds that character in
// front or not at all, so every segmentation has a border there and the parts can
// be solved one by one.
func cutSegment(text []byte) (segment, rest []byte) {
	if i := bytes.Index(text[1:], []byte(space)); i >= 0 {
		return text[:i+1], text[i+1:]
	}
	return text, nil
}

// segment returns the best pieces of seg, last first; they stay in l until the
// next call. It takes time proportional to the length of seg.
func (t *tokenizer) segment(l *lattice, seg []byte) []int32 {
	n := len(seg)
	l.grow(n + 1)
	best, from, id := l.best[:n+1], l.from[:n+1], l.id[:n+1]
	for i := range from {
		from[i] = -1
	}
	best[0], from[0] = 0, 0
	for i := 0; i < n; i++ {
		if from[i] < 0 {
			continue
		}
		_, width := utf8.DecodeRune(seg[i:])
		score := best[i]
		single := false
		node := uint32(0)
		for j := i; j < n; j++ {
			if node = t.pieces.child(node, seg[j]); node == 0 {
				break
			}
			p := t.pieces.piece[node]
			if p < 0 {
				continue
			}
			if s := score + float64(t.score[p]); from[j+1] < 0 || s > best[j+1] {
				best[j+1], from[j+1], id[j+1] = s, int32(i), p
			}
			single = single || j+1 == i+width
		}
		if end := i + width; !single {
			if s := score + float64(t.unkScore); from[end] < 0 || s > best[end] {
				best[end], from[end], id[end] = s, int32(i), unkID
			}
		}
	}
	l.order = l.order[:0]
	for i := int32(n); i > 0; i = from[i] {
		l.order = append(l.order, id[i])
	}
	return l.order
}

func (l *lattice) grow(n int) {
	if cap(l.best) < n {
		l.best, l.from, l.id = make([]float64, n), make([]int32, n), make([]int32, n)
	}
	l.best, l.from, l.id = l.best[:cap(l.best)], l.from[:cap(l.from)], l.id[:cap(l.id)]
}
