package bot

import (
	"fmt"
	"strings"
	"time"
)

// catalogue holds every sentence of the bot's own, in English and Chinese. The
// voice: short, plain, kind, no exclamation marks; says what happened and what
// to do; in Chinese the visitor is 您. Words in braces are filled in.
func catalogue(name string) (en, zh string, ok bool) {
	switch name {
	// Small talk; the names of intents lead here, see smalltalkPhrase.
	case "greeting":
		return "Hi, I'm the assistant here, a bot. Ask me anything, or talk to a person at any time.",
			"您好，我是智能助手。有问题直接问我，也可以随时转人工。", true
	case "thanks":
		return "You're welcome. Is there anything else?", "不客气。还有其他问题吗？", true
	case "goodbye":
		return "Goodbye. Write again whenever you need to.", "再见。有需要随时再来找我。", true
	case "identity":
		return "I'm a bot. I answer from our help pages, and I can get you a person whenever you want one.",
			"我是智能助手，不是真人。我根据帮助文档回答问题，您也可以随时转人工。", true
	case "abilities":
		return "I answer questions from our help pages and get you a person when I can't. What would you like to know?",
			"我可以根据帮助文档回答问题，解决不了的可以帮您转人工。您想了解什么？", true
	case "abuse":
		return "I'm sorry this is frustrating. Tell me in a few words what went wrong, or shall I get a person?",
			"抱歉让您不满意了。您简单说说遇到了什么问题，或者我帮您转人工？", true
	case "chat":
		return "I'm a bot for questions about us. What would you like to know?", "我是负责解答问题的智能助手。您想了解什么？", true
	case "comment":
		return "All right. Is there anything else you would like to know?", "好的。还有其他想了解的吗？", true
	case "noted":
		return "All right. Ask me something else, or say that you would like a person.", "好的。您可以继续提问，需要人工时说一声就行。", true
	case "declined":
		return "All right. What else would you like to know?", "好的。您还想了解什么？", true

	// Answers.
	case "clarify":
		return "Which of these do you mean?", "您想问的是下面哪一个？", true
	case "clarify_one":
		return "Do you mean this?", "您想问的是这个吗？", true
	case "meant":
		return "I read that as “{question}”.", "我理解为“{question}”。", true
	case "suggest_page":
		return "What should I know about “{title}”?", "关于“{title}”，有什么需要了解的？", true
	case "answer_broken":
		return "I had to stop there. This is what our help pages say:", "回答没能继续下去。帮助文档里是这样写的：", true
	case "stopped":
		return "I stopped. Ask me something else whenever you like.", "已停止回答。您可以继续提问。", true

	// Refusals.
	case "refuse":
		return "I couldn't find that in our help pages. Could you say it another way, or shall I get a person?",
			"帮助文档里没有找到答案。您换个说法试试，或者我帮您转人工？", true
	case "refuse_line":
		return "I couldn't find that in our help pages. The person who takes your chat will see the question.",
			"帮助文档里没有找到答案。接待您的客服会看到这个问题。", true
	case "refuse_far":
		return "That's outside what I know: I can only help with questions about us.",
			"这个问题不在我能解答的范围内，我只能回答与我们业务有关的问题。", true
	case "unread":
		return "I can't tell what you mean. Could you put it in words, or shall I get a person?",
			"我没看明白。您可以用文字说明一下吗，或者我帮您转人工？", true
	case "offer_unread":
		return "I can't tell what you mean. Shall I get a person?{wait}", "我还是没看明白。要帮您转人工吗？{wait}", true
	case "attachment":
		return "I can't open files myself. Tell me in a few words what it is about, or shall I get a person?",
			"我看不了文件。您简单说说是什么问题，或者我帮您转人工？", true

	// Offers of a person; {wait} is a sentence of its own, "" when nothing is known.
	case "offer":
		return "I can't find an answer to that. Shall I get a person?{wait}", "这个问题我没能找到答案。要帮您转人工吗？{wait}", true
	case "offer_account":
		return "That has to be done in our system, and I can't do it myself. Shall I get a person who can?{wait}",
			"这需要在系统里操作，我自己办不了。要帮您转人工处理吗？{wait}", true
	case "offer_unhappy":
		return "I'm sorry this has been frustrating. Shall I get a person?{wait}", "抱歉让您费心了。要帮您转人工吗？{wait}", true
	case "offer_repeated":
		return "I have told you what our help pages say about that. Shall I get a person who can look into it?{wait}",
			"帮助文档里的内容我已经告诉您了。要帮您转人工进一步了解吗？{wait}", true
	case "offer_rejected":
		return "I'm sorry that didn't help. Shall I get a person?{wait}", "抱歉，刚才的回答没有帮到您。要帮您转人工吗？{wait}", true
	case "offer_with_answer":
		return "If that is not it, shall I get a person?{wait}", "如果没有解决您的问题，要帮您转人工吗？{wait}", true
	case "failure":
		return "Something went wrong on my side, and I have no answer for you. Shall I get a person?{wait}",
			"我这边出了点问题，暂时没法回答。要帮您转人工吗？{wait}", true
	case "failure_line":
		return "Something went wrong on my side. The person who takes your chat will see your question.",
			"我这边出了点问题。接待您的客服会看到您的问题。", true
	case "desk_failed":
		return "I couldn't reach our team just now. Please try again in a minute.", "暂时没能联系上客服，请您过一分钟再试。", true

	// Hand-offs.
	case "handoff":
		return "I'm getting a person for you.{wait} You can keep writing; they will see it.", "正在为您转人工。{wait}您可以先把问题写下来，客服会看到。", true
	case "handoff_sensitive":
		return "This is something for a person, so I'm getting one for you.{wait} You can keep writing; they will see it.",
			"这类问题需要人工处理，正在为您转接。{wait}您可以先把情况写下来，客服会看到。", true
	case "handoff_ticket":
		return "This is something for a person, so I've passed it to our team.",
			"这个问题需要人工处理，我已经转交给我们的团队。", true
	case "handoff_closed":
		return "Nobody is here right now.{opens} Leave your question and how to reach you, and someone will get back to you.",
			"现在没有客服在线。{opens}请留下您的问题和联系方式，我们会尽快回复您。", true

	// Pieces.
	case "wait_next":
		return "You would be next in line{about}.", "现在转接您排在第 1 位{about}。", true
	case "wait_nth":
		return "You would be {nth} in line{about}.", "现在转接您排在第 {n} 位{about}。", true
	case "wait_closed":
		return "Nobody is here right now{opens}; you can leave a message.", "现在没有客服在线{opens}，您可以先留言。", true
	case "place_next":
		return "You're next in line{about}.", "您排在第 1 位{about}。", true
	case "place_nth":
		return "You're {nth} in line{about}.", "您排在第 {n} 位{about}。", true
	case "about":
		return ", about {minutes}", "，大约 {minutes}", true
	case "opens":
		return "We are back {when}.", "我们{when} 恢复服务。", true
	case "opens_short":
		return ", and we are back {when}", "，{when} 恢复服务", true
	}
	return "", "", false
}

// phrase returns a sentence of the catalogue with its words filled in. fill
// holds name, value, name, value …
func phrase(name, language string, fill ...string) string {
	en, zh, _ := catalogue(name)
	s := en
	if language == "zh" {
		s = zh
	}
	for i := 0; i+1 < len(fill); i += 2 {
		s = strings.ReplaceAll(s, "{"+fill[i]+"}", fill[i+1])
	}
	return s
}

func knownPhrase(name string) bool {
	_, _, ok := catalogue(name)
	return ok
}

// smalltalkPhrase maps the name of a smalltalk intent to what the bot says.
// Names are matched by what they contain, so that a workspace's own "say_hello"
// works as well.
func smalltalkPhrase(intent string, closing bool) string {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(intent, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("thank", "gratitude", "praise"):
		return "thanks"
	case has("bye", "farewell"):
		return "goodbye"
	case has("greet", "hello", "how_are_you"):
		return "greeting"
	case has("abilit", "capab", "what_can", "help"):
		return "abilities"
	case has("identity", "bot", "human_or", "who_are"):
		return "identity"
	case has("abuse", "insult"):
		return "abuse"
	case closing:
		return "thanks"
	}
	return "chat"
}

// offerText says what the bot offers and, honestly, what waiting would mean.
func offerText(name, language string, o Outlook, now time.Time) string {
	wait := ""
	switch {
	case !o.Known:
		// Say nothing about a desk that did not answer.
	case !o.Open:
		wait = phrase("wait_closed", language, "opens", opens("opens_short", language, o.Opens, now))
	case o.Position > 0:
		wait = place("wait", language, o)
	}
	if wait != "" && language != "zh" {
		wait = " " + wait
	}
	return phrase(name, language, "wait", wait)
}

// handoffText says that a person comes, where the visitor stands in line, or
// when somebody is there again.
func handoffText(name, language string, o Outlook, now time.Time) string {
	if o.Ticket {
		return phrase("handoff_ticket", language)
	}
	if o.Known && !o.Open {
		s := opens("opens", language, o.Opens, now)
		if s != "" && language != "zh" {
			s = " " + s
		}
		return phrase("handoff_closed", language, "opens", s)
	}
	s := ""
	if o.Position > 0 {
		s = place("place", language, o)
		if language != "zh" {
			s = " " + s
		}
	}
	return phrase(name, language, "wait", s)
}

func place(prefix, language string, o Outlook) string {
	about := ""
	if o.Wait > 0 {
		about = phrase("about", language, "minutes", minutes(o.Wait, language))
	}
	if o.Position == 1 && language != "zh" {
		return phrase(prefix+"_next", language, "about", about)
	}
	return phrase(prefix+"_nth", language, "nth", ordinal(o.Position), "n", fmt.Sprint(o.Position), "about", about)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n, suffix)
}

// minutes says a wait in words, rounded up: a promise is better kept.
func minutes(d time.Duration, language string) string {
	n := int((d + time.Minute - 1) / time.Minute)
	hours := (n + 59) / 60
	switch {
	case language == "zh" && n < 90:
		return fmt.Sprintf("%d 分钟", n)
	case language == "zh":
		return fmt.Sprintf("%d 小时", hours)
	case n <= 1:
		return "a minute"
	case n < 90:
		return fmt.Sprintf("%d minutes", n)
	}
	return fmt.Sprintf("%d hours", hours)
}

// opens says when somebody is there again, in the desk's own time zone; "" when
// that is not known.
func opens(name, language string, at, now time.Time) string {
	if at.IsZero() || !at.After(now) {
		return ""
	}
	day, clock := at.Weekday(), at.Format("15:04")
	here := now.In(at.Location())
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	days := int(midnight(at).Sub(midnight(here)) / (24 * time.Hour))
	zone := ""
	if at.Location() == time.UTC {
		zone = " UTC"
	}
	when := ""
	switch {
	case language == "zh" && days == 0:
		when = "今天 " + clock + zone
	case language == "zh" && days == 1:
		when = "明天 " + clock + zone
	case language == "zh":
		when = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[day] + " " + clock + zone
	case days == 0:
		when = "today at " + clock + zone
	case days == 1:
		when = "tomorrow at " + clock + zone
	default:
		when = "on " + day.String() + " at " + clock + zone
	}
	return phrase(name, language, "when", when)
}
