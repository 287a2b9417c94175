package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
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

// Name is of the model and the means: vectors of two names cannot be compared.
func (c *Centring) Name() string {
	if len(c.centres.means) == 0 {
		return c.model
	}
	sum := sha256.Sum256(centresFile)
	return c.model + " " + hex.EncodeToString(sum[:6])
}

// Passage returns a chunk's vector centred and of unit length, in the language of
// its document; nil when it has none.
func (c *Centring) Passage(language string, chunk *Chunk) []float32 {
	return c.centres.passage(chunk.Vector, language, asQuery(chunk.Field))
}
