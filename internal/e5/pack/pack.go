package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// pack returns the file that the program embeds, made from the sources in dir.
func pack(dir string) ([]byte, error) {
	var source [3]string
	for i, name := range []string{"model.safetensors", "vocab.tsv", "charmap.tsv"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		source[i] = string(data)
	}
	f, err := safetensors.Parse(source[0])
	if err != nil {
		return nil, err
	}
	w, err := weights(f)
	if err != nil {
		return nil, err
	}
	v, err := readVocabulary(source[1])
	if err != nil {
		return nil, err
	}
	chars, err := characters(source[2])
	if err != nil {
		return nil, err
	}
	meta := maps.Clone(f.Meta)
	if want := strconv.Itoa(len(v.pieces)); meta["pieces"] != want {
		return nil, fmt.Errorf("vocab.tsv has %s pieces, the model %s", want, meta["pieces"])
	}
	meta["longest_piece"], meta["outliers"] = strconv.Itoa(v.longest()), fmt.Sprint(outliers)
	return safetensors.Encode(meta, append(append(w, v.tensors()...), chars...))
}
