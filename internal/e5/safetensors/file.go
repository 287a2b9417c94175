// Package safetensors reads and writes files of named tensors: an eight-byte length, a
// JSON header with the place of every tensor, then the numbers, little endian.
//
// A file is read from a string, because an embedded string stays in the program's
// read-only pages: numbers that are viewed in place cost memory only where they are
// read, and are shared by all processes of the program.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unsafe"
)

// File is a parsed file. It is immutable and safe for concurrent use.
type File struct {
	Meta map[string]string
	dir  map[string]entry
	data string
}

type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"` // from the end of the header
}

// metadata is the header's name for what is no tensor.
const metadata = "__metadata__"

// Parse reads the header. The error names what is wrong with it.
func Parse(file string) (*File, error) {
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
	f := &File{dir: make(map[string]entry, len(raw)), data: file[8+n:]}
	for name, r := range raw {
		if name == metadata {
			if err := json.Unmarshal(r, &f.Meta); err != nil {
				return nil, fmt.Errorf("model file: metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(r, &e); err != nil {
			return nil, fmt.Errorf("model file: tensor %s: %w", name, err)
		}
		f.dir[name] = e
	}
	return f, nil
}

// Number is what a tensor holds; uint16 stands for half floats.
type Number interface {
	uint8 | uint16 | int32 | uint32 | float32
}

// dtype returns a number's name in the header.
func dtype[T Number]() string {
	switch any(T(0)).(type) {
	case uint8:
		return "U8"
	case uint16:
		return "F16"
	case int32:
		return "I32"
	case uint32:
		return "U32"
	default:
		return "F32"
	}
}

// Any is a dimension of View that may have any length.
const Any = -1

// View returns the numbers of a tensor of that type and shape. They are the file's
// own memory where this machine can read it as it is, so nobody may write to them.
// The error names the tensor.
func View[T Number](f *File, name string, shape ...int) ([]T, error) {
	e, ok := f.dir[name]
	if !ok {
		return nil, fmt.Errorf("model file: no tensor %s", name)
	}
	fits := len(shape) == len(e.Shape)
	var zero T
	n, size := 1, int(unsafe.Sizeof(zero))
	for i := 0; fits && i < len(shape); i++ {
		fits = shape[i] == e.Shape[i] || shape[i] == Any && e.Shape[i] >= 0
		n *= e.Shape[i]
	}
	if e.DType != dtype[T]() || !fits {
		return nil, fmt.Errorf("model file: tensor %s is %s%v, not %s%v", name, e.DType, e.Shape, dtype[T](), shape)
	}
	lo, hi := e.Offsets[0], e.Offsets[1]
	if lo < 0 || hi > len(f.data) || hi-lo != n*size {
		return nil, fmt.Errorf("model file: tensor %s lies at %d to %d of %d bytes, needs %d", name, lo, hi, len(f.data), n*size)
	}
	return numbers[T](f.data[lo:hi]), nil
}

// numbers returns raw as numbers: in place, or a copy where the bytes do not lie as
// this machine wants them.
func numbers[T Number](raw string) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if len(raw) == 0 {
		return nil
	}
	start := unsafe.Pointer(unsafe.StringData(raw))
	if size == 1 || littleEndian() && uintptr(start)%unsafe.Alignof(zero) == 0 {
		return unsafe.Slice((*T)(start), len(raw)/size)
	}
	out := make([]T, len(raw)/size)
	if _, err := binary.Decode([]byte(raw), binary.LittleEndian, out); err != nil {
		panic(err) // the length is that of out
	}
	return out
}

func littleEndian() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}

// Tensor is something to write.
type Tensor struct {
	Name  string
	DType string
	Shape []int
	Data  []byte
}

// Of returns numbers as a tensor.
func Of[T Number](name string, values []T, shape ...int) Tensor {
	data, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		panic(err) // every Number has a fixed size
	}
	return Tensor{Name: name, DType: dtype[T](), Shape: shape, Data: data}
}

// align is where numbers begin that lie well for vector instructions.
const align = 64

// Encode returns a file of the tensors. Those whose size is a multiple of 64 bytes come
// first and lie at such multiples in the file, the others behind them by the size of
// their numbers, each sort in the order given; so View can return all of them in place.
func Encode(meta map[string]string, tensors []Tensor) ([]byte, error) {
	order := slices.Clone(tensors)
	sort := func(t Tensor) int {
		switch {
		case len(t.Data)%align == 0:
			return 0
		case t.DType == "U8":
			return 3
		case t.DType == "F16":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b Tensor) int { return sort(a) - sort(b) })
	header := map[string]any{metadata: meta}
	at := 0
	for _, t := range order {
		header[t.Name] = entry{t.DType, t.Shape, [2]int{at, at + len(t.Data)}}
		at += len(t.Data)
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for (8+len(text))%align != 0 {
		text = append(text, ' ')
	}
	out := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(text)+at), uint64(len(text)))
	out = append(out, text...)
	for _, t := range order {
		out = append(out, t.Data...)
	}
	return out, nil
}
