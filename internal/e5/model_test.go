package e5

import (
	"runtime"
	"strings"
	"testing"
)

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
		"other type":     {swap(`"layer.3.attention.qkv.q4":{"dtype":"U8"`, `"layer.3.attention.qkv.q4":{"dtype":"I8"`), "layer.3.attention.qkv"},
		"missing tensor": {swap(`"layer.7.attention.norm.bias"`, `"layer.x.attention.norm.bias"`), "layer.7.attention.norm.bias"},
		"other outliers": {swap(`"outliers":"[15 35`, `"outliers":"[15 36`), "outliers"},
		"no vocabulary":  {swap(`"pieces.trie.count"`, `"pieces.trie.c0unt"`), "pieces.trie.count"},
		"bad cost":       {swap(`"unk_score":"-`, `"unk_score":"x`), "unk_score"},
		"bad length":     {swap(`"longest_piece":"48"`, `"longest_piece":"x8"`), "longest_piece"},
		"cut off":        {modelFile[:len(modelFile)-1], "characters.to"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := loadModel(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

// The model is used where it lies in the program: opening it copies nothing of it.
func TestOpenCopiesNothing(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Open(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("Open allocated %d bytes; the model has %d", n, len(modelFile))
	}
}
