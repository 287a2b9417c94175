package handoff

import (
	"fmt"
	"strconv"
	"time"
)

// What visitors read. Every sentence exists in English and in Chinese, says what
// happened and what comes next, and is written with the change it tells of.

// words picks by the conversation's language.
func words(language, en, zh string) string {
	if language == "zh" {
		return zh
	}
	return en
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
	return strconv.Itoa(n) + suffix
}

// about says a wait as people do: whole minutes, the nearest five above twenty.
// "" when it is not known.
func about(language string, d time.Duration) string {
	if d <= 0 {
		return ""
	}
	m := int((d + 30*time.Second) / time.Minute)
	if m > 20 {
		m = (m + 2) / 5 * 5
	}
	switch {
	case m < 1:
		return words(language, "less than a minute", "不到 1 分钟")
	case m == 1:
		return words(language, "about a minute", "大约 1 分钟")
	case m >= 90:
		h := (m + 30) / 60
		return words(language, fmt.Sprintf("about %d hours", h), fmt.Sprintf("大约 %d 小时", h))
	}
	return words(language, fmt.Sprintf("about %d minutes", m), fmt.Sprintf("大约 %d 分钟", m))
}

// standing is the first half of every sentence about a place in line.
func standing(language string, p Place) string {
	wait := about(language, p.Wait)
	if wait == "" {
		return words(language, fmt.Sprintf("You're %s in line.", ordinal(p.Position)), fmt.Sprintf("您排在第 %d 位。", p.Position))
	}
	return words(language, fmt.Sprintf("You're %s in line, %s.", ordinal(p.Position), wait),
		fmt.Sprintf("您排在第 %d 位，%s。", p.Position, wait))
}

func sayWaiting(language string, p Place) string {
	return standing(language, p) + words(language, " You can keep writing; they will see it.", "可以先把问题写下来，客服会看到。")
}

func sayBack(language string, p Place) string {
	return words(language, "Somebody is here again. ", "客服已经上线。") + standing(language, p)
}

// opens says when people are back, in the desk's own time zone.
func opens(language string, at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	clock := at.Format("15:04")
	date := func(t time.Time) time.Time {
		y, m, d := t.In(at.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	switch int(date(at).Sub(date(now)) / day) {
	case 0:
		return words(language, "from "+clock+" today", "今天 "+clock)
	case 1:
		return words(language, "from "+clock+" tomorrow", "明天 "+clock)
	}
	weekday := [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[at.Weekday()]
	return words(language, "from "+clock+" on "+at.Weekday().String(), weekday+" "+clock)
}

func sayNobody(language string, at, now time.Time) string {
	if when := opens(language, at, now); when != "" {
		return words(language,
			"Nobody is here right now; people are back "+when+". Your question is kept for them. Leave an address if you'd like the answer by e-mail.",
			"现在没有客服在线，"+when+" 恢复服务。您的问题已经留下，留个联系方式，我们会回复您。")
	}
	return words(language,
		"Nobody is here right now. Your question is kept and answered as soon as somebody is back. Leave an address if you'd like the answer by e-mail.",
		"现在没有客服在线。您的问题已经留下，客服上线后会尽快处理。留个联系方式，我们会回复您。")
}

func sayAway(language string) string {
	return words(language,
		"You left while you were waiting. Your place is kept for 30 minutes; write again to go on.",
		"您在排队时离开了，位置保留 30 分钟，回来后发条消息就可以继续。")
}

func sayLeft(language string) string {
	return words(language,
		"You've left the line. The assistant, a bot, is still here, and you can ask for a person again at any time.",
		"您已退出排队。智能助手还在，需要时可以随时再转人工。")
}

func sayMessage(language string, c Contact) string {
	switch {
	case c.Email != "":
		return words(language, "Thank you, your message is with our team. We'll answer here and at "+c.Email+".",
			"谢谢，您的留言已收到。我们会在这里和 "+c.Email+" 回复您。")
	case c.Phone != "":
		return words(language, "Thank you, your message is with our team. We'll answer here or call "+c.Phone+".",
			"谢谢，您的留言已收到。我们会在这里回复，或致电 "+c.Phone+"。")
	}
	return words(language, "Thank you, your message is with our team. We'll answer here.", "谢谢，您的留言已收到。我们会在这里回复您。")
}

func sayTicketed(language string, c Contact) string {
	if c.Email != "" {
		return words(language, "Our team has it on their list and answers here and at "+c.Email+".", "我们的团队已登记您的问题，会在这里和 "+c.Email+" 回复您。")
	}
	return words(language, "Our team has it on their list and answers here.", "我们的团队已登记您的问题，会在这里回复您。")
}

func sayJoined(language, agent string) string {
	return words(language, agent+" has joined the chat.", "客服 "+agent+" 已接入，为您服务。")
}

func sayTaken(language, agent, from string) string {
	return words(language, agent+" has taken over from "+from+".", "客服 "+agent+" 已接替 "+from+"，继续为您服务。")
}

func sayLost(language, agent string, others bool) string {
	if others {
		return words(language, agent+"'s connection dropped. You keep your place; someone else is on the way.",
			"客服 "+agent+" 的连接中断了，您的位置保留，马上有同事接替。")
	}
	return words(language, agent+"'s connection dropped. You keep your place, ahead of everyone who came later.",
		"客服 "+agent+" 的连接中断了，您的位置保留，仍排在后来的人之前。")
}

func saySlow(language, agent string, others bool) string {
	if others {
		return words(language, agent+" could not answer. You keep your place; someone else is on the way.",
			"客服 "+agent+" 暂时无法回复，您的位置保留，马上有同事接替。")
	}
	return words(language, agent+" could not answer. You keep your place, ahead of everyone who came later.",
		"客服 "+agent+" 暂时无法回复，您的位置保留，仍排在后来的人之前。")
}

func sayTransferred(language, agent string) string {
	return words(language, agent+" is passing you on to a colleague, who can read everything so far.",
		"客服 "+agent+" 正在为您转接同事，之前的内容对方都能看到。")
}

func sayStays(language, agent, asked string) string {
	return words(language, asked+" can't take over right now; "+agent+" stays with you.",
		"客服 "+asked+" 暂时无法接手，仍由 "+agent+" 为您服务。")
}

func sayKept(language, agent string) string {
	return words(language, agent+" stays with you.", "仍由客服 "+agent+" 为您服务。")
}

func sayStopped(language string, p Place) string {
	return words(language, "A person will answer instead of the assistant. ", "接下来由人工客服为您服务，智能助手不再回答。") + standing(language, p)
}

func sayStoppedHere(language string) string {
	return words(language, "A person will answer instead of the assistant.", "接下来由人工客服为您服务，智能助手不再回答。")
}

func sayHandedBack(language, agent string) string {
	return words(language,
		agent+" has left the chat. The assistant, a bot, answers again, and you can ask for a person at any time.",
		"客服 "+agent+" 已离开对话，由智能助手继续回答，需要时可以随时转人工。")
}

func sayClosed(language string) string {
	return words(language, "This chat has ended. Write again at any time.", "本次对话已结束，有问题随时再写给我们。")
}

func sayReopened(language, agent string) string {
	return words(language, agent+" has opened the chat again.", "客服 "+agent+" 重新打开了对话。")
}
