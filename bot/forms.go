package bot

import (
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// instructs reports words that tell somebody to do something: "cancel my order",
// "帮我改一下地址".
func instructs(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		if i := strings.Index(folded, "让"); i >= 0 && strings.Contains(folded[i:], "帮我") {
			return false // somebody else is to do it
		}
		for _, p := range []string{"帮我", "帮忙", "替我", "给我", "麻烦", "请把", "请帮", "请给"} {
			if strings.Contains(folded, p) {
				return true
			}
		}
		i := strings.Index(folded, "把")
		return i >= 0 && !strings.Contains(folded[:i], "怎") && !strings.Contains(folded, "能把") && !strings.Contains(folded, "可以把")
	}
	words := wordsOf(folded)
	for len(words) > 1 && slices.Contains([]string{"please", "pls", "just", "then", "ok", "okay", "so", "and", "yes", "no", "hi", "hello", "hey", "well", "now", "fine", "great", "thanks"}, words[0]) {
		words = words[1:]
	}
	if len(words) < 2 {
		return false
	}
	if (words[0] == "can" || words[0] == "could" || words[0] == "would" || words[0] == "will") && words[1] == "you" {
		return true
	}
	switch words[0] {
	case "cancel", "change", "move", "stop", "send", "refund", "add", "remove", "delete", "close", "switch", "make", "put", "book", "rebook", "update", "correct", "renew", "pause", "transfer", "reset", "block", "unblock", "activate", "extend",
		"upgrade", "downgrade", "resend", "return", "exchange", "replace", "ship", "give", "check", "look", "confirm", "reserve", "set", "take", "charge", "credit", "swap", "postpone", "unsubscribe", "register", "order", "fix":
		return true
	}
	return false
}

// inquires reports words that ask how or whether something is done, which an entry
// can answer: "can I cancel my order?", "怎么改地址".
func inquires(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		if instructs(s) {
			return false
		}
		for _, p := range []string{"怎么", "如何", "怎样", "哪里", "可以", "能不能", "能", "可不可以", "是否", "多久", "多少", "什么"} {
			if strings.Contains(folded, p) {
				return true
			}
		}
		return false
	}
	words := wordsOf(folded)
	for i, w := range words {
		switch {
		case w == "how" || w == "where" || w == "when" || w == "what":
			return true
		case i+1 < len(words) && (words[i+1] == "i" || words[i+1] == "we" || words[i+1] == "it" || words[i+1] == "there") && auxiliary(w):
			return true
		}
	}
	return false
}

func wordsOf(folded string) []string {
	var out []string
	for w := range text.Words(folded) {
		out = append(out, w.Text)
	}
	return out
}

// lightens reports words that take the edge off what they complain about: they
// laugh, they take an answer in ("I see, annoying but …"), or it is the doing of
// somebody else or of the visitor.
func lightens(s string) bool {
	folded := strings.TrimSpace(text.Fold(s))
	if prefix(folded, "ah ", "ah,", "aha", "hm", "i see", "got it", "哦", "噢", "原来", "明白", "嗯", "懂了") > 0 {
		return true
	}
	for _, p := range []string{
		"haha", "lol", "hehe", ":)", ";)", ":-)", "哈哈", "嘿嘿", "嘻嘻", "😂", "😄", "😅", "🤣", "😊",
		"my last ", "my old ", "my previous ", "my former ", "our last ", "our old ", "our previous ", "my own fault", "my bad", "silly me", "other shops", "other companies",
		"别家", "上一家", "我上个", "我上家", "之前那家", "以前那家", "其他家", "怪我", "服了自己", "服了我自己", "我自己的错", "我真笨", "我太笨",
	} {
		if strings.Contains(folded, p) {
			return true
		}
	}
	return false
}
