package knowledge

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// centresFile holds the mean vectors of generic text for the bundled model; see
// training/data/confidence/README.md for the texts and the command.
//
//go:embed centres.json
var centresFile []byte

// centres are mean vectors of generic text. All texts of one model lie in a
// narrow cone; without the mean the differences that remain are about the
// subject (Mu and Viswanath 2018, "All-but-the-Top").
type centres struct {
	dim   int
	means map[string][]float32 // "en query", "zh passage" …; absent: not centred
}

func loadCentres(model string, dim int) (*centres, error) {
	var f struct {
		Model string            `json:"model"`
		Dim   int               `json:"dim"`
		Means map[string]string `json:"means"` // base64 of float32, little endian
	}
	if err := json.Unmarshal(centresFile, &f); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the built-in mean vectors cannot be read")
	}
	c := &centres{dim: dim, means: map[string][]float32{}}
	if f.Model != model || f.Dim != dim {
		return c, nil // another model has its own cone; we know no mean of it
	}
	for key, data := range f.Means {
		raw, err := base64.StdEncoding.DecodeString(data)
		if err != nil || len(raw) != 4*dim {
			return nil, fault.New(fault.Internal, "the built-in mean vector %q is damaged", key)
		}
		mean := make([]float32, dim)
		for i := range mean {
			mean[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		c.means[key] = mean
	}
	return c, nil
}

// query centres the vector of a question; nil stays nil.
func (c *centres) query(v []float32, language string) []float32 {
	return c.centre(v, language, "query")
}

// passage centres a chunk's vector.
func (c *centres) passage(v []float32, language string, asQuery bool) []float32 {
	if asQuery {
		return c.centre(v, language, "query")
	}
	return c.centre(v, language, "passage")
}

// centre subtracts the mean and scales to unit length again.
func (c *centres) centre(v []float32, language, kind string) []float32 {
	if len(v) != c.dim {
		return nil
	}
	if language == "" {
		language = "en"
	}
	out := make([]float32, len(v))
	mean := c.means[language+" "+kind]
	var squares float64
	for i, f := range v {
		if mean != nil {
			f -= mean[i]
		}
		out[i] = f
		squares += float64(f) * float64(f)
	}
	if squares == 0 || math.IsNaN(squares) || math.IsInf(squares, 0) {
		return nil
	}
	scale := float32(1 / math.Sqrt(squares))
	for i := range out {
		out[i] *= scale
	}
	return out
}
