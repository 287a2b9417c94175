package index

import (
	"encoding/binary"
	"math"
)

// list is the rows that have a term, ascending, each with its count. Most take two
// bytes: the distance to the row before, doubled, plus one if a count follows, which
// is 1 otherwise. A count is one byte, 2 to 255, or 0 and a float32.
type list struct {
	name string
	data []byte
	last uint32 // the last row
	rows int32  // that are alive
}

// add appends a row above all others; it does not count it.
func (l *list) add(row uint32, count float32) {
	v := uint64(row-l.last) << 1
	l.last = row
	if count == 1 {
		l.data = binary.AppendUvarint(l.data, v)
		return
	}
	l.data = binary.AppendUvarint(l.data, v|1)
	if n := uint8(max(0, min(count, 255))); n > 1 && float32(n) == count {
		l.data = append(l.data, n)
		return
	}
	l.data = binary.LittleEndian.AppendUint32(append(l.data, 0), math.Float32bits(count))
}

// cursor goes through a list, dead rows too.
type cursor struct {
	data []byte
	row  uint32
}

func (l *list) all() cursor { return cursor{data: l.data} }

// next returns the next row; ok is false behind the last.
func (c *cursor) next() (row uint32, count float32, ok bool) {
	if len(c.data) == 0 {
		return 0, 0, false
	}
	v, n := uint64(c.data[0]), 1
	if v >= 0x80 {
		v, n = binary.Uvarint(c.data)
	}
	c.row += uint32(v >> 1)
	if v&1 == 0 {
		c.data = c.data[n:]
		return c.row, 1, true
	}
	if small := c.data[n]; small > 0 {
		c.data = c.data[n+1:]
		return c.row, float32(small), true
	}
	count = math.Float32frombits(binary.LittleEndian.Uint32(c.data[n+1:]))
	c.data = c.data[n+5:]
	return c.row, count, true
}

// appendTerms appends one row's term numbers, ascending: how many, then the distance
// of each to the one before.
func appendTerms(to []byte, terms []uint32) []byte {
	to = binary.AppendUvarint(to, uint64(len(terms)))
	last := uint32(0)
	for _, t := range terms {
		to = binary.AppendUvarint(to, uint64(t-last))
		last = t
	}
	return to
}

// takeTerms reads what appendTerms wrote, into a slice to use again, and returns the
// rest.
func takeTerms(from []byte, into []uint32) (terms []uint32, rest []byte) {
	n, size := binary.Uvarint(from)
	from = from[size:]
	terms = into[:0]
	last := uint32(0)
	for range n {
		d, size := binary.Uvarint(from)
		from = from[size:]
		last += uint32(d)
		terms = append(terms, last)
	}
	return terms, from
}
