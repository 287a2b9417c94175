package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// leans says by their form how surely words lean on what was said before, 0…1:
// they go on ("and …", "那…呢"), they point back ("it", "它"), or too little is
// left of them to be a question.
func leans(s string) float64 {
	folded := strings.TrimSpace(text.Fold(s))
	if text.Language(folded) == "zh" {
		return leansHan(folded)
	}
	var words []string
	for w := range text.Words(folded) {
		words = append(words, w.Text)
	}
	if len(words) == 0 {
		return 0
	}
	score := 0.0
	switch content := len(contentWords(folded)); {
	case content == 0:
		score += .7
	case content == 1:
		score += .4
	case content == 2:
		score += .15
	}
	if goesOn(words) {
		score += .4
	}
	for i, w := range words {
		if w == "there" && i > 0 && isBe(words[i-1]) {
			continue // "which ways are there?"
		}
		if pointsBack(w, i, len(words)) {
			score += .4
			break
		}
	}
	return min(1, score)
}

// goesOn reports words that begin by continuing somebody's thought.
func goesOn(words []string) bool {
	first, second := words[0], ""
	if len(words) > 1 {
		second = words[1]
	}
	switch first {
	case "and", "or", "but", "then", "so":
		return true
	case "what", "how":
		return second == "about" || second == "if"
	case "for", "to", "with", "in", "on", "from", "without", "not":
		return len(words) <= 5 // "for students?", "to Ireland as well?"
	}
	return false
}

// pointsBack reports words that stand for something said before.
func pointsBack(w string, i, n int) bool {
	switch w {
	case "it", "its", "they", "them", "their", "those", "these", "that's", "one", "ones", "another", "instead", "same", "else", "it's":
		return true
	case "that", "this":
		return i == n-1 || i <= 2 // "how does that work", "is this free"; not "the mail that I got"
	case "there", "then", "too", "either", "more", "as", "well":
		return i == n-1
	}
	return false
}

func isBe(w string) bool { return w == "is" || w == "are" || w == "was" || w == "were" }

func leansHan(s string) float64 {
	runes := 0
	for _, r := range s {
		if r != ' ' && !strings.ContainsRune("，。？！,?!、", r) {
			runes++
		}
	}
	score := 0.0
	switch content := len(contentWords(s)); {
	case content == 0:
		score += .7
	case content == 1 && runes <= 4:
		score += .4 // "怎么约": a verb whose object was named before
	case runes <= 5:
		score += .3 // a key word, or what is left of a question
	case runes <= 8:
		score += .2
	}
	if prefix(s, "那么", "那", "还有", "如果", "要是", "也", "还", "换成", "改成") > 0 {
		score += .35
	}
	tail := strings.TrimRight(s, "？?！!。 ")
	if strings.HasSuffix(tail, "呢") {
		score += .35
	}
	for _, p := range []string{"它", "这个", "那个", "这种", "那种", "这些", "那些", "前者", "后者", "一样", "也能", "也可以", "也要", "也是", "别的", "其他", "的呢", "她", "他"} {
		if strings.Contains(s, p) {
			score += .3
			break
		}
	}
	if r, _ := utf8.DecodeRuneInString(s); r == '能' || r == '要' || r == '可' || r == '怎' || r == '多' {
		score += .15 // no subject: "能退吗", "多久到"
	}
	return min(1, score)
}

// withoutCorrection drops the words by which somebody corrects a
// misunderstanding ("no, I meant …", "不是，我说的是…"): what is left is what they
// mean. Words that correct nothing come back as they are.
func withoutCorrection(s string) string {
	rest := strings.TrimSpace(s)
	for {
		trimmed := strings.TrimLeft(rest, " ,.，。!！:：、-—")
		low := strings.ToLower(trimmed)
		n := prefix(low,
			"i was asking about", "i'm asking about", "i am asking about", "i asked about", "i was talking about", "i'm talking about", "what i meant was", "what i mean is", "i meant to ask",
			"i meant", "i mean", "i said", "sorry", "nope", "no", "not that", "wait", "actually", "oops",
			"我的意思是", "我想问的是", "我要问的是", "我说的是", "我问的是", "我指的是", "我是说", "我是问", "我想问", "不是的", "不是这个", "不是", "不对", "错了", "哦不", "抱歉")
		if n == 0 || (low[0] < 0x80 && n < len(low) && isLetter(low[n])) {
			break
		}
		rest = trimmed[n:]
	}
	if rest = strings.TrimLeft(rest, " ,.，。!！:：、-—"); len(contentWords(rest)) == 0 {
		return strings.TrimSpace(s)
	}
	return rest
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' }
