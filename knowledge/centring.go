package knowledge

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/frontdesk-chat/frontdesk/internal/index"
)

// Centring is how an engine that searches vectors itself brings chunks into the
// space that questions are compared in.
type Centring struct {
	centres *centres
	model   string
}

// NewCentring returns the centring of a model's vectors, dim numbers each.
func NewCentring(model string, dim int) (*Centring, error) {
	c, err := loadCentres(model, dim)
	if err != nil {
		return nil, err
	}
	return &Centring{c, model}, nil
}

// Dim is how many numbers a vector has.
func (c *Centring) Dim() int { return c.centres.dim }

// Model names what made the vectors, see Embedder.
func (c *Centring) Model() string { return c.model }

// Name is of the model, the means and the rounding: vectors of two names cannot be
// compared.
func (c *Centring) Name() string {
	if len(c.centres.means) == 0 {
		return c.model + " bytes"
	}
	sum := sha256.Sum256(centresFile)
	return c.model + " " + hex.EncodeToString(sum[:6]) + " bytes"
}

// Passage returns a chunk's vector centred and of unit length, in the language of
// its document; nil when it has none.
func (c *Centring) Passage(language string, chunk *Chunk) []float32 {
	return c.centres.passage(chunk.Vector, language, asQuery(chunk.Field))
}

// Rounded is a vector as the index in memory keeps it: whole numbers of −127…127, and
// what they are to be multiplied by. An engine that keeps the same numbers finds the
// same cosines.
type Rounded struct {
	Numbers []float32
	Scale   float32 // 0: the vector has no direction
}

// Round rounds a vector of unit length.
func Round(v []float32) Rounded {
	bytes := make([]int8, len(v))
	r := Rounded{make([]float32, len(v)), index.Quantize(bytes, v)}
	for i, b := range bytes {
		r.Numbers[i] = float32(b)
	}
	return r
}

// Cosine is that of a row whose numbers have this product with those of r: to the
// last bit what the index in memory makes of it.
func (r Rounded) Cosine(product float64, scale float32) float64 {
	return float64(float32(product) * r.Scale * scale)
}
