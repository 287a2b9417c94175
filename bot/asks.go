package bot

import (
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// asksSomething reports whether words have the form of a question or a request.
// "ah, there it is" and "有点贵啊" have not.
func asksSomething(s string) bool {
	if strings.ContainsAny(s, "?？") {
		return true
	}
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		for _, p := range []string{"没什么", "没怎么", "不怎么", "好几", "几乎", "不想", "不要紧", "想起", "重要"} {
			folded = strings.ReplaceAll(folded, p, "")
		}
		for _, p := range []string{
			"吗", "呢", "什么", "怎", "多少", "多久", "几", "哪", "谁", "能不能", "可不可以", "可以", "能否", "如何", "是否", "有没有", "是不是", "要不要", "为啥", "咋", "请", "想", "要", "帮", "告诉", "麻烦", "需要", "查",
		} {
			if strings.Contains(folded, p) {
				return true
			}
		}
		return false
	}
	folded = strings.NewReplacer("silly question", "", "dumb question", "", "stupid question", "").Replace(folded)
	i, before := 0, ""
	for w := range text.Words(folded) {
		if i == 0 && auxiliary(w.Text) {
			return true
		}
		switch w.Text {
		case "how", "what", "what's", "when", "where", "where's", "which", "who", "why", "whose", "whats", "please", "pls", "help", "tell", "need", "want", "wanna", "looking", "wonder", "wondering", "question", "explain":
			return true
		case "show":
			if i == 0 || before == "you" || before == "to" { // not "only before a show"
				return true
			}
		case "any", "and":
			if i == 0 {
				return true
			}
		case "that", "it":
			if before == "is" || before == "was" || before == "would" { // "from the shop, is that possible"
				return true
			}
		case "you", "we", "they", "there", "i":
			if auxiliary(before) { // "knives for the kitchen, do you have them"
				return true
			}
		}
		i, before = i+1, w.Text
	}
	return false
}

// auxiliary reports verbs that ask when they stand before a subject.
func auxiliary(w string) bool {
	switch w {
	case "can", "could", "do", "does", "did", "is", "are", "was", "were", "will", "would", "should", "may", "have", "has", "am":
		return true
	}
	return false
}

// confirms reports words that say an answer back to hear it confirmed.
func confirms(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		return prefix(folded, "也就是说", "所以", "就是说", "意思是", "那就是", "你是说", "您是说") > 0
	}
	var words []string
	for w := range text.Words(folded) {
		words = append(words, w.Text)
	}
	if len(words) < 2 {
		return false
	}
	return words[0] == "so" && !slices.Contains([]string{"how", "what", "when", "where", "which", "who", "why", "can", "do", "is"}, words[1]) ||
		(words[0] == "you" && (words[1] == "mean" || words[1] == "say"))
}
