package account

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Role is what an account may do.
type Role string

// The roles. They do not nest by themselves; Account.May says what includes what.
const (
	RoleAgent         Role = "agent"         // answers visitors
	RoleEditor        Role = "editor"        // writes the knowledge base
	RoleSupervisor    Role = "supervisor"    // what agents may, for the whole floor
	RoleAdministrator Role = "administrator" // everything
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleAgent, RoleEditor, RoleSupervisor, RoleAdministrator}
}

// Account is a person who signs in to the console.
type Account struct {
	Workspace id.Workspace
	ID        string // UUIDv7; also the agent's ID
	Email     string // lower case, unique in the workspace
	Name      string // shown to visitors
	Roles     []Role
	Skills    []string // for routing; languages are "lang:en", "lang:zh"
	Capacity  int      // chats at once, 1…50
	Weight    int      // share among equal agents, 1…1000; 0: like others
	Password  string   // argon2id hash in PHC form; "" signs nobody in
	Disabled  bool
	Version   int64 // rises with every write, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

// May reports whether the account may do what any of the roles may. An
// administrator may everything, a supervisor what an agent may.
func (a Account) May(roles ...Role) bool {
	if a.Disabled {
		return false
	}
	if slices.Contains(a.Roles, RoleAdministrator) {
		return true
	}
	for _, r := range roles {
		if slices.Contains(a.Roles, r) || r == RoleAgent && slices.Contains(a.Roles, RoleSupervisor) {
			return true
		}
	}
	return false
}

// TakesChats reports whether the desk should know the account as an agent.
func (a Account) TakesChats() bool { return a.May(RoleAgent) }

// NormalEmail returns the form in which an e-mail address is stored and looked up.
func NormalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// check returns what is wrong with an account, nil when nothing is.
func (a Account) check() error {
	f := fault.New(fault.Invalid, "The account is not valid.")
	if addr, err := mail.ParseAddress(a.Email); err != nil || addr.Address != a.Email || len(a.Email) > 254 {
		f = f.WithField("email", "write one address, such as lin@example.com")
	}
	if n := utf8.RuneCountInString(a.Name); n == 0 || n > 80 || strings.ContainsFunc(a.Name, unicode.IsControl) {
		f = f.WithField("name", "write a name of 1 to 80 characters")
	}
	if len(a.Roles) == 0 {
		f = f.WithField("roles", "give at least one role: agent, editor, supervisor or administrator")
	}
	for _, r := range a.Roles {
		if !slices.Contains(Roles(), r) {
			f = f.WithField("roles", "there is no role \""+string(r)+"\": use agent, editor, supervisor or administrator")
		}
	}
	if a.Capacity < 1 || a.Capacity > 50 {
		f = f.WithField("capacity", "give a number from 1 to 50")
	}
	if a.Weight < 0 || a.Weight > 1000 {
		f = f.WithField("weight", "give a number from 1 to 1000, or 0 for like others")
	}
	if len(a.Skills) > 50 {
		f = f.WithField("skills", "give at most 50 skills")
	}
	for _, s := range a.Skills {
		if s == "" || len(s) > 60 || strings.ContainsFunc(s, unicode.IsControl) {
			f = f.WithField("skills", "a skill has 1 to 60 characters")
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}
