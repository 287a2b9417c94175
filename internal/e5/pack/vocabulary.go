package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// specials are the ids below it that are not text: somebody who writes "</s>" means
// the four characters.
const specials = 4

type vocabulary struct {
	pieces []string
	score  []float32 // log-probability by id
}

// readVocabulary reads lines of "piece TAB log-probability"; the line number from 0 is
// the id.
func readVocabulary(text string) (vocabulary, error) {
	var v vocabulary
	for line := range strings.Lines(text) {
		piece, p, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok {
			return v, fmt.Errorf("vocab.tsv line %d: no tab", len(v.pieces)+1)
		}
		f, err := strconv.ParseFloat(p, 32)
		if err != nil || math.IsNaN(f) {
			return v, fmt.Errorf("vocab.tsv line %d: %q is no log-probability", len(v.pieces)+1, p)
		}
		v.pieces, v.score = append(v.pieces, piece), append(v.score, float32(f))
	}
	if len(v.pieces) <= specials {
		return v, fmt.Errorf("vocab.tsv has %d lines only", len(v.pieces))
	}
	return v, nil
}

// longest is the length of the longest piece in bytes.
func (v vocabulary) longest() int {
	n := 0
	for _, p := range v.pieces {
		n = max(n, len(p))
	}
	return n
}

func (v vocabulary) tensors() []safetensors.Tensor {
	t := newTrie(v.pieces, func(id int) bool { return id < specials })
	n := len(t.label)
	return []safetensors.Tensor{
		safetensors.Of("pieces.score", v.score, len(v.score)),
		safetensors.Of("pieces.trie.root", t.root, len(t.root)),
		safetensors.Of("pieces.trie.first", t.first, n),
		safetensors.Of("pieces.trie.piece", t.piece, n),
		safetensors.Of("pieces.trie.count", t.count, n),
		safetensors.Of("pieces.trie.label", t.label, n),
	}
}
