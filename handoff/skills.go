package handoff

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// LanguagePrefix begins the names of skills that are languages: "lang:zh".
const LanguagePrefix = "lang:"

// usual is the level of a skill that is written without one.
const usual = 3

// Skill is something that an agent can do, and how well. It is written "billing"
// or "billing=4"; a language is a skill like any other, "lang:zh=5".
type Skill struct {
	Name  string
	Level int // 1 (some) to 5 (best)
}

// Need is a skill that a conversation wants of its agent. It is written "billing"
// or "billing>=4", with a question mark behind when it is only preferred: "vip?".
type Need struct {
	Name      string
	Level     int // at least, 1 to 5
	Preferred bool
}

var (
	skillForm = regexp.MustCompile(`^([^\s=<>?]{1,60})(?:=([1-5]))?$`)
	needForm  = regexp.MustCompile(`^([^\s=<>?]{1,60})(?:>=([1-5]))?(\?)?$`)
)

// ParseSkill reads a skill; without a level it is 3. Error: Invalid.
func ParseSkill(s string) (Skill, error) {
	m := skillForm.FindStringSubmatch(s)
	if m == nil {
		return Skill{}, fault.New(fault.Invalid, "%q is not a skill.", s).
			WithField("skills", `a name without spaces, or with a level from 1 to 5, such as "billing" or "lang:zh=4"`)
	}
	return Skill{m[1], level(m[2], usual)}, nil
}

// CheckSkill refuses what ParseSkill would.
func CheckSkill(s string) error {
	_, err := ParseSkill(s)
	return err
}

// ParseNeed reads a need; without a level any will do. Error: Invalid.
func ParseNeed(s string) (Need, error) {
	m := needForm.FindStringSubmatch(s)
	if m == nil {
		return Need{}, fault.New(fault.Invalid, "%q does not say which skill is wanted.", s).
			WithField("skills", `a name without spaces, at a level, or only preferred, such as "billing", "billing>=4" or "vip?"`)
	}
	return Need{m[1], level(m[2], 1), m[3] != ""}, nil
}

func level(digit string, absent int) int {
	if n, err := strconv.Atoi(digit); err == nil {
		return n
	}
	return absent
}

// Language reports whether the need is one for a language.
func (n Need) Language() bool { return strings.HasPrefix(n.Name, LanguagePrefix) }

func (n Need) String() string {
	s := n.Name
	if n.Level > 1 {
		s += ">=" + strconv.Itoa(n.Level)
	}
	if n.Preferred {
		s += "?"
	}
	return s
}

// skillset is what one agent can do: levels by name.
type skillset struct {
	level map[string]int
	polys bool // has no language among the skills, and so speaks all of them
}

// skillsOf reads an agent's skills. What is not one was stored before skills were
// checked: it counts as its own name.
func skillsOf(a Agent) skillset {
	s := skillset{level: make(map[string]int, len(a.Skills)), polys: true}
	for _, text := range a.Skills {
		k, err := ParseSkill(text)
		if err != nil {
			k = Skill{text, usual}
		}
		s.level[k.Name] = k.Level
		s.polys = s.polys && !strings.HasPrefix(k.Name, LanguagePrefix)
	}
	return s
}

// meets reports whether the agent has what is needed.
func (s skillset) meets(n Need) bool {
	return s.level[n.Name] >= n.Level || s.polys && n.Language()
}

// needsOf is what a conversation wants: its skills, and its language unless they
// name one.
func needsOf(language string, skills []string) []Need {
	out := make([]Need, 0, len(skills)+1)
	spoken := false
	for _, text := range skills {
		n, err := ParseNeed(text)
		if err != nil {
			n = Need{Name: text, Level: 1}
		}
		spoken = spoken || n.Language()
		out = append(out, n)
	}
	if language != "" && !spoken {
		out = append(out, Need{Name: LanguagePrefix + language, Level: 1})
	}
	return out
}

// Suits reports whether somebody of these skills has all that is needed.
func Suits(skills, needs []string) bool {
	s := skillsOf(Agent{Skills: skills})
	for _, n := range needsOf("", needs) {
		if !n.Preferred && !s.meets(n) {
			return false
		}
	}
	return true
}
