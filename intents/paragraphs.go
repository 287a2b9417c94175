package intents

import "github.com/frontdesk-chat/frontdesk/internal/text"

// How many sentences of one feeling make a paragraph, and how much milder it is with
// one of another feeling among them.
const (
	paragraphSentences = 4
	paragraphMild      = .7
)

// paragraph is a long review made of short ones, for training alone.
type paragraph struct {
	text  string
	score float64
	fold  int // of all its sentences
}

// paragraphs joins neighbouring graded examples of one language and one fold: they
// are of one kind of thing, since examples are written so. Sentences come in twos and
// threes in reviews, and a head that has seen single ones alone misreads the rest.
// Every second paragraph of clear feeling gets one sentence of the opposite one in
// front, as reviewers do.
func paragraphs(examples []SignalExample) []paragraph {
	type key struct {
		language string
		fold     int
		score    float64
	}
	open := map[key][]string{}
	last := map[key]string{} // a sentence of that feeling's sign; score ±1
	count := map[key]int{}
	var out []paragraph
	for _, e := range examples {
		if e.Sentiment == nil || !e.NoSignals {
			continue
		}
		k := key{text.Language(e.Text), foldOf(e.Text), *e.Sentiment}
		side := key{k.language, k.fold, sign(k.score)}
		last[side] = e.Text
		if open[k] = append(open[k], e.Text); len(open[k]) < paragraphSentences {
			continue
		}
		sentences, score := open[k], k.score
		delete(open, k)
		if count[side]++; count[side]%2 == 0 && side.score != 0 {
			if other := last[key{k.language, k.fold, -side.score}]; other != "" {
				sentences, score = append([]string{other}, sentences...), score*paragraphMild
			}
		}
		out = append(out, paragraph{joined(k.language, sentences), score, k.fold})
	}
	return out
}

func joined(language string, sentences []string) string {
	stop := ". "
	if language == "zh" {
		stop = "。"
	}
	s := ""
	for _, one := range sentences {
		s += one + stop
	}
	return s
}
