package handoff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestSkills(t *testing.T) {
	for text, want := range map[string]Skill{"billing": {"billing", 3}, "lang:zh=5": {"lang:zh", 5}, "退款=1": {"退款", 1}} {
		if got, err := ParseSkill(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]Need{
		"billing": {"billing", 1, false}, "billing>=4": {"billing", 4, false}, "vip?": {"vip", 1, true}, "lang:zh>=2?": {"lang:zh", 2, true},
	} {
		if got, err := ParseNeed(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "two words", "x=6", "x=0", "x>=2", "?"} {
		if _, err := ParseSkill(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("skill %q: %v", text, err)
		}
	}
	for _, text := range []string{"", "x=2", "x>=6", "two words"} {
		if _, err := ParseNeed(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("need %q: %v", text, err)
		}
	}
}

func TestSuits(t *testing.T) {
	for _, c := range []struct {
		skills, needs []string
		want          bool
	}{
		{nil, nil, true},
		{nil, []string{"lang:zh"}, true}, // no language of their own: all of them
		{[]string{"lang:en"}, []string{"lang:zh"}, false},
		{[]string{"billing=2"}, []string{"billing>=3"}, false},
		{[]string{"billing"}, []string{"billing>=3"}, true},
		{nil, []string{"vip?"}, true},
	} {
		if got := Suits(c.skills, c.needs); got != c.want {
			t.Errorf("%v for %v: %v", c.skills, c.needs, got)
		}
	}
}

func TestNeedsOf(t *testing.T) {
	got := needsOf("zh", []string{"billing"})
	if diff := cmp.Diff([]Need{{"billing", 1, false}, {"lang:zh", 1, false}}, got); diff != "" {
		t.Error(diff)
	}
	if got := needsOf("zh", []string{"lang:en"}); len(got) != 1 || got[0].Name != "lang:en" {
		t.Errorf("a language among the skills stands for the conversation's: %+v", got)
	}
}
