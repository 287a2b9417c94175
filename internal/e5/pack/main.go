// Command pack lays the encoder's model out as it is used in place: matrices in panels
// of outputs as the kernels read them, the vocabulary as a trie, characters sorted.
// Run it with "go generate" in the folder of package e5.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack FOLDER, which holds model.safetensors, vocab.tsv and charmap.tsv")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	file, err := pack(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "packed.safetensors"), file, 0o644)
}
