package api

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

type newAccountIn struct {
	Body struct {
		Email    string   `json:"email" maxLength:"254"`
		Name     string   `json:"name" maxLength:"200"`
		Roles    []string `json:"roles" minItems:"1" maxItems:"4" nullable:"false"`
		Password string   `json:"password" maxLength:"1024" doc:"10 to 256 characters."`
		Skills   []string `json:"skills,omitempty" maxItems:"50" doc:"For routing, such as lang:zh or billing."`
		Capacity int      `json:"capacity,omitempty" minimum:"0" maximum:"50" doc:"Chats at once; 0 or absent: 4."`
		Weight   int      `json:"weight,omitempty" minimum:"0" maximum:"1000" doc:"Share of chats among equals; 0 or absent: 100."`
		Ramp     int      `json:"ramp_s,omitempty" minimum:"0" maximum:"86400" doc:"How long the chats at once grow from one to all when somebody new comes on duty, or is back after an hour and more."`
		Disabled bool     `json:"disabled,omitempty"`
	}
}

type patchAccountIn struct {
	ByID
	Body struct {
		Email    *string   `json:"email,omitempty" maxLength:"254"`
		Name     *string   `json:"name,omitempty" maxLength:"200"`
		Roles    *[]string `json:"roles,omitempty" maxItems:"4"`
		Password *string   `json:"password,omitempty" maxLength:"1024"`
		Skills   *[]string `json:"skills,omitempty" maxItems:"50"`
		Capacity *int      `json:"capacity,omitempty" minimum:"1" maximum:"50"`
		Weight   *int      `json:"weight,omitempty" minimum:"1" maximum:"1000"`
		Ramp     *int      `json:"ramp_s,omitempty" minimum:"0" maximum:"86400"`
		Disabled *bool     `json:"disabled,omitempty"`
	}
}

func rolesOf(names []string) []account.Role {
	out := make([]account.Role, 0, len(names))
	for _, n := range names {
		out = append(out, account.Role(n))
	}
	return out
}

func (s *Server) accountRoutes(g *registrar) {
	handle(g, "GET", "/accounts", func(ctx context.Context, in *Paging) (*bodyOf[list[Account]], error) {
		m, err := in.mark()
		if err != nil {
			return nil, err
		}
		rows, err := s.Accounts.Accounts(ctx, s.ws, m.Name, in.Limit+1)
		if err != nil {
			return nil, err
		}
		return &bodyOf[list[Account]]{pageOf(rows, in.Limit, func(a account.Account) mark { return mark{Name: a.Email} }, accountOf)}, nil
	})
	handle(g, "POST", "/accounts", func(ctx context.Context, in *newAccountIn) (*bodyOf[Account], error) {
		b := in.Body
		if err := checkSkills(b.Skills); err != nil {
			return nil, err
		}
		a, err := s.Accounts.Create(ctx, account.NewAccount{
			Workspace: s.ws, Email: b.Email, Name: b.Name, Roles: rolesOf(b.Roles), Password: b.Password, Skills: b.Skills, Capacity: b.Capacity,
			Weight: b.Weight, Ramp: time.Duration(b.Ramp) * time.Second,
		})
		if err == nil && b.Disabled {
			a, err = s.Accounts.Update(ctx, s.ws, a.ID, account.Patch{Disabled: &b.Disabled})
		}
		if err != nil {
			return nil, err
		}
		if a.TakesChats() {
			if _, err := s.putAgent(ctx, a); err != nil {
				return nil, err
			}
		}
		s.log.Info("account made", "account_id", a.ID, "by", callOf(ctx).agentID())
		return &bodyOf[Account]{accountOf(a)}, nil
	}, status(http.StatusCreated))
	handle(g, "POST", "/accounts/import", s.importAccounts, body(1<<20))
	handle(g, "PATCH", "/accounts/{id}", s.patchAccount)
	handle(g, "DELETE", "/accounts/{id}", func(ctx context.Context, in *ByID) (*empty, error) {
		if in.ID == string(callOf(ctx).agentID()) {
			return nil, fault.New(fault.Conflict, "You cannot delete the account you are signed in with.")
		}
		if err := s.Accounts.Delete(ctx, s.ws, in.ID); err != nil {
			return nil, err
		}
		s.signedOff(ctx, in.ID)
		if err := s.Desk.Retire(ctx, s.ws, bot.AgentID(in.ID)); err != nil {
			return nil, err
		}
		s.log.Info("account deleted", "account_id", in.ID, "by", callOf(ctx).agentID())
		return nil, nil
	}, status(http.StatusNoContent))
}

// Imported is what an import of accounts did.
type Imported struct {
	Made    []NewSignIn `json:"made"`
	Changed []Account   `json:"changed"`
}

// NewSignIn is an account with its first password, which is shown this once.
type NewSignIn struct {
	Account
	Password string `json:"password"`
}

// importAccounts makes and changes the accounts of a CSV file.
func (s *Server) importAccounts(ctx context.Context, in *struct {
	Body struct {
		CSV string `json:"csv" maxLength:"500000" doc:"First line: email,name,roles,skills,capacity,weight,shifts,zone. Roles and skills are separated by spaces or semicolons. Shifts: Mon-Fri 09:00-17:00; Sat 10:00-12:00, 13:00-16:00; 2026-10-01 off; none takes them away. Zone: Asia/Shanghai."`
	}
},
) (*bodyOf[Imported], error) {
	done, err := s.Accounts.Import(ctx, s.ws, []byte(in.Body.CSV), account.Terms{Skill: handoff.CheckSkill, Shifts: handoff.CheckRoster})
	if err != nil {
		return nil, err
	}
	out := Imported{Made: []NewSignIn{}, Changed: []Account{}}
	for i, a := range done.Made {
		out.Made = append(out.Made, NewSignIn{accountOf(a), done.Passwords[i]})
	}
	for _, a := range done.Changed {
		out.Changed = append(out.Changed, accountOf(a))
		s.names.setAgent(bot.AgentID(a.ID), a.Name)
	}
	for _, a := range append(done.Made, done.Changed...) {
		if !a.TakesChats() {
			err = s.Desk.Retire(ctx, s.ws, bot.AgentID(a.ID))
		} else {
			_, err = s.putAgent(ctx, a)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, x := range done.Shifts {
		if err := s.Desk.PlanShifts(ctx, s.ws, bot.AgentID(x.Account), x.Zone, x.Text); err != nil {
			return nil, err
		}
	}
	s.log.Info("accounts imported", "made", len(out.Made), "changed", len(out.Changed), "by", callOf(ctx).agentID())
	return &bodyOf[Imported]{out}, nil
}

// patchAccount changes an account. What ends its sessions ends its sockets too.
func (s *Server) patchAccount(ctx context.Context, in *patchAccountIn) (*bodyOf[Account], error) {
	b := in.Body
	p := account.Patch{Email: b.Email, Name: b.Name, Password: b.Password, Capacity: b.Capacity, Weight: b.Weight, Disabled: b.Disabled}
	if b.Ramp != nil {
		ramp := time.Duration(*b.Ramp) * time.Second
		p.Ramp = &ramp
	}
	if b.Roles != nil {
		p.Roles = rolesOf(*b.Roles)
	}
	if b.Skills != nil {
		p.Skills = append([]string{}, *b.Skills...)
		if err := checkSkills(p.Skills); err != nil {
			return nil, err
		}
	}
	a, err := s.Accounts.Update(ctx, s.ws, in.ID, p)
	if err != nil {
		return nil, err
	}
	s.names.setAgent(bot.AgentID(a.ID), a.Name)
	if p.Roles != nil || p.Password != nil || a.Disabled {
		s.signedOff(ctx, a.ID)
	}
	if a.TakesChats() {
		if _, err := s.putAgent(ctx, a); err != nil {
			return nil, err
		}
	} else if err := s.Desk.Retire(ctx, s.ws, bot.AgentID(a.ID)); err != nil {
		return nil, err
	}
	s.log.Info("account changed", "account_id", a.ID, "by", callOf(ctx).agentID())
	return &bodyOf[Account]{accountOf(a)}, nil
}

// signedOff closes an account's sockets and takes it off duty: its chats go back
// in line when it stays away.
func (s *Server) signedOff(ctx context.Context, acct string) {
	s.Hub.CloseAgent(s.ws, bot.AgentID(acct), live.CloseExpired, "signed out")
	s.offDuty(ctx, acct)
}

// offDuty keeps offers from somebody who left; others get those that are open.
func (s *Server) offDuty(ctx context.Context, acct string) {
	if _, err := s.Desk.SetDuty(ctx, s.ws, bot.AgentID(acct), handoff.DutyOff); err != nil && !fault.Is(err, fault.NotFound) {
		s.log.Warn("an agent was not taken off duty", "account_id", acct, "error", err)
	}
}

// checkSkills refuses what the desk could not read, before anything is stored.
func checkSkills(skills []string) error {
	for _, k := range skills {
		if err := handoff.CheckSkill(k); err != nil {
			return err
		}
	}
	return nil
}

// putAgent tells the desk what an account says of its agent.
func (s *Server) putAgent(ctx context.Context, a account.Account) (handoff.Agent, error) {
	return s.Desk.PutAgent(ctx, handoff.Agent{
		Workspace: s.ws, ID: bot.AgentID(a.ID), Name: a.Name, Skills: a.Skills, Capacity: a.Capacity, Weight: a.Weight, Ramp: a.Ramp,
	})
}

// syncAgents tells the desk of every account that takes chats: some may have
// been made while no server ran.
func (s *Server) syncAgents(ctx context.Context) error {
	for after := ""; ; {
		rows, err := s.Accounts.Accounts(ctx, s.ws, after, maxPage)
		if err != nil {
			return err
		}
		for _, a := range rows {
			after = a.Email
			if !a.TakesChats() {
				continue
			}
			// One from before skills were checked must not keep the others from working.
			if _, err := s.putAgent(ctx, a); fault.Is(err, fault.Invalid) {
				s.log.Warn("an account has a skill that is none: its agent is not brought up to date", "account_id", a.ID, "error", err)
			} else if err != nil {
				return err
			}
		}
		if len(rows) < maxPage {
			return nil
		}
	}
}
