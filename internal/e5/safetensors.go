package e5

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// tensorFile is a file in safetensors form: an eight-byte length, a JSON header
// with the place of every tensor, then the numbers, little endian. It reads from a
// string because an embedded string stays in the program's read-only pages.
type tensorFile struct {
	meta map[string]string
	dir  map[string]tensorEntry
	data string
}

type tensorEntry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"` // from the end of the header
}

func parseTensors(file string) (*tensorFile, error) {
	if len(file) < 8 {
		return nil, fmt.Errorf("model file: %d bytes are too few", len(file))
	}
	n := binary.LittleEndian.Uint64([]byte(file[:8]))
	if n > uint64(len(file)-8) {
		return nil, fmt.Errorf("model file: header of %d bytes in a file of %d", n, len(file))
	}
	raw := make(map[string]json.RawMessage)
	if err := json.Unmarshal([]byte(file[8:8+n]), &raw); err != nil {
		return nil, fmt.Errorf("model file: header: %w", err)
	}
	f := &tensorFile{dir: make(map[string]tensorEntry, len(raw)), data: file[8+n:]}
	for name, r := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(r, &f.meta); err != nil {
				return nil, fmt.Errorf("model file: metadata: %w", err)
			}
			continue
		}
		var e tensorEntry
		if err := json.Unmarshal(r, &e); err != nil {
			return nil, fmt.Errorf("model file: tensor %s: %w", name, err)
		}
		f.dir[name] = e
	}
	return f, nil
}

// bytes returns the raw numbers of a tensor of the given type and shape.
func (f *tensorFile) bytes(name, dtype string, size int, shape ...int) (string, error) {
	e, ok := f.dir[name]
	if !ok {
		return "", fmt.Errorf("model file: no tensor %s", name)
	}
	if e.DType != dtype || !slices.Equal(e.Shape, shape) {
		return "", fmt.Errorf("model file: tensor %s is %s%v, not %s%v", name, e.DType, e.Shape, dtype, shape)
	}
	for _, d := range shape {
		size *= d
	}
	lo, hi := e.Offsets[0], e.Offsets[1]
	if lo < 0 || hi > len(f.data) || hi-lo != size {
		return "", fmt.Errorf("model file: tensor %s lies at %d to %d of %d bytes, needs %d", name, lo, hi, len(f.data), size)
	}
	return f.data[lo:hi], nil
}

func (f *tensorFile) floats(name string, shape ...int) ([]float32, error) {
	raw, err := f.bytes(name, "F32", 4, shape...)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(le32(raw[4*i:]))
	}
	return out, nil
}

// q4 returns a matrix in Q4_0: per row of cols weights, blocks of 32 of them with
// one half-float scale; byte j of a block's 16 holds weight j in its low nibble and
// weight j+16 in its high one; a weight is (nibble-8)*scale.
func (f *tensorFile) q4(name string, rows, cols int) (codes, scales string, err error) {
	codes, err = f.bytes(name+".q4", "U8", 1, rows, cols/2)
	if err != nil {
		return "", "", err
	}
	scales, err = f.bytes(name+".scale", "F16", 2, rows, cols/blockSize)
	return codes, scales, err
}

func le16(s string) uint16 { return uint16(s[0]) | uint16(s[1])<<8 }

func le32(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// halfToFloat converts an IEEE 754 half float; the scales hold no infinities.
func halfToFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15), uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		f := float32(frac) * 0x1p-24
		if sign == 1 {
			return -f
		}
		return f
	case 0x1f:
		return math.Float32frombits(sign<<31 | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign<<31 | (exp+127-15)<<23 | frac<<13)
}
