package bot

import (
	"regexp"

	"github.com/frontdesk-chat/frontdesk/intents"
)

// What a turn takes from a visitor's mood beside their words, each at its fullest.
// Set on our own dialogues in training/data/satisfaction, where the trend orders
// turns by its README's table.
const (
	moodRejects = .3 // they say that the last answer was wrong
	moodAgain   = .2 // they have to say the same again
	moodStuck   = .3 // they were told the same as before
	moodNothing = .2 // they were told that something cannot be done or found
)

// Mood is how content a visitor seems at one turn, −1…1: the sentiment of their
// words, less for what the talk itself tells. Most people who are let down stay
// dry: they say it again, or that it is not what they asked. before is what was said
// until now, oldest first; of each exchange only Asked and Answer are looked at.
func Mood(r intents.Reading, asked string, before []Exchange) float64 {
	mood := r.Sentiment - moodRejects*r.Signals.Rejects
	if len(before) > 0 {
		last := before[len(before)-1].Answer
		mood -= moodAgain*saidBefore(asked, before) + moodStuck*truth(toldBefore(before)) + moodNothing*truth(nothingPattern.MatchString(last))
	}
	return max(-1, min(1, mood))
}

// saidBefore is the largest share of content words, 0…1, that the words have in common with
// an earlier turn; of the shorter of both, since people who repeat themselves get short.
func saidBefore(asked string, before []Exchange) float64 {
	most, now := 0.0, bag(asked)
	for _, e := range before {
		earlier, common := bag(e.Asked), 0
		for w := range now {
			if earlier[w] {
				common++
			}
		}
		if n := min(len(now), len(earlier)); n > 0 {
			most = max(most, float64(common)/float64(n))
		}
	}
	return most
}

// toldBefore reports whether the last answer had been given before.
func toldBefore(before []Exchange) bool {
	last := before[len(before)-1].Answer
	for _, e := range before[:len(before)-1] {
		if last != "" && e.Answer == last {
			return true
		}
	}
	return false
}

// nothingPattern finds in an answer that something failed, is not to be had or was not
// understood.
var nothingPattern = regexp.MustCompile(`(?i)\b(sorry|apologi[sz]e|unable|unfortunately|could ?n[o']t|cannot|can[’']t|failed|declined|no longer|not (find|found|available|able|possible|understand|sure)|did ?n[o’']t (find|understand|catch|get|work|go)|found no(ne|thing)?|there (is|are) no)\b|抱歉|对不起|對不起|不好意思|无法|無法|失败|失敗|没能|沒能|没有?(找到|查到|听懂|明白|理解)|沒有?(找到|查到|聽懂|明白)|遗憾|遺憾|暂不支持|暫不支援`)
