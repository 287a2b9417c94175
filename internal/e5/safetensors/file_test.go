package safetensors

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func fileWith(header string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header
}

func encode(t *testing.T, tensors ...Tensor) *File {
	t.Helper()
	file, err := Encode(map[string]string{"a": "b"}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(string(file))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseErrors(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"empty":           {"", "too few"},
		"header too long": {string(binary.LittleEndian.AppendUint64(nil, 1<<60)) + "{}", "header"},
		"no json":         {fileWith("{"), "header"},
		"bad metadata":    {fileWith(`{"__metadata__":3}`), "metadata"},
		"bad tensor":      {fileWith(`{"a":3}`), "tensor a"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	bytes, halves := []uint8{1, 2, 3}, []uint16{4, 5, 6}
	whole, floats := []int32{-7, 8}, make([]float32, 32)
	floats[31] = 1.5
	f := encode(t, Of("bytes", bytes, 3), Of("halves", halves, 3), Of("whole", whole, 1, 2), Of("counts", []uint32{9}, 1), Of("floats", floats, 2, 16))
	if f.Meta["a"] != "b" {
		t.Errorf("metadata %v", f.Meta)
	}
	check(t, f, "bytes", bytes, Any)
	check(t, f, "halves", halves, 3)
	check(t, f, "whole", whole, 1, Any)
	check(t, f, "counts", []uint32{9}, 1)
	check(t, f, "floats", floats, 2, 16)
	if lo := f.dir["floats"].Offsets[0]; lo != 0 {
		t.Errorf("what is a multiple of 64 bytes long lies at %d, not first", lo)
	}
}

func check[T Number](t *testing.T, f *File, name string, want []T, shape ...int) {
	t.Helper()
	got, err := View[T](f, name, shape...)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: error %v, difference\n%s", name, err, diff)
	}
}

func TestViewErrors(t *testing.T) {
	f := encode(t, Of("a", []float32{1, 2}, 2))
	f.dir["cut off"] = entry{"F32", []int{2}, [2]int{4, 12}}
	f.dir["negative"] = entry{"F32", []int{-2}, [2]int{0, 8}}
	for name, err := range map[string]error{
		"missing":  second(View[float32](f, "missing", 2)),
		"a":        second(View[int32](f, "a", 2)),
		"a[3]":     second(View[float32](f, "a", 3)),
		"a[2 1]":   second(View[float32](f, "a", 2, 1)),
		"cut off":  second(View[float32](f, "cut off", 2)),
		"negative": second(View[float32](f, "negative", Any)),
	} {
		if tensor, _, _ := strings.Cut(name, "["); err == nil || !strings.Contains(err.Error(), tensor) {
			t.Errorf("%s: error %v, want one that names it", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Numbers are the string's own bytes, and a copy of the same value where these lie at an
// odd place.
func TestInPlace(t *testing.T) {
	room := make([]byte, 24)
	odd := int(8 - uintptr(unsafe.Pointer(&room[0]))%8) // the first place behind a multiple of eight, less one
	for i, v := range []float32{1, 2} {
		copy(room[odd+4*i:], Of("", []float32{v}, 1).Data)
	}
	even := unsafe.String(&room[odd], 8)
	if got := numbers[float32](even); uintptr(unsafe.Pointer(&got[0])) != uintptr(unsafe.Pointer(&room[odd])) {
		t.Error("aligned numbers were copied")
	}
	copy(room[odd+1:], []byte(strings.Clone(even)))
	if got := numbers[float32](unsafe.String(&room[odd+1], 8)); !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("numbers at an odd place are %v", got)
	}
}
