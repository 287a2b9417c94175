package e5

import (
	_ "embed"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

//go:generate go run ./pack model

// A string and not a byte slice: it lies in the program's read-only pages and costs
// memory only where it is read.
//
//go:embed model/packed.safetensors
var modelFile string

func loadModel(file string) (*weights, *tokenizer, error) {
	f, err := safetensors.Parse(file)
	if err != nil {
		return nil, nil, err
	}
	w, err := loadWeights(f)
	if err != nil {
		return nil, nil, err
	}
	t, err := loadTokenizer(f)
	return w, t, err
}
