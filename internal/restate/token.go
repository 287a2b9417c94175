package restate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// token is a word or a mark of a text.
type token struct {
	text       string // as it stands there
	low        string // in lower case, simplified
	start, end int    // bytes
	class      byte
}

// maxTokens bounds what is looked at of one text, from its start.
const maxTokens = 60

// tokens cuts a text.
func (l lexicon) tokens(s string) []token {
	var out []token
	for i := 0; i < len(s) && len(out) < maxTokens; {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case unicode.Is(unicode.Han, r):
			end := i
			for end < len(s) {
				r, size := utf8.DecodeRuneInString(s[end:])
				if !unicode.Is(unicode.Han, r) {
					break
				}
				end += size
			}
			out = append(out, l.han(s[i:end], i)...)
			i = end
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			end := wordEnd(s, i)
			t := token{text: s[i:end], start: i, end: end}
			t.low = strings.ReplaceAll(strings.ToLower(t.text), "’", "'")
			t.class = classOf(t, len(out) == 0)
			out = append(out, t)
			i = end
		default:
			out = append(out, token{text: s[i : i+size], low: s[i : i+size], start: i, end: i + size, class: classPunct})
			i += size
		}
	}
	return out
}

// wordEnd returns where the letters, digits and inner marks of a word end.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !(unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) || unicode.Is(unicode.Han, r) {
			next, _ := utf8.DecodeRuneInString(s[min(len(s), i+size):])
			inner := strings.ContainsRune("'’-.,", r) && (unicode.IsLetter(next) || unicode.IsDigit(next)) && !unicode.Is(unicode.Han, next)
			if (r == '.' || r == ',') && !unicode.IsDigit(next) {
				inner = false
			}
			if !inner {
				return i
			}
		}
		i += size
	}
	return i
}

func (l lexicon) han(s string, at int) []token {
	run := []rune(text.Simplify(s))
	original := []rune(s)
	if len(run) != len(original) {
		run = original
	}
	starts, classes := l.segment(run)
	out := make([]token, len(starts))
	for i, from := range starts {
		to := len(run)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		t := string(original[from:to])
		out[i] = token{text: t, low: string(run[from:to]), start: at, end: at + len(t), class: classes[i]}
		at += len(t)
	}
	return out
}

// classOf tells the class of a word in Latin letters by its form. The first word
// of a text is capitalised anyway.
func classOf(t token, first bool) byte {
	if c, ok := englishClass(t.low); ok {
		return c
	}
	r, _ := utf8.DecodeRuneInString(t.text)
	switch {
	case unicode.IsDigit(r):
		return classNumber
	case unicode.IsUpper(r) && !first:
		return className
	case strings.HasSuffix(t.low, "ing") || strings.HasSuffix(t.low, "ed"):
		return classVerb
	case strings.HasSuffix(t.low, "ly"):
		return 'd'
	}
	return classNoun
}

func englishClass(low string) (byte, bool) {
	switch strings.TrimSuffix(low, "'s") {
	case "he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "theirs", "hers", "i", "me", "my", "mine", "you", "your", "yours", "we", "us", "our", "ours", "himself", "herself", "itself", "themselves", "myself",
		"this", "that", "these", "those", "there", "here", "one", "ones":
		return classPronoun, true
	case "a", "an", "the", "any", "some", "another", "each", "every", "no":
		return classDet, true
	case "is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "have", "has", "had", "can", "could", "will", "would", "shall", "should", "may", "might", "must", "don't", "doesn't", "didn't", "isn't", "aren't", "wasn't", "can't", "won't", "i'm", "i've", "i'd", "you're", "it's", "they're", "we're", "he's", "she's", "that's", "what's", "there's":
		return classAux, true
	case "of", "in", "on", "at", "to", "for", "from", "with", "without", "by", "about", "after", "before", "during", "into", "over", "under", "between", "against", "until", "since", "besides", "as", "than", "like":
		return classPrep, true
	case "and", "or", "but", "then", "so", "if", "because", "when", "while":
		if low == "when" {
			return classAsk, true
		}
		return classConj, true
	case "what", "who", "whom", "whose", "which", "where", "why", "how":
		return classAsk, true
	case "not", "also", "too", "else", "ever", "still", "just", "again", "well", "please", "ok", "okay", "yes", "thanks", "other", "more", "much", "many", "long", "same", "anything", "something":
		return classFunction, true
	case "get", "got", "go", "went", "come", "came", "take", "took", "make", "made", "give", "gave", "say", "said", "tell", "told", "know", "knew", "think", "see", "saw", "use", "find", "found", "want", "need", "work", "call", "keep", "leave", "left", "put", "mean", "meant", "begin", "began", "win", "won", "write", "wrote", "die", "buy", "bought", "sell", "sold", "pay", "cost", "send", "sent", "happen", "become", "became", "play", "run", "ran", "live", "grow", "grew", "meet", "met", "sing", "sang", "teach", "taught", "offer", "return", "repair", "deliver":
		return classVerb, true
	}
	return 0, false
}

// pointers are the words that stand for something said before.
func pointer(t token) bool {
	switch t.low {
	case "he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "this", "that", "these", "those", "there", "one", "ones", "it's", "he's", "she's", "they're",
		"他", "她", "它", "他们", "她们", "它们", "这", "那", "这个", "那个", "这些", "那些", "这部", "那部", "这首", "那首", "这款", "那款", "这家", "那家", "这种", "那种", "这里", "那里", "这儿", "那儿", "这边", "那边", "这样", "那样", "这本", "那本", "这件", "那件", "这道", "这位", "那位", "此", "其":
		return true
	}
	return false
}

// demonstrative pointers may have a noun of their own: "this song", "这首歌".
func demonstrative(t token) bool {
	switch t.low {
	case "this", "that", "these", "those":
		return true
	}
	r, _ := utf8.DecodeRuneInString(t.low)
	return r == '这' || r == '那'
}

func possessive(t token, next *token) bool {
	switch t.low {
	case "his", "its", "their":
		return true
	case "her":
		return next != nil && (next.class == classNoun || next.class == className || next.class == classVerb || next.class == classNumber || next.class == classFunction)
	}
	return false
}

// id is what features call a token: a word that shapes sentences by itself,
// others by their class.
func (t *token) id() string {
	switch t.class {
	case classPronoun, classPart, classUse, classPunct, classAux, classDet, classPrep, classConj, classAsk, classFunction, 'd', 'f':
		return t.low
	}
	switch t.low {
	case "是", "有", "没有", "喜欢", "知道", "觉得", "看", "去", "说", "想", "会", "能", "要", "可以", "多少", "多少钱", "多久", "几", "不是", "一样", "好", "happen", "happened", "cost", "name", "people", "other":
		return t.low
	}
	return classNames[t.class]
}

// classNames spells classes; indexing spares a string a token.
var classNames = func() (out [256]string) {
	for i := range out {
		out[i] = "<" + string(rune(i)) + ">"
	}
	return out
}()
