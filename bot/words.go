package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// contentWords returns the words of s that say what it is about, in order:
// stems of English words and pairs of neighbouring Han characters. Function
// words and the words of which questions are made are left out.
func contentWords(s string) []string {
	var out []string
	for w := range text.Words(text.Fold(s)) {
		if w.Han {
			out = append(out, hanPairs(w.Text)...)
			continue
		}
		if word := strings.TrimSuffix(w.Text, "'s"); len(word) <= 64 && !functionWord(word) {
			out = append(out, stem(strings.ReplaceAll(word, "'", "")))
		}
	}
	return out
}

// hanPairs returns the pairs of neighbouring characters of a run that are left
// when the phrases that frame a question are taken out.
func hanPairs(run string) []string {
	var out []string
	for _, part := range hanContent(run) {
		r := []rune(part)
		if len(r) == 1 {
			out = append(out, part)
		}
		for i := 0; i+1 < len(r); i++ {
			out = append(out, string(r[i:i+2]))
		}
	}
	return out
}

// hanContent cuts a run of Han characters at the phrases that frame a question.
func hanContent(run string) []string {
	var out []string
	start := 0
	for i := 0; i < len(run); {
		n := hanFrame(run[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(run[i:])
			i += size
			continue
		}
		if i > start {
			out = append(out, run[start:i])
		}
		i += n
		start = i
	}
	if start < len(run) {
		out = append(out, run[start:])
	}
	return out
}

// hanFrame returns the bytes of a framing phrase at the start of s, 0 for none.
// Longer phrases stand first.
func hanFrame(s string) int {
	for _, p := range [...]string{
		"可不可以", "为什么", "是不是", "能不能", "有没有", "要不要", "怎么办", "怎么样", "多长时间", "什么时候", "告诉我", "我想要",
		"请问", "你好", "您好", "谢谢", "麻烦", "怎么", "怎样", "如何", "什么", "哪里", "哪儿", "哪些", "哪个", "多少", "多久", "几个", "几天", "可以", "能否", "是否", "应该", "需要",
		"一下", "这个", "那个", "这样", "那样", "这里", "那里", "这种", "那种", "我们", "你们", "他们", "它们", "时候", "现在", "还是", "还有", "但是", "因为", "所以", "如果", "那么", "然后", "就是", "不是", "没有",
		"想问", "想要", "我想", "帮我", "关于", "的话",
		"吗", "呢", "吧", "啊", "呀", "嘛", "么", "的", "了", "着", "过", "是", "我", "你", "您", "他", "她", "它", "在", "和", "与", "把", "被", "给", "让", "就", "都", "也", "还", "又", "才", "很", "太", "会", "能", "要", "想", "请", "得", "地", "这", "那", "有", "对", "为", "几",
	} {
		if strings.HasPrefix(s, p) {
			return len(p)
		}
	}
	return 0
}

// functionWord reports English words that carry no subject of their own.
func functionWord(w string) bool {
	switch w {
	case "a", "an", "the", "and", "or", "but", "if", "of", "at", "by", "for", "with", "to", "from", "in", "on", "as", "into", "than", "then", "so", "per",
		"is", "are", "was", "were", "be", "been", "being", "am", "it", "its", "it's", "this", "that", "these", "those", "there", "here", "that's", "there's",
		"i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "we", "we're", "our", "us", "you", "you're", "your", "yours", "they", "them", "their", "theirs", "he", "she", "his", "her", "him",
		"do", "does", "did", "doing", "don't", "doesn't", "didn't", "have", "has", "had", "having", "will", "would", "shall", "should", "could", "can", "can't", "cannot", "may", "might", "must",
		"how", "what", "when", "where", "which", "who", "why", "whose", "what's", "how's", "where's", "who's", "need", "want", "like", "please", "pls", "help", "know", "tell", "say",
		"hi", "hello", "hey", "thanks", "thank", "just", "really", "very", "also", "about", "any", "some", "something", "anything", "get", "got", "go", "going", "let", "make", "ok", "okay",
		"too", "much", "many", "one", "ones", "yes", "no", "not", "now", "still", "even", "again", "up", "out", "well", "s", "t", "d", "m", "re", "ve", "ll", "im", "ive", "dont", "u", "ur":
		return true
	}
	return false
}

// stem cuts the endings that tell forms of one English word apart. It is blunt:
// good enough to see whether two texts speak of the same things, which is all
// that this package asks; search has a real stemmer.
func stem(w string) string {
	for _, end := range [...]struct{ suffix, put string }{
		{"ies", "y"}, {"sses", "ss"}, {"ments", ""}, {"ment", ""}, {"ations", "at"}, {"ation", "at"}, {"ings", ""}, {"ing", ""}, {"ied", "y"}, {"ers", ""}, {"er", ""}, {"ed", ""}, {"ly", ""}, {"es", ""}, {"s", ""},
	} {
		if rest, ok := strings.CutSuffix(w, end.suffix); ok && len(rest) >= 3 && !strings.HasSuffix(w, "ss") {
			w = rest + end.put
			break
		}
	}
	if n := len(w); n > 3 && w[n-1] == w[n-2] && w[n-1] != 's' && w[n-1] != 'l' {
		w = w[:n-1] // "shipped", "shipping"
	}
	if len(w) > 3 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}

// vague reports content words, stems of English and pairs of Han, that many
// questions share although they are about different things: "do you sell … ?".
func vague(w string) bool {
	switch w {
	case "tak", "take", "us", "use", "work", "find", "see", "com", "come", "put", "giv", "give", "keep", "look", "try", "mean", "sell", "off", "offer", "buy", "cost", "pric", "price", "long", "tim", "time", "day", "thing", "way", "bit", "much", "ask", "question", "possibl", "possible", "possib",
		"提供", "支持", "价格", "时间", "价钱", "收费", "多长", "问题", "东西", "错了", "不好", "意思", "好意", "好像", "能不", "不能", "要不", "知道", "看看", "问问", "问下", "咨询":
		return true
	}
	return false
}
