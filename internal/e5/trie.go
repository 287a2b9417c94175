package e5

// trie finds every vocabulary piece that starts at a place of a text, byte by byte. Its
// nodes are numbered breadth first, so that the children of a node are neighbours and
// sorted by label. Command pack builds it; here it is read in place.
type trie struct {
	root  []uint32 // [256] child of the root by label; 0 (the root itself) for none
	first []uint32 // first child of a node
	count []uint8  // number of children; below the root at most 255
	label []uint8  // last byte of the node's prefix
	piece []int32  // id of the piece that ends here, -1 for none
}

// child returns the node reached from node by label b, 0 when there is none.
func (t *trie) child(node uint32, b byte) uint32 {
	if node == 0 {
		return t.root[b]
	}
	lo, n := t.first[node], uint32(t.count[node])
	for n > 8 {
		half := n / 2
		if t.label[lo+half] <= b {
			lo, n = lo+half, n-half
		} else {
			n = half
		}
	}
	for ; n > 0; n-- {
		if t.label[lo] == b {
			return lo
		}
		lo++
	}
	return 0
}
