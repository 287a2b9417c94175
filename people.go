package frontdesk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/demo"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Person is somebody who signs in to the console.
type Person struct {
	Email    string
	Name     string
	Password string   // 10 to 256 characters
	Roles    []string // administrator, supervisor, agent, editor
	Skills   []string // of an agent; a language is a skill: "lang:en", "lang:zh"
	Capacity int      // chats at once of an agent; 0: 4
}

// AddPerson makes an account and, for somebody who takes chats, the agent behind
// it. Errors: Invalid naming the fields; Conflict when the address is taken.
func (a *App) AddPerson(ctx context.Context, p Person) error {
	var roles []account.Role
	for _, r := range p.Roles {
		roles = append(roles, account.Role(r))
	}
	made, err := a.accounts.Create(ctx, account.NewAccount{
		Workspace: id.DefaultWorkspace, Email: p.Email, Name: p.Name, Password: p.Password, Roles: roles, Skills: p.Skills, Capacity: p.Capacity,
	})
	if err != nil || !made.TakesChats() {
		return err
	}
	_, err = a.desk.PutAgent(ctx, handoff.Agent{
		Workspace: id.DefaultWorkspace, ID: bot.AgentID(made.ID), Name: made.Name, Skills: made.Skills, Capacity: made.Capacity,
		Weight: made.Weight, Ramp: made.Ramp,
	})
	return err
}

// ImportPeople makes the accounts of a CSV file and changes those that are known;
// with one mistake nothing is imported. It returns who is new, with the password
// that was made up, and how many were changed. Errors: Invalid with each line and
// column that is wrong; Conflict.
func (a *App) ImportPeople(ctx context.Context, file []byte) (made []SignIn, changed int, err error) {
	done, err := a.accounts.Import(ctx, id.DefaultWorkspace, file, account.Terms{Skill: handoff.CheckSkill, Shifts: handoff.CheckRoster})
	if err != nil {
		return nil, 0, err
	}
	for i, p := range done.Made {
		made = append(made, SignIn{Email: p.Email, Password: done.Passwords[i], Role: string(p.Roles[0])})
	}
	for _, p := range append(done.Made, done.Changed...) {
		if !p.TakesChats() {
			err = a.desk.Retire(ctx, p.Workspace, bot.AgentID(p.ID))
		} else {
			_, err = a.desk.PutAgent(ctx, handoff.Agent{
				Workspace: p.Workspace, ID: bot.AgentID(p.ID), Name: p.Name, Skills: p.Skills, Capacity: p.Capacity, Weight: p.Weight, Ramp: p.Ramp,
			})
		}
		if err != nil {
			return made, len(done.Changed), err
		}
	}
	for _, x := range done.Shifts {
		if err := a.desk.PlanShifts(ctx, id.DefaultWorkspace, bot.AgentID(x.Account), x.Zone, x.Text); err != nil {
			return made, len(done.Changed), err
		}
	}
	return made, len(done.Changed), nil
}

// customers tells the desk what sites vouch for about visitors.
type customers struct{ accounts *account.Directory }

// Attributes implements handoff.Customers.
func (c customers) Attributes(ctx context.Context, ws bot.WorkspaceID, visitor bot.VisitorID) (map[string]string, error) {
	v, err := c.accounts.VisitorByID(ctx, ws, string(visitor))
	return v.Attributes, err
}

// SignIn is an account that the demo made, with its password in the clear.
type SignIn struct{ Email, Password, Role string }

// demoSignIns is the file in the data folder that keeps what Demo made up.
const demoSignIns = "demo-sign-ins.json"

// Demo loads the sample shop: its content, its inbox, and three people whose
// made-up passwords stay in the data folder, so that a second start shows the
// same. It returns them.
func (a *App) Demo(ctx context.Context) ([]SignIn, error) {
	if err := a.loadDemo(ctx); err != nil {
		return nil, err
	}
	if _, err := a.accounts.EnsureInbox(ctx, account.Inbox{
		Workspace: id.DefaultWorkspace, ID: demo.Inbox, Name: "Juniper & Clay", Language: "en", Accent: "#2f5d4c",
	}); err != nil {
		return nil, err
	}
	path := filepath.Join(a.config.Storage.Dir, demoSignIns)
	var made []SignIn
	text, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(text, &made); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The file %s in the data folder is damaged; delete it and the demo accounts to start anew", demoSignIns)
		}
		return made, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fault.Wrap(fault.Unavailable, err, "The data folder cannot be read")
	}
	people := []Person{
		{Email: "ada@juniper.example", Name: "Ada", Roles: []string{"administrator"}},
		{Email: "lin@juniper.example", Name: "Lin", Roles: []string{"agent"}, Skills: []string{"lang:en", "lang:zh"}},
		{Email: "max@juniper.example", Name: "Max", Roles: []string{"editor"}},
	}
	for _, p := range people {
		p.Password = rand.Text()[:14]
		if err := a.AddPerson(ctx, p); err != nil && !fault.Is(err, fault.Conflict) {
			return nil, err
		}
		made = append(made, SignIn{Email: p.Email, Password: p.Password, Role: p.Roles[0]})
	}
	if text, err = json.MarshalIndent(made, "", "  "); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The data folder cannot be written")
	}
	return made, nil
}

// AddInbox makes an inbox that only the server's own pages may use, unless it is
// there already. Sites are added to it in the console's settings.
func (a *App) AddInbox(ctx context.Context, inbox, name string) error {
	_, err := a.accounts.EnsureInbox(ctx, account.Inbox{Workspace: id.DefaultWorkspace, ID: inbox, Name: name, Language: "en"})
	return err
}

// AddVisitor makes a stranger who came through an inbox and returns their ID.
func (a *App) AddVisitor(ctx context.Context, inbox string) (visitor string, err error) {
	_, c, _, err := a.accounts.Arrive(ctx, account.Arrival{Workspace: id.DefaultWorkspace, Inbox: inbox})
	return c.Visitor.ID, err
}

// Profile returns what the console shows of a visitor. Error: NotFound.
func (a *App) Profile(ctx context.Context, visitor string) (name, email, language string, err error) {
	v, err := a.accounts.VisitorByID(ctx, id.DefaultWorkspace, visitor)
	return v.Name, v.Email, v.Language, err
}
