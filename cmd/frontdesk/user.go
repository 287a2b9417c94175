package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type userCmd struct {
	Add    *userAddCmd    `arg:"subcommand:add" help:"Add somebody who signs in to the console."`
	Import *userImportCmd `arg:"subcommand:import" help:"Add and change people from a CSV file, all or none."`
}

type userImportCmd struct {
	configFlags
	File string `arg:"positional,required" help:"CSV file; - reads standard input." placeholder:"FILE"`
}

func (c *userImportCmd) Help() string {
	return "The first line names the columns: email, name, and if wanted roles, skills, capacity, weight, shifts and zone; roles and skills are separated by spaces or semicolons. " +
		"Shifts are written as \"Mon-Fri 09:00-17:00; Sat 10:00-12:00, 13:00-16:00; 2026-10-01 off\" (or 周一至周五 …, 休), none takes them away; the zone is one such as Asia/Shanghai. " +
		"Who is new gets a password that is printed once; of those whose address is known the rest is changed.\n\nExample:\n  printf 'email,name,skills,capacity\\nlin@example.com,Lin,lang:zh=5 billing,4\\n' | frontdesk user import --data data -"
}

// Run imports the file.
func (c *userImportCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	in := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "The file %s cannot be read", c.File)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	file, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The file %s cannot be read", c.File)
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	made, changed, err := app.ImportPeople(ctx, file)
	if err != nil {
		return err
	}
	for _, p := range made {
		fmt.Fprintf(s.out, "%s\t%s\n", p.Email, p.Password)
	}
	fmt.Fprintf(s.err, "%d people added, %d changed\n", len(made), changed)
	return nil
}

type userAddCmd struct {
	configFlags
	Email    string `arg:"required" help:"Address to sign in with."`
	Name     string `arg:"required" help:"Name that visitors see."`
	Role     list   `arg:"required" help:"administrator, supervisor, agent or editor; may be repeated."`
	Skill    list   `help:"Skill of an agent, such as lang:zh; may be repeated."`
	Capacity int    `help:"Chats at once of an agent." default:"4"`
	Generate bool   `help:"Make a password up and print it, instead of asking."`
}

func (c *userAddCmd) Help() string {
	return "The password is asked for on a terminal, read from standard input otherwise.\n\nExample:\n  frontdesk user add --data data --email you@example.com --name You --role administrator"
}

// Run adds the account.
func (c *userAddCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	password := ""
	if c.Generate {
		password = rand.Text()[:16]
	} else if password, err = readPassword(s); err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	if err := app.AddPerson(ctx, frontdesk.Person{
		Email: c.Email, Name: c.Name, Password: password, Roles: c.Role, Skills: c.Skill, Capacity: c.Capacity,
	}); err != nil {
		return err
	}
	if c.Generate {
		fmt.Fprintln(s.out, password)
	}
	fmt.Fprintf(s.err, "%s can sign in as %s\n", c.Email, strings.Join(c.Role, ", "))
	return nil
}

// readPassword asks on a terminal without showing what is typed; elsewhere it
// takes the first line of standard input.
func readPassword(s streams) (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(s.err, "Password: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(s.err)
		return string(b), err
	}
	b, err := io.ReadAll(io.LimitReader(s.in, 4096))
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "The password cannot be read from standard input")
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimRight(line, "\r"), nil
}
