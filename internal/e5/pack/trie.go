package main

import (
	"cmp"
	"slices"
)

// trie finds every vocabulary piece that starts at a place of a text, byte by byte.
// Nodes are numbered breadth first, so that the children of a node are neighbours and
// sorted by label: 10 bytes a node.
type trie struct {
	root  []uint32 // child of the root by label; 0 (the root itself) for none
	first []uint32 // first child of a node
	count []uint8  // number of children; below the root at most 255
	label []uint8  // last byte of the node's prefix
	piece []int32  // id of the piece that ends here, -1 for none
}

type trieEntry struct {
	text string
	id   int32
}

// newTrie builds the trie of pieces; skip says which ids must never match.
func newTrie(pieces []string, skip func(id int) bool) *trie {
	entries := make([]trieEntry, 0, len(pieces))
	for i, p := range pieces {
		if p != "" && !skip(i) {
			entries = append(entries, trieEntry{p, int32(i)})
		}
	}
	slices.SortFunc(entries, func(a, b trieEntry) int { return cmp.Compare(a.text, b.text) })

	// A queue item is a node together with the range of entries that share its
	// prefix of depth bytes.
	type span struct{ node, lo, hi, depth int }
	t := &trie{root: make([]uint32, 256)}
	add := func(label byte) int {
		t.first = append(t.first, 0)
		t.count = append(t.count, 0)
		t.label = append(t.label, label)
		t.piece = append(t.piece, -1)
		return len(t.label) - 1
	}
	add(0)
	for queue := []span{{0, 0, len(entries), 0}}; len(queue) > 0; queue = queue[1:] {
		s := queue[0]
		lo := s.lo
		for lo < s.hi && len(entries[lo].text) == s.depth {
			t.piece[s.node] = entries[lo].id
			lo++
		}
		for lo < s.hi {
			b := entries[lo].text[s.depth]
			hi := lo + 1
			for hi < s.hi && entries[hi].text[s.depth] == b {
				hi++
			}
			child := add(b)
			if s.node == 0 {
				t.root[b] = uint32(child)
			} else {
				if t.count[s.node] == 0 {
					t.first[s.node] = uint32(child)
				}
				t.count[s.node]++
			}
			queue = append(queue, span{child, lo, hi, s.depth + 1})
			lo = hi
		}
	}
	return t
}
