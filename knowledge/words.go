package knowledge

import "strings"

// stopWord reports English words that no search should look for.
func stopWord(w string) bool {
	switch w {
	case "a", "an", "the", "and", "or", "but", "if", "of", "at", "by", "for", "with", "to", "from", "in", "on", "as", "into", "than", "then", "so",
		"is", "are", "was", "were", "be", "been", "being", "am", "it", "its", "it's", "this", "that", "these", "those", "there", "here",
		"i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself", "we", "we're", "our", "us", "you", "you're", "your", "yours",
		"he", "she", "his", "her", "him", "they", "them", "their", "do", "does", "did", "doing", "done", "don't", "doesn't", "didn't",
		"have", "has", "had", "having", "will", "would", "shall", "should", "could", "s", "t", "d", "m", "re", "ve", "ll", "im", "ive", "dont", "doesnt", "didnt", "u", "ur":
		return true
	}
	return false
}

// frameWord reports English words of which questions are built and which say
// little about their subject.
func frameWord(w string) bool {
	switch w {
	case "how", "what", "when", "where", "which", "who", "why", "can", "can't", "cant", "cannot", "may", "might", "must", "need", "want", "wanna", "like", "please", "pls", "plz",
		"help", "know", "tell", "say", "says", "saying", "said", "hi", "hello", "hey", "thanks", "thank", "just", "really", "very", "also", "about", "any", "some", "something", "anything",
		"thing", "things", "way", "ways", "get", "getting", "got", "go", "going", "gonna", "make", "let", "possible", "question", "still", "even", "again", "now", "up", "out", "not", "no", "yes",
		"ok", "okay", "too", "much", "many", "lot", "try", "tried", "trying", "keep", "keeps", "see", "think", "guess", "sure", "one", "what's", "how's", "where's", "happen", "happens", "happened",
		"isn't", "wasn't", "won't", "wouldn't", "because", "since", "while", "all", "only", "ever", "always", "never", "today", "yesterday":
		return true
	}
	return false
}

// framePhrase returns how many characters of a Chinese phrase that frames a
// question stand at the start of s, 0 for none. Longer phrases come first.
func framePhrase(s string) int {
	for _, p := range [...]string{
		"为什么会", "是不是", "能不能", "可不可以", "有没有", "要不要", "怎么办", "为什么", "怎么样", "请问一下", "麻烦问下", "告诉我", "帮我", "我想要", "我想", "想要", "想问",
		"请问", "你好", "您好", "谢谢", "麻烦", "怎么", "怎样", "如何", "什么", "哪里", "哪儿", "哪些", "哪个", "多少", "几个", "多久", "可以", "可否", "能否", "是否", "应该", "需要", "必须",
		"一下", "一个", "这个", "那个", "这样", "那样", "这里", "那里", "我们", "你们", "他们", "大家", "自己", "时候", "现在", "刚才", "今天", "昨天", "已经", "还是", "还有", "但是", "因为", "所以",
		"如果", "而且", "然后", "以及", "或者", "就是", "不是", "没有", "不能", "不会", "不了", "觉得", "知道", "问题", "情况", "办法", "怎", "吗", "呢", "吧", "啊", "呀", "嘛", "么", "的", "了", "着", "过",
		"是", "我", "你", "您", "他", "她", "它", "咱", "在", "和", "与", "把", "被", "给", "让", "就", "都", "也", "还", "又", "才", "很", "太", "会", "能", "要", "想", "请", "得", "地", "这", "那",
	} {
		if strings.HasPrefix(s, p) {
			return len(p) / len("的")
		}
	}
	return 0
}
