package e5

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// decode joins the pieces of ids, for comparison with the normalized text.
func decode(pieces []string, ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(pieces[id])
	}
	return b.String()
}

func vocabulary(t testing.TB) []string {
	t.Helper()
	file, err := os.ReadFile("model/vocab.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	for l := range strings.Lines(string(file)) {
		p, _, _ := strings.Cut(l, "\t")
		pieces = append(pieces, p)
	}
	return pieces
}

// slowSegment is Viterbi's recursion over characters with a map, as plain as can be.
func slowSegment(tok *tokenizer, ids map[string]int32, text string) []int32 {
	runes := []rune(text)
	type cell struct {
		score float64
		from  int
		id    int32
	}
	cells := make([]cell, len(runes)+1)
	for end := 1; end <= len(runes); end++ {
		cells[end] = cell{score: cells[end-1].score + float64(tok.unkScore), from: end - 1, id: unkID}
		for start := max(0, end-tok.longest); start < end; start++ {
			id, ok := ids[string(runes[start:end])]
			if ok && cells[start].score+float64(tok.score[id]) > cells[end].score {
				cells[end] = cell{cells[start].score + float64(tok.score[id]), start, id}
			}
		}
	}
	var out []int32
	for at := len(runes); at > 0; at = cells[at].from {
		out = append(out, cells[at].id)
	}
	slices.Reverse(out)
	return out
}

func FuzzTokenizer(f *testing.F) {
	_, tok, err := loadModel(modelFile)
	if err != nil {
		f.Fatal(err)
	}
	pieces := vocabulary(f)
	ids := make(map[string]int32, len(pieces))
	for i, p := range pieces {
		if i > unkID {
			ids[p] = int32(i)
		}
	}
	for _, text := range hostileTexts {
		f.Add(text[:min(len(text), 300)])
	}
	f.Add("How do I change my delivery address? 那 B 产品呢？")
	f.Add("ﬁne ½ ＡＢＣ ㍿ ℡")
	f.Fuzz(func(t *testing.T, text string) {
		normal := string(tok.chars.normalize(nil, text, 0))
		if !utf8.ValidString(normal) || !strings.HasPrefix(normal, space) || strings.Contains(normal, space+space) || strings.Contains(normal, " ") {
			t.Fatalf("normalized %q to %q", text, normal)
		}
		got := tok.encode(nil, "", text, 1<<20)
		got = got[1 : len(got)-1]
		want := slowSegment(tok, ids, normal)
		// Segmentations of equal probability may differ in their pieces.
		if a, b := score(tok, got), score(tok, want); a < b-1e-6 || a > b+1e-6 {
			t.Fatalf("%q: score %v of %v, want %v of %v", normal, a, got, b, want)
		}
		if !slices.Contains(got, unkID) && decode(pieces, got) != normal {
			t.Fatalf("pieces of %q join to %q", normal, decode(pieces, got))
		}
		if n := tok.count(text); normal != space && n != len(got) || normal == space && n != 0 {
			t.Fatalf("%q: count %d, %d pieces", text, n, len(got))
		}
		// A shorter limit gives the beginning of the same.
		short := tok.encode(nil, "", text, 8)
		if want := got[:min(len(got), 6)]; !slices.Equal(short[1:len(short)-1], want) {
			t.Fatalf("%q: at most 8 ids gave %v, want %v inside", normal, short, want)
		}
	})
}

func score(tok *tokenizer, ids []int32) float64 {
	var s float64
	for _, id := range ids {
		if id == unkID {
			s += float64(tok.unkScore)
		} else {
			s += float64(tok.score[id])
		}
	}
	return s
}
