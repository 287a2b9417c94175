package bot

import (
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/text"
)

// settles reports words by which somebody lets a matter rest: they found it
// themselves, they take an answer in, they wrote to the wrong place or mistyped.
// Such words ask nothing, whatever they sound like, and turn no answer down.
func settles(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		return settlesHan(folded)
	}
	words := key(folded)
	padded := " " + words + " "
	for _, p := range []string{
		" not ", " still ", " never came ", " no one ", " nobody ", " nothing ", " please ", " don't ", " doesn't ", " didn't ", " can't ", " cannot ", " won't ", " isn't ",
	} {
		if strings.Contains(padded, p) {
			return false
		}
	}
	for _, p := range []string{
		" found it ", " found them ", " see it now ", " there it is ", " never mind ", " nevermind ", " nvm ", " my mistake ", " my bad ", " my fault ", " silly me ", " misread ", " typo ", " mistyped ",
		" got it ", " got you ", " gotcha ", " silly question ", " dumb question ", " stupid question ", " i see ", " i understand ", " understood ", " makes sense ", " that explains ", " fair enough ", " fair point ", " good to know ", " noted ", " no worries ", " no problem ", " no matter ",
		" wrong chat ", " wrong window ", " wrong site ", " wrong number ", " wrong place ", " wrong shop ", " wrong person ", " wrong tab ",
		" all good ", " all set ", " sorted ", " solved ", " fixed now ", " works now ", " working now ", " it works ", " back now ",
		" just kidding ", " just checking ", " just curious ", " just testing ", " just wondering ", " only kidding ",
		" i'll think about ", " let me think ", " i'll have a look ", " i'll try ", " i'll check ", " i'll do that ", " i'll come back ", " will do ", " i'll wait ",
	} {
		if strings.Contains(padded, p) {
			return true
		}
	}
	return slices.Contains([]string{"too bad", "oh too bad", "pity", "a pity", "shame", "oh well", "ah well", "what a pity", "what a shame", "that's a pity", "that's a shame"}, words)
}

func settlesHan(folded string) bool {
	if strings.Contains(folded, "还是") || strings.Contains(folded, "麻烦") {
		return false
	}
	for _, p := range []string{
		"找到了", "看到了", "看见了", "收到了", "明白了", "懂了", "知道了", "了解了", "清楚了", "理解", "原来如此", "原来是这样", "没事", "没有就算", "没有也行", "没有也没", "也没事", "不行就算", "那算了", "那就算", "就算啦", "就算了", "算啦", "没关系", "不要紧", "不碍事",
		"搞错了", "打错", "发错", "弄错了", "看错了", "记错了", "说错了", "按错", "手滑", "走错", "解决了", "搞定", "弄好了", "修好了", "恢复了",
		"考虑一下", "考虑考虑", "商量一下", "想想再说", "随便问问", "问问而已", "就问问", "开玩笑", "逗你", "我试试", "回头再", "下次再",
	} {
		i := strings.Index(folded, p)
		if i < 0 {
			continue
		}
		before := strings.TrimRight(folded[:i], "太怎么是有很")
		if !strings.HasSuffix(before, "没") && !strings.HasSuffix(before, "不") && !strings.HasSuffix(before, "们") && !strings.HasSuffix(before, "未") {
			return true
		}
	}
	return false
}

// persists reports words that tell of a thing that goes on although somebody did
// what they were told: "I did that and the button is grey".
func persists(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		for _, p := range []string{"试过", "试了", "点了", "弄了", "查了", "做了", "照做", "还是不", "还是没", "还是打不", "好几遍", "好几次", "仍然", "依旧", "没反应", "没有反应", "没人理", "没人管", "打不开", "点不了", "点不动", "登不上", "付不了", "按你说的", "按您说的", "照你说的", "照您说的"} {
			if strings.Contains(folded, p) {
				return true
			}
		}
		return false
	}
	padded := " " + key(folded) + " "
	for _, p := range []string{" i did that ", " i did this ", " did that already ", " did all that ", " i tried ", " tried that ", " tried it ", " already tried ", " have tried ", " i've tried ", " still not ", " still the same ", " is still ", " it still ", " still no ", " nothing happens ", " just says ", " keeps saying ", " does not let me ", " doesn't let me ", " won't let me ", " error ", " nothing changed ", " again and again ", " not working ", " doesn't work ", " didn't work ", " does not work ", " did not work ", " won't work "} {
		if strings.Contains(padded, p) {
			return true
		}
	}
	return false
}

// asksHours reports a question for the hours at which people can be reached,
// which is no wish for one: "人工客服几点上班". Who wants to talk says so.
func asksHours(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		for _, p := range []string{"找", "转", "接", "叫", "联系我", "等", "急", "怎么还", "没人", "到底"} {
			if strings.Contains(folded, p) {
				return false
			}
		}
		for _, p := range []string{"几点上班", "几点下班", "几点开始上班", "几点到几点", "什么时候上班", "什么时候下班", "上班时间", "工作时间", "服务时间", "在线时间", "周末上班", "周末有人", "晚上有人"} {
			if strings.Contains(folded, p) {
				return true
			}
		}
		return false
	}
	padded := " " + key(folded) + " "
	for _, p := range []string{" speak ", " talk ", " chat with ", " connect ", " transfer ", " put me ", " finally ", " now ", " please ", " need ", " want "} {
		if strings.Contains(padded, p) {
			return false
		}
	}
	for _, p := range []string{" what hours ", " which hours ", " what are the hours ", " what are your hours ", " opening hours ", " until when ", " till when ", " what time do ", " what time does ", " what times ", " when do your ", " when does your ", " when is your ", " when are your ", " how late "} {
		if strings.Contains(padded, p) {
			return true
		}
	}
	return false
}

// denies reports a negation anywhere in the words.
func denies(s string) bool {
	folded := text.Fold(s)
	if text.Language(folded) == "zh" {
		return strings.ContainsAny(folded, "不没未无")
	}
	for _, w := range wordsOf(folded) {
		if strings.HasSuffix(w, "n't") || slices.Contains([]string{"no", "not", "never", "nothing", "none", "nowhere", "nobody", "cannot", "dont", "cant", "wont", "without"}, w) {
			return true
		}
	}
	return false
}
