package bot

import (
	"testing"

	"github.com/frontdesk-chat/frontdesk/intents"
)

func TestMoodReadsTheTalk(t *testing.T) {
	asked := Exchange{Asked: "a table in Bristol for four", Answer: "For which city?"}
	for _, c := range []struct {
		name     string
		reading  intents.Reading
		asked    string
		before   []Exchange
		from, to float64
	}{
		{"the words alone at the start", intents.Reading{Sentiment: .4}, "lovely", nil, .4, .4},
		{"a detail", intents.Reading{}, "at seven", []Exchange{asked}, 0, 0},
		{"said again", intents.Reading{}, "Bristol, a table for four", []Exchange{asked}, -moodAgain, -moodAgain},
		{"said again in Chinese", intents.Reading{}, "我说的是布里斯托", []Exchange{{Asked: "布里斯托四个人的位子", Answer: "哪个城市？"}}, -moodAgain, -moodAgain / 3},
		{"rejected", intents.Reading{Signals: intents.Signals{Rejects: 1}}, "at seven", []Exchange{asked}, -moodRejects, -moodRejects},
		{"told the same twice", intents.Reading{}, "at seven", []Exchange{asked, {Asked: "the big one", Answer: "For which city?"}}, -moodStuck, -moodStuck},
		{"nothing found", intents.Reading{}, "and on Sunday", []Exchange{{Asked: "Saturday", Answer: "Sorry, there are no tables."}}, -moodNothing, -moodNothing},
		{"nothing found in Chinese", intents.Reading{}, "周日呢", []Exchange{{Asked: "周六", Answer: "抱歉，没有找到座位。"}}, -moodNothing, -moodNothing},
		{"an answer that was never given says nothing", intents.Reading{}, "at seven", []Exchange{{Asked: "one"}, {Asked: "two"}}, 0, 0},
		{"no lower than −1", intents.Reading{Sentiment: -.9, Signals: intents.Signals{Rejects: 1}}, "no", []Exchange{asked}, -1, -1},
	} {
		if got := Mood(c.reading, c.asked, c.before); got < c.from-1e-9 || got > c.to+1e-9 {
			t.Errorf("%s: mood %.3f, want %.3f to %.3f", c.name, got, c.from, c.to)
		}
	}
}
