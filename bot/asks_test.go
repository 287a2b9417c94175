package bot

import "testing"

func TestAsksSomething(t *testing.T) {
	for words, want := range map[string]bool{
		"knives for the kitchen, do you have them": true,
		"the blue ones, are they in stock":         true,
		"a bigger bowl, is there one":              true,
		"do you sell knives":                       true,
		"can it go in the oven":                    true,
		"那边有没有":                                    true,
		"great, that was all":                      false,
		"I'll do it tomorrow":                      false,
		"thank you, they are lovely":               false,
		"明白了":                                      false,
	} {
		if got := asksSomething(words); got != want {
			t.Errorf("asksSomething(%q) = %v, want %v", words, got, want)
		}
	}
}
