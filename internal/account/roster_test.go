package account

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func anySkill(s string) error {
	if strings.Contains(s, "<") {
		return errors.New("no skill")
	}
	return nil
}

// terms are the desk's, of a sort.
var terms = Terms{Skill: anySkill, Shifts: func(zone, text string) error {
	switch {
	case zone == "":
		return fault.New(fault.Invalid, "Shifts need a zone.").WithField("zone", "one")
	case text == "never":
		return fault.New(fault.Invalid, "No such shifts.")
	}
	return nil
}}

func TestReadRoster(t *testing.T) {
	people, problems := readRoster([]byte("\ufeffName, EMAIL ,skills,capacity,weight,roles,zone,shifts\r\n\"Lin, W.\",Lin@Example.com,lang:zh=4; billing,3,150,agent supervisor,Asia/Shanghai,\"Mon 9-12, 13-17\"\r\nMax,max@example.com,,,,,,\n"), terms)
	if len(problems) > 0 || len(people) != 2 {
		t.Fatalf("read %+v, %v", people, problems)
	}
	lin := people[0]
	if lin.Email != "lin@example.com" || lin.Name != "Lin, W." || lin.Capacity != 3 || lin.Weight != 150 || lin.line != 2 || lin.zone != "Asia/Shanghai" || lin.shifts != "Mon 9-12, 13-17" ||
		!cmp.Equal(lin.Skills, []string{"lang:zh=4", "billing"}) || !cmp.Equal(lin.Roles, []Role{RoleAgent, RoleSupervisor}) {
		t.Errorf("read %+v", lin)
	}
	if max := people[1]; max.Roles != nil || max.Skills != nil || max.Capacity != 0 {
		t.Errorf("what is left out should stay: %+v", max)
	}
}

func TestReadRosterNamesEveryMistake(t *testing.T) {
	for name, x := range map[string]struct{ file, want string }{
		"empty":           {"", "line 1, column 1"},
		"nobody":          {"email,name\n", "line 2, column 1"},
		"unknown column":  {"email,name,shoe\na@b.c,A,44\n", "line 1, column 3"},
		"column twice":    {"email,name,name\n", "line 1, column 3 (name)"},
		"no name column":  {"email\na@b.c\n", "line 1, column 2 (name)"},
		"too few values":  {"email,name\na@b.c\n", "line 2, column 2"},
		"not UTF-8":       {"email,name\n\xff,A\n", "line 1, column 1"},
		"open quote":      {"email,name\na@b.c,\"A\n", "line 2, column 1"},
		"the same twice":  {"email,name\na@b.c,A\nA@B.C,B\n", "line 3, column 1 (email)"},
		"two in one line": {"name,capacity,skills,email\nA,many,a<b,a@b.c\n", "line 2, column 2 (capacity); line 2, column 3 (skills)"},
		"wrong shifts":    {"email,name,shifts,zone\na@b.c,A,never,UTC\n", "line 2, column 3 (shifts)"},
		"no zone":         {"email,name,shifts,zone\na@b.c,A,Mon 9-17,\n", "line 2, column 4 (zone)"},
		"no zone column":  {"email,name,shifts\na@b.c,A,Mon 9-17\n", "line 2, column 3 (shifts)"},
	} {
		_, problems := readRoster([]byte(x.file), terms)
		var where []string
		for _, p := range problems {
			where = append(where, p.Name)
		}
		if got := strings.Join(where, "; "); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
	var long strings.Builder
	long.WriteString("email,name\n")
	for range 501 {
		long.WriteString("a@b.c,A\n")
	}
	if _, problems := readRoster([]byte(long.String()), terms); !strings.HasPrefix(problems[len(problems)-1].Name, "line 502") {
		t.Errorf("501 people: %v", problems[len(problems)-1])
	}
	f := (*fault.Error)(nil)
	if err := refused(make([]fault.Field, 300)); !errors.As(err, &f) || len(f.Fields) != maxProblems || !strings.Contains(f.Message, "300") {
		t.Errorf("300 mistakes: %v", f)
	}
}
