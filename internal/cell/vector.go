package cell

import (
	"encoding/binary"
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// PackVector writes a vector as little-endian 32-bit floats.
func PackVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

// UnpackVector is the way back; nil for nothing.
func UnpackVector(b []byte) ([]float32, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if len(b)%4 != 0 {
		return nil, fault.New(fault.Internal, "a stored vector is damaged")
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
