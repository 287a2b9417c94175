package e5

import (
	"encoding/binary"
	"strings"
	"testing"
)

// modelWith builds a model file with the given header and no numbers.
func modelWith(header string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header
}

func TestModelFileErrors(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"empty":           {"", "too few"},
		"cut":             {modelFile[:1000], "header"},
		"header too long": {string(binary.LittleEndian.AppendUint64(nil, 1<<60)) + "{}", "header"},
		"no json":         {modelWith("{"), "header"},
		"bad metadata":    {modelWith(`{"__metadata__":3}`), "metadata"},
		"bad tensor":      {modelWith(`{"a":3}`), "tensor a"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseTensors(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestForeignModel(t *testing.T) {
	swap := func(old, new string) string {
		if len(old) != len(new) || strings.Count(modelFile[:100_000], old) != 1 {
			t.Fatalf("%q does not stand once in the header, or %q is of another length", old, new)
		}
		return strings.Replace(modelFile, old, new, 1)
	}
	for name, c := range map[string]struct{ file, want string }{
		"other size":     {swap(`"hidden":"384"`, `"hidden":"768"`), "hidden"},
		"other specials": {swap(`"eos":"2"`, `"eos":"9"`), "eos"},
		"other shape":    {swap(`"embeddings.position":{"dtype":"F32","shape":[512,384]`, `"embeddings.position":{"dtype":"F32","shape":[384,512]`), "embeddings.position"},
		"other type":     {swap(`"layer.3.attention.query.weight.q4":{"dtype":"U8"`, `"layer.3.attention.query.weight.q4":{"dtype":"I8"`), "layer.3.attention.query"},
		"missing tensor": {swap(`"layer.7.attention.norm.bias"`, `"layer.x.attention.norm.bias"`), "layer.7.attention.norm.bias"},
		"cut off":        {modelFile[:len(modelFile)-1], "layer.11"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parseTensors(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := loadWeights(f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}
