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
	Add userAddCmd `cmd:"" help:"Add somebody who signs in to the console."`
}

type userAddCmd struct {
	configFlags
	Email    string   `required:"" help:"Address to sign in with."`
	Name     string   `required:"" help:"Name that visitors see."`
	Role     []string `required:"" help:"administrator, supervisor, agent or editor; may be repeated."`
	Skill    []string `help:"Skill of an agent, such as lang:zh; may be repeated."`
	Capacity int      `help:"Chats at once of an agent." default:"4"`
	Generate bool     `help:"Make a password up and print it, instead of asking."`
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
