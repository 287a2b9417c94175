package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/e5/safetensors"
)

// The file that the program embeds is the one that its sources make.
func TestPackedIsFresh(t *testing.T) {
	want, err := pack("../model")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../model/packed.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("model/packed.safetensors is stale; run go generate in internal/e5")
	}
}

// Every piece is found in the trie, and nothing else.
func TestTrie(t *testing.T) {
	pieces := []string{"<s>", "", "a", "ab", "abc", "b", "ba", "é", "▁a", "退", "退货"}
	tr := newTrie(pieces, func(id int) bool { return id == 0 })
	find := func(s string) int32 {
		node := tr.root[s[0]]
		for _, b := range []byte(s[1:]) {
			next := uint32(0)
			for c := range uint32(tr.count[node]) {
				if tr.label[tr.first[node]+c] == b {
					next = tr.first[node] + c
				}
			}
			if node = next; node == 0 {
				return -1
			}
		}
		if node == 0 {
			return -1
		}
		return tr.piece[node]
	}
	for id, p := range pieces {
		if id > 1 {
			if got := find(p); got != int32(id) {
				t.Errorf("%q has id %d, not %d", p, got, id)
			}
		}
	}
	for _, p := range []string{"<s>", "c", "ac", "▁", "货", "退货单"} {
		if got := find(p); got != -1 {
			t.Errorf("%q is found as %d", p, got)
		}
	}
}

func TestSourceErrors(t *testing.T) {
	const head = "<s>\t0\n<pad>\t0\n</s>\t0\n<unk>\t0\n"
	for _, bad := range []string{"a", "a\tb", "a\tNaN"} {
		if _, err := readVocabulary(head + bad + "\n"); err == nil || !strings.Contains(err.Error(), "vocab.tsv line 5") {
			t.Errorf("%q: error %v, want one naming line 5", bad, err)
		}
	}
	if _, err := readVocabulary(head); err == nil {
		t.Error("no error for a vocabulary without pieces")
	}
	for _, bad := range []string{"0041", "XX\t0041", "0041\tXX", "110000\t0041", "D800\t0041"} {
		if _, err := characters("0042\t0043\n" + bad + "\n"); err == nil || !strings.Contains(err.Error(), "charmap.tsv line 2") {
			t.Errorf("%q: error %v, want one naming line 2", bad, err)
		}
	}
	if _, err := characters("0042\t0043\n0042\t0044\n"); err == nil || !strings.Contains(err.Error(), "0042") {
		t.Errorf("error %v for a code point that stands twice", err)
	}
	file, err := safetensors.Encode(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(string(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := weights(f); err == nil || !strings.Contains(err.Error(), "embeddings.word") {
		t.Errorf("error %v for a file without the embeddings", err)
	}
}
