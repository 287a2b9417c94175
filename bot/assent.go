package bot

import (
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// assent reports whether the words are nothing but a yes or nothing but a no.
// "yes, but how long is the wait?" is neither: it asks something, and the
// engine reads it like any other question.
func assent(s string) (yes, no bool) {
	words := strings.Fields(key(s))
	if len(words) == 0 || len(words) > 8 {
		return false, false
	}
	var core, not bool
	for _, w := range words {
		if text.Language(w) == "zh" {
			y, n, ok := hanAssent(w)
			if !ok {
				return false, false
			}
			core, not = core || y, not || n
			continue
		}
		switch {
		case slices.Contains([]string{"no", "nope", "nah", "not", "don't", "dont", "none", "neither"}, w):
			not = true
		case slices.Contains([]string{"yes", "yeah", "yep", "yup", "ok", "okay", "sure", "please", "alright", "fine", "absolutely", "definitely", "y", "connect", "transfer"}, w):
			core = true
		case slices.Contains([]string{
			"do", "it", "that", "this", "go", "ahead", "a", "the", "person", "human", "agent", "someone", "me", "to", "with", "one", "thanks", "thank", "you", "would", "be", "great", "good",
			"perfect", "nice", "lovely", "i'd", "like", "then", "let's", "get", "put", "through", "them", "these", "those", "of", "now", "need", "i", "is", "right", "all", "so", "much", "will", "continue", "needed", "necessary", "never", "mind",
		}, w):
		default:
			return false, false
		}
	}
	return core && !not, not
}

// acknowledges reports a yes that may as well mean "I see" or "too bad": it takes
// no offer that was not the point of what was said before.
func acknowledges(s string) bool {
	if yes, _ := assent(s); !yes {
		return false
	}
	for _, w := range strings.Fields(key(s)) {
		if text.Language(w) == "zh" {
			for w != "" {
				n := prefix(w, "好的", "好吧", "好啊", "好呀", "行吧", "谢谢", "好", "行", "嗯", "恩", "哦", "噢", "那", "吧", "啊", "呀", "了")
				if n == 0 {
					return false
				}
				w = w[n:]
			}
			continue
		}
		if !slices.Contains([]string{"ok", "okay", "alright", "all", "right", "fine", "then", "great", "good", "thanks", "thank", "you", "that's", "is", "it", "that"}, w) {
			return false
		}
	}
	return true
}

// hanAssent reads one run of Han characters. ok is false when something is left
// that is neither consent, refusal nor courtesy.
func hanAssent(run string) (yes, no, ok bool) {
	run = text.Fold(run)
	for run != "" {
		if n := prefix(run, "都不是", "不用了", "不需要", "不必了", "暂时不", "先不", "不用", "不要", "不必", "不了", "不是", "算了", "没事", "不行", "不好"); n > 0 {
			no, run = true, run[n:]
			continue
		}
		if n := prefix(run, "麻烦转接", "帮我转", "好的", "可以", "好啊", "好呀", "好吧", "是的", "对的", "行的", "没问题", "转接", "转吧", "需要", "好", "行", "嗯", "恩", "对", "是", "要", "转"); n > 0 {
			yes, run = true, run[n:]
			continue
		}
		if n := prefix(run, "谢谢", "麻烦", "辛苦", "人工", "客服", "一下", "你们", "您", "你", "了", "吧", "啊", "呀", "哦", "的", "请", "我", "那", "就", "先", "帮"); n > 0 {
			run = run[n:]
			continue
		}
		return false, false, false
	}
	return yes && !no, no, true
}

// prefix returns the length of the first of the phrases that s starts with.
func prefix(s string, phrases ...string) int {
	for _, p := range phrases {
		if strings.HasPrefix(s, p) {
			return len(p)
		}
	}
	return 0
}
