package e5

import (
	_ "embed"
	"fmt"
	"strconv"
)

// Strings and not byte slices: they lie in the program's read-only pages and cost
// memory only where they are read.
var (
	//go:embed model/model.safetensors
	modelFile string
	//go:embed model/vocab.tsv
	vocabFile string
	//go:embed model/charmap.tsv
	charmapFile string
)

func loadModel() (*weights, *tokenizer, error) {
	f, err := parseTensors(modelFile)
	if err != nil {
		return nil, nil, err
	}
	w, err := loadWeights(f)
	if err != nil {
		return nil, nil, err
	}
	unkScore, err := strconv.ParseFloat(f.meta["unk_score"], 32)
	if err != nil {
		return nil, nil, fmt.Errorf("model file: unk_score: %w", err)
	}
	t, err := newTokenizer(vocabFile, charmapFile, float32(unkScore))
	if err != nil {
		return nil, nil, err
	}
	if len(t.score) != pieceN {
		return nil, nil, fmt.Errorf("vocabulary has %d pieces, the model %d", len(t.score), pieceN)
	}
	return w, t, nil
}
