package intents

import "testing"

// A training after a small change tries no strengths anew, and knows what changed.
func TestTrainLikeBefore(t *testing.T) {
	set := library()
	was, err := Train(t.Context(), set, openEncoder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := was.Stats.Differ(set.Examples); n != 0 || !ok {
		t.Errorf("differs by %d from its own set, %v", n, ok)
	}
	set.Examples[0].Text = "  CAN I keep   the book longer " // the same words
	set.Examples = append(set.Examples[:5:5], set.Examples[6:]...)
	set.Examples = append(set.Examples, Example{Intent: "printing", Text: "staple my copies"})
	if n, ok := was.Stats.Differ(set.Examples); n != 2 || !ok {
		t.Errorf("one gone, one new: differs by %d, %v", n, ok)
	}
	checks := 0
	now, err := Train(t.Context(), set, openEncoder(t), &Options{Like: was, Progress: func(stage string, _, all int) {
		if stage == "check" {
			checks = all
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if checks != 2*folds {
		t.Errorf("%d trainings to check, want one of each view a fold", checks)
	}
	a, b := was.Stats, now.Stats
	if a.DenseStrength != b.DenseStrength || a.SparseStrength != b.SparseStrength || a.DenseStrength == 0 || b.StrengthsOf != a.Examples {
		t.Errorf("strengths %v %v of %d, before %v %v", b.DenseStrength, b.SparseStrength, b.StrengthsOf, a.DenseStrength, a.SparseStrength)
	}
	if n := len(b.Intents); n != 6 || b.Intents[5].Examples != 9 || b.Intents[0].HeldBack != b.Intents[0].Examples {
		t.Errorf("intents %+v", b.Intents)
	}
	data, err := now.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := DecodeModel(data)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := read.Stats.Differ(set.Examples); n != 0 || !ok || read.Stats.StrengthsOf != a.Examples {
		t.Errorf("read back: differs by %d, %v, %+v", n, ok, read.Stats.StrengthsOf)
	}
	if n, ok := (Stats{}).Differ(set.Examples); ok || n != len(set.Examples) {
		t.Errorf("a model that does not tell: %d, %v", n, ok)
	}
}
