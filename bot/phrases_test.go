package bot

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

// phraseNames are read from the source of the catalogue's switch in
// TestCatalogue's stead: every name the code uses must be here or the test of
// its user fails.
var phraseNames = strings.Fields(`greeting thanks goodbye identity abilities abuse chat comment declined clarify clarify_one suggest_page answer_broken stopped
	refuse refuse_line refuse_far unread offer_unread attachment offer offer_account offer_unhappy offer_repeated offer_rejected offer_with_answer failure failure_line desk_failed
	handoff handoff_sensitive handoff_closed handoff_ticket wait_next wait_nth wait_closed place_next place_nth about opens opens_short`)

func TestCatalogue(t *testing.T) {
	for _, name := range phraseNames {
		en, zh, ok := catalogue(name)
		if !ok || en == "" || zh == "" {
			t.Errorf("%s is not in both languages", name)
		}
		if strings.ContainsAny(en+zh, "!！") {
			t.Errorf("%s shouts", name)
		}
		if strings.Contains(zh, "你") {
			t.Errorf("%s: visitors are 您", name)
		}
		if strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: the English holds Chinese", name)
		}
		if strings.ContainsAny(zh, ",?") {
			t.Errorf("%s: the Chinese has half-width marks", name)
		}
		for _, hole := range []string{"{wait}", "{title}", "{when}", "{n}", "{about}"} {
			if strings.Contains(strings.ReplaceAll(en, "{nth}", "{n}"), hole) != strings.Contains(zh, hole) && name != "place_next" && name != "wait_next" {
				t.Errorf("%s: %s stands in one language only", name, hole)
			}
		}
	}
}

func TestOfferText(t *testing.T) {
	now := time.Date(2026, 3, 2, 17, 30, 0, 0, time.FixedZone("CET", 3600)) // a Monday
	at := func(days, hour int) time.Time { return time.Date(2026, 3, 2+days, hour, 0, 0, 0, now.Location()) }
	for _, c := range []struct {
		o      Outlook
		en, zh string
	}{
		{Outlook{}, "I can't find an answer to that. Shall I get a person?", "这个问题我没能找到答案。要帮您转人工吗？"},
		{Outlook{Known: true, Open: true, Position: 1}, "Shall I get a person? You would be next in line.", "吗？现在转接您排在第 1 位。"},
		{Outlook{Known: true, Open: true, Position: 22, Wait: 4*time.Minute + time.Second}, "You would be 22nd in line, about 5 minutes.", "第 22 位，大约 5 分钟。"},
		{Outlook{Known: true, Open: true, Position: 113, Wait: 3 * time.Hour}, "113th in line, about 3 hours.", "大约 3 小时。"},
		{Outlook{Known: true, Opens: at(0, 20)}, "Nobody is here right now, and we are back today at 20:00; you can leave a message.", "现在没有客服在线，今天 20:00 恢复服务，您可以先留言。"},
		{Outlook{Known: true, Opens: at(1, 9)}, "back tomorrow at 09:00", "明天 09:00 恢复服务"},
		{Outlook{Known: true, Opens: at(4, 9)}, "back on Friday at 09:00", "周五 09:00 恢复服务"},
		{Outlook{Known: true}, "Nobody is here right now; you can leave a message.", "现在没有客服在线，您可以先留言。"},
	} {
		if got := offerText("offer", "en", c.o, now); !strings.HasSuffix(got, c.en) && !strings.Contains(got, c.en) {
			t.Errorf("%+v: %q, want it to say %q", c.o, got, c.en)
		}
		if got := offerText("offer", "zh", c.o, now); !strings.Contains(got, c.zh) {
			t.Errorf("%+v: %q, want it to say %q", c.o, got, c.zh)
		}
	}
	if got := handoffText("handoff", "en", Outlook{Known: true, Opens: at(1, 9)}, now); !strings.HasPrefix(got, "Nobody is here right now. We are back tomorrow at 09:00. Leave") {
		t.Errorf("out of hours: %q", got)
	}
	if got := handoffText("handoff", "en", Outlook{Known: true}, now); !strings.HasPrefix(got, "Nobody is here right now. Leave") {
		t.Errorf("nobody on duty and no hours: %q", got)
	}
	if got := handoffText("handoff", "en", Outlook{}, now); !strings.HasPrefix(got, "I'm getting a person for you. You") {
		t.Errorf("nothing known: %q", got)
	}
}
