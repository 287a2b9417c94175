package index

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A clone answers as its origin did, and neither sees what is done to the other,
// compactions included.
func TestCloneStandsAlone(t *testing.T) {
	x := New(2)
	for i := range 400 {
		rows := make([]Row, 5)
		for k := range rows {
			rows[k] = Row{Terms: []Term{{fmt.Sprint("w", i%7), 1}, {fmt.Sprint("v", k), 2}}, Length: 3, Vector: []float32{.6, .8}}
		}
		x.Put(fmt.Sprint("d", i), Attributes{}, rows, i)
	}
	q := Query{Terms: []QueryTerm{{"w3", 1}, {"v1", 1}}, Vector: []float32{1, 0}, Documents: 5}
	ask := func(x *Index) Result {
		r := x.Search(q)
		r.LexicalTime, r.VectorTime = 0, 0
		return r
	}
	before := ask(x)
	c := x.Clone()
	if d := cmp.Diff(before, ask(c)); d != "" {
		t.Fatalf("the clone (-origin +clone):\n%s", d)
	}
	for i := range 300 { // more than a quarter dead: compacts
		x.Delete(fmt.Sprint("d", i))
	}
	if d := cmp.Diff(before, ask(c)); d != "" {
		t.Errorf("the clone after its origin was compacted (-want +got):\n%s", d)
	}
	left := ask(x)
	for i := range 390 {
		c.Delete(fmt.Sprint("d", i))
	}
	c.Put("new", Attributes{}, []Row{{Terms: []Term{{"w3", 9}}, Length: 1, Vector: []float32{1, 0}}}, nil)
	if d := cmp.Diff(left, ask(x)); d != "" {
		t.Errorf("the origin after its clone was changed (-want +got):\n%s", d)
	}
	if n, _ := c.Len(); n != 11 {
		t.Errorf("the clone has %d documents, want 11", n)
	}
}
