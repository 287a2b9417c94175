package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Bounds of a roster.
const (
	maxRoster   = 500 // people
	maxProblems = 100 // that are told at once
)

// Rostered is what an import did.
type Rostered struct {
	Made      []Account
	Passwords []string // in the clear, of Made; they are kept nowhere
	Changed   []Account
	Shifts    []Shifts // of those whose shifts the file says
}

// Shifts are somebody's planned shifts, as the file has them.
type Shifts struct{ Account, Zone, Text string }

// Terms refuse what the desk would not take. An error's message is told with the line
// and column.
type Terms struct {
	Skill  func(text string) error
	Shifts func(zone, text string) error // a fault of the field zone is told of the column zone
}

// person is a line of a roster.
type person struct {
	line   int
	column map[string]int // where each value stands, from 1
	Account
	zone, shifts string
}

// Import makes the accounts of a CSV file, and changes those whose address is
// known: all of them, or none when anything is wrong. The first line names the
// columns: email, name, and if wanted roles, skills (both separated by spaces or
// semicolons), capacity, weight, shifts and the zone that they are in. What is left out
// is as for a new account; of a known one it stays. Shifts are the caller's to keep.
// Errors: Invalid with each line and column that is wrong; Conflict when somebody
// changed the same accounts meanwhile, or no administrator would be left.
func (d *Directory) Import(ctx context.Context, ws id.Workspace, file []byte, terms Terms) (Rostered, error) {
	people, problems := readRoster(file, terms)
	known := map[string]Account{}
	for after := ""; ; {
		rows, err := d.store.Accounts(ctx, ws, after, 200)
		if err != nil {
			return Rostered{}, err
		}
		for _, a := range rows {
			known[a.Email], after = a, a.Email
		}
		if len(rows) < 200 {
			break
		}
	}
	now := d.now()
	final := map[string]Account{}
	for email, a := range known {
		final[email] = a
	}
	var put []Account
	var shifts []Shifts
	for _, p := range people {
		a, old := known[p.Email]
		if !old {
			a = Account{Workspace: ws, ID: id.New(), Email: p.Email, Roles: []Role{RoleAgent}, Capacity: 4, CreatedAt: now}
		}
		a.Name, a.UpdatedAt = p.Name, now
		if p.Roles != nil {
			a.Roles = p.Roles
		}
		if p.Skills != nil {
			a.Skills = p.Skills
		}
		if p.Capacity != 0 {
			a.Capacity = p.Capacity
		}
		if p.Weight != 0 {
			a.Weight = p.Weight
		}
		if a.Weight == 0 {
			a.Weight = 100
		}
		if f := (*fault.Error)(nil); errors.As(a.check(), &f) {
			for _, x := range f.Fields {
				problems = append(problems, at(p.line, max(p.column[x.Name], 1), x.Name, x.Problem))
			}
		}
		if p.shifts != "" {
			if !a.TakesChats() {
				problems = append(problems, at(p.line, p.column["shifts"], "shifts", "only who takes chats has shifts: add the role agent, or leave it empty"))
			}
			shifts = append(shifts, Shifts{a.ID, p.zone, p.shifts})
		}
		put, final[a.Email] = append(put, a), a
	}
	if len(problems) > 0 {
		return Rostered{}, refused(problems)
	}
	admin := func(all map[string]Account) bool {
		for _, a := range all {
			if a.May(RoleAdministrator) {
				return true
			}
		}
		return false
	}
	if admin(known) && !admin(final) {
		return Rostered{}, fault.New(fault.Conflict, "The file would leave nobody to administer the workspace. Keep the role administrator with somebody.")
	}
	out := Rostered{Shifts: shifts}
	for i := range put {
		if put[i].Version > 0 {
			continue
		}
		password := rand.Text()[:16]
		hash, err := d.hash(ctx, password)
		if err != nil {
			return Rostered{}, err
		}
		put[i].Password, out.Passwords = hash, append(out.Passwords, password)
	}
	stored, err := d.store.PutAccounts(ctx, put)
	if err != nil {
		return Rostered{}, err
	}
	for _, a := range stored {
		was, old := known[a.Email]
		if !old {
			out.Made = append(out.Made, a)
			continue
		}
		out.Changed = append(out.Changed, a)
		if !slices.Equal(was.Roles, a.Roles) {
			if err := d.store.DeleteSessions(ctx, ws, a.ID, ""); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

func at(line, column int, field, problem string) fault.Field {
	where := fmt.Sprintf("line %d, column %d", line, column)
	if field != "" {
		where += " (" + field + ")"
	}
	return fault.Field{Name: where, Problem: problem}
}

func refused(problems []fault.Field) error {
	f := fault.New(fault.Invalid, "Nothing was imported: the file has %d mistakes.", len(problems))
	if len(problems) == 1 {
		f = fault.New(fault.Invalid, "Nothing was imported: the file has a mistake.")
	}
	f.Fields = problems[:min(len(problems), maxProblems)]
	return f
}

// readRoster reads what it can, and says what is wrong with the rest.
func readRoster(file []byte, terms Terms) (people []person, problems []fault.Field) {
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if !utf8.Valid(file) {
		return nil, []fault.Field{at(1, 1, "", "the file is not UTF-8; save it as CSV UTF-8")}
	}
	r := csv.NewReader(bytes.NewReader(file))
	r.FieldsPerRecord = -1
	r.Comma = separator(file)
	r.TrimLeadingSpace = r.Comma != '\t' // an empty value is no space between two others
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, []fault.Field{at(1, 1, "", "the file is empty; begin with a line such as email,name,roles,skills,capacity,weight,shifts,zone")}
	}
	if err != nil {
		return nil, []fault.Field{broken(err)}
	}
	columns := []string{"email", "name", "roles", "skills", "capacity", "weight", "shifts", "zone"}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
		switch {
		case !slices.Contains(columns, header[i]):
			problems = append(problems, at(1, i+1, "", fmt.Sprintf("there is no column %q; use %s", header[i], strings.Join(columns, ", "))))
		case slices.Contains(header[:i], header[i]):
			problems = append(problems, at(1, i+1, header[i], "this column is there twice"))
		}
	}
	for _, need := range columns[:2] {
		if !slices.Contains(header, need) {
			problems = append(problems, at(1, len(header)+1, need, "this column is missing"))
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	seen := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return people, append(problems, broken(err)) // behind it nothing can be trusted
		}
		line, _ := r.FieldPos(0)
		if len(row) != len(header) {
			problems = append(problems, at(line, min(len(row), len(header))+1, "", fmt.Sprintf("the line has %d values, not %d", len(row), len(header))))
			continue
		}
		if len(people) == maxRoster {
			return people, append(problems, at(line, 1, "", "a file has at most 500 people; split it"))
		}
		p := person{line: line, column: map[string]int{}}
		for i, v := range row {
			p.column[header[i]] = i + 1
			if problem := p.take(header[i], strings.TrimSpace(v), terms.Skill); problem != "" {
				problems = append(problems, at(line, i+1, header[i], problem))
			}
		}
		if column, problem := p.planned(terms.Shifts); problem != "" {
			problems = append(problems, at(line, p.column[column], column, problem))
		}
		if first, twice := seen[p.Email]; twice && p.Email != "" {
			problems = append(problems, at(line, p.column["email"], "email", fmt.Sprintf("is in line %d already", first)))
		}
		seen[p.Email] = line
		people = append(people, p)
	}
	if len(people) == 0 && len(problems) == 0 {
		problems = append(problems, at(2, 1, "", "there is nobody in the file"))
	}
	return people, problems
}

// separator is what stands between the values of the first line: spreadsheets of many
// countries write semicolons, and what is copied out of one has tabs.
func separator(file []byte) rune {
	head, _, _ := bytes.Cut(file, []byte("\n"))
	for _, s := range ",;\t" {
		if bytes.ContainsRune(head, s) {
			return s
		}
	}
	return ','
}

// broken says where a file stops being CSV.
func broken(err error) fault.Field {
	if p := (*csv.ParseError)(nil); errors.As(err, &p) {
		return at(p.StartLine, 1, "", fmt.Sprintf("a quotation mark is not closed or stands alone, before character %d of line %d", p.Column, p.Line))
	}
	return at(1, 1, "", "the file cannot be read")
}

// take reads one value and returns what is wrong with it. What Account.check sees
// is left to it.
func (p *person) take(column, v string, skill func(string) error) string {
	list := func() []string {
		return strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ';' || r == '；' || r == '|' })
	}
	number := func(into *int, top int) string {
		if v == "" {
			return ""
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > top {
			return fmt.Sprintf("%q is not a number from 1 to %d", v, top)
		}
		*into = n
		return ""
	}
	switch column {
	case "email":
		p.Email = NormalEmail(v)
	case "name":
		p.Name = v
	case "roles":
		for _, r := range list() {
			p.Roles = append(p.Roles, Role(strings.ToLower(r)))
		}
	case "skills":
		for _, s := range list() {
			if err := skill(s); err != nil {
				return fmt.Sprintf("%q is not a skill: write billing, or with a level billing=4", s)
			}
			p.Skills = append(p.Skills, s)
		}
	case "capacity":
		return number(&p.Capacity, 50)
	case "weight":
		return number(&p.Weight, 1000)
	case "shifts":
		p.shifts = v
	case "zone":
		p.zone = v
	}
	return ""
}

// planned returns what is wrong with the shifts, and in which column.
func (p *person) planned(check func(zone, text string) error) (column, problem string) {
	if p.shifts == "" {
		return "", ""
	}
	err := check(p.zone, p.shifts)
	if err == nil {
		return "", ""
	}
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) {
		return "shifts", "they cannot be read"
	}
	if len(f.Fields) == 0 || f.Fields[0].Name != "zone" {
		return "shifts", f.Message
	}
	if p.column["zone"] == 0 {
		return "shifts", f.Message + " Add a column zone, with " + f.Fields[0].Problem + "."
	}
	return "zone", f.Message + " Write " + f.Fields[0].Problem + "."
}
