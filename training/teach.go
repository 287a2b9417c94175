package training

import (
	"cmp"
	"context"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// AddIntent declares an intent. Errors: Invalid; Conflict when there is one of the name.
func (c *Catalogue) AddIntent(ctx context.Context, ws bot.WorkspaceID, in intents.Intent) error {
	if err := c.free(ctx, ws, in); err != nil {
		return err
	}
	return c.Examples.PutIntent(ctx, ws, "", in)
}

// ChangeIntent gives an intent another class, description or name, under which its
// stored examples follow. One that comes with the program or from the folder can
// get another class and description here, not another name. Errors: Invalid;
// NotFound; Conflict when the new name is taken.
func (c *Catalogue) ChangeIntent(ctx context.Context, ws bot.WorkspaceID, was string, in intents.Intent) error {
	if err := intents.CheckIntent(in); err != nil {
		return err
	}
	b, declared, taught, err := c.all(ctx, ws)
	if err != nil {
		return err
	}
	if !knows(join(b, declared, taught), was) {
		return noIntent(was)
	}
	if in.Name != was {
		if err := ownAlone(b, was, "renamed"); err != nil {
			return err
		}
		if err := c.free(ctx, ws, in); err != nil {
			return err
		}
	}
	if !knows(intents.Set{Intents: declared}, was) {
		if err := c.Examples.PutIntent(ctx, ws, "", intents.Intent{Name: was}); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return c.Examples.PutIntent(ctx, ws, was, in)
}

// RemoveIntent removes an intent with its examples. Errors: NotFound; Conflict for
// one that comes with the program or from the folder.
func (c *Catalogue) RemoveIntent(ctx context.Context, ws bot.WorkspaceID, name string) error {
	b, declared, taught, err := c.all(ctx, ws)
	if err != nil {
		return err
	}
	if !knows(join(b, declared, taught), name) {
		return noIntent(name)
	}
	if err := ownAlone(b, name, "removed"); err != nil {
		return err
	}
	return c.Examples.DeleteIntent(ctx, ws, name)
}

// AddExample files words under an intent that there is. Words that stand there
// already change nothing: the example that is there is returned. Errors: Invalid;
// NotFound; Conflict naming both intents when the words are another one's.
func (c *Catalogue) AddExample(ctx context.Context, ws bot.WorkspaceID, e Example) (Example, error) {
	e.Text = strings.TrimSpace(e.Text)
	if err := intents.CheckText(e.Text); err != nil {
		return Example{}, err
	}
	list, _, err := c.List(ctx, ws, e.Intent)
	if err != nil {
		return Example{}, err
	}
	e.ID, e.At = ExampleID(e.Text), c.Now()
	for _, there := range list {
		if there.ID == e.ID {
			return there, nil
		}
	}
	b, _, err := c.base()
	if err != nil {
		return Example{}, err
	}
	if err := clash(b, e); err != nil {
		return Example{}, err
	}
	return e, c.Examples.ChangeExamples(ctx, ws, nil, []Example{e})
}

// RemoveExample removes a stored example. Errors: NotFound; Conflict for one that
// is not stored here.
func (c *Catalogue) RemoveExample(ctx context.Context, ws bot.WorkspaceID, intent, example string) error {
	list, _, err := c.List(ctx, ws, intent)
	if err != nil {
		return err
	}
	for _, e := range list {
		switch {
		case e.ID != example:
		case e.From == FromStarter:
			return fault.New(fault.Conflict, "This example comes with the program and cannot be removed.")
		case e.From == FromFolder:
			return fault.New(fault.Conflict, "This example stands in %s; remove it there.", e.Place)
		default:
			return c.Examples.ChangeExamples(ctx, ws, []string{example}, nil)
		}
	}
	return fault.New(fault.NotFound, "There is no such example of %q.", intent)
}

// AddSet stores many examples with their intents at once: all, or none. What the
// workspace has already is passed over. With instead, stored examples of the same
// origin that are not in the set are removed. Errors: Invalid listing every problem
// by file and line; Conflict when somebody stored the same words meanwhile.
func (c *Catalogue) AddSet(ctx context.Context, ws bot.WorkspaceID, set intents.Set, from Origin, by string, instead bool) ([]intents.Note, error) {
	b, declared, taught, err := c.all(ctx, ws)
	if err != nil {
		return nil, err
	}
	var remove []string
	var stay []Example
	for _, e := range taught {
		if instead && e.From == from {
			remove = append(remove, e.ID)
		} else {
			stay = append(stay, e)
		}
	}
	checked, notes, err := join(b, declared, stay, set).Check()
	if err != nil {
		return notes, err
	}
	known := map[string]bool{}
	for _, e := range stay {
		known[e.ID] = true
	}
	for _, e := range b.Folder.Examples {
		known[ExampleID(e.Text)] = true
	}
	wanted := map[string]bool{}
	for _, e := range set.Examples {
		wanted[ExampleID(e.Text)] = true
	}
	var add []Example
	for _, e := range checked.Examples {
		if id := ExampleID(e.Text); wanted[id] && !known[id] {
			add = append(add, Example{ID: id, Intent: e.Intent, Text: strings.TrimSpace(e.Text), From: from, By: by, At: c.Now()})
		}
	}
	for _, in := range set.Intents {
		was := ""
		for _, d := range declared {
			if d.Name == in.Name {
				was, in.Class, in.Description = d.Name, cmp.Or(in.Class, d.Class), cmp.Or(in.Description, d.Description)
			}
		}
		if err := c.Examples.PutIntent(ctx, ws, was, in); err != nil {
			return notes, err
		}
	}
	if err := c.Examples.ChangeExamples(ctx, ws, remove, add); err != nil {
		return notes, err
	}
	return notes, c.prune(ctx, ws, taught, stay, set)
}

// prune removes the intents that lost all their examples.
func (c *Catalogue) prune(ctx context.Context, ws bot.WorkspaceID, had, stay []Example, set intents.Set) error {
	for _, e := range stay {
		set.Intents = append(set.Intents, intents.Intent{Name: e.Intent})
	}
	for _, e := range had {
		if knows(set, e.Intent) {
			continue
		}
		if err := c.Examples.DeleteIntent(ctx, ws, e.Intent); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// all is everything that counts.
func (c *Catalogue) all(ctx context.Context, ws bot.WorkspaceID) (Base, []intents.Intent, []Example, error) {
	b, _, err := c.base()
	if err != nil {
		return Base{}, nil, nil, err
	}
	declared, taught, err := c.Examples.Taught(ctx, ws)
	return b, declared, taught, err
}

// free checks a new intent and that its name is free.
func (c *Catalogue) free(ctx context.Context, ws bot.WorkspaceID, in intents.Intent) error {
	if err := intents.CheckIntent(in); err != nil {
		return err
	}
	if reserved(in.Name) {
		return fault.New(fault.Invalid, "An intent cannot be called %q.", in.Name).WithField("name", "is a word of the program; choose another")
	}
	b, declared, taught, err := c.all(ctx, ws)
	if err != nil {
		return err
	}
	if knows(join(b, declared, taught), in.Name) {
		return fault.New(fault.Conflict, "There is an intent %q already.", in.Name).WithField("name", "is taken")
	}
	return nil
}

// ownAlone refuses to change what editors did not make.
func ownAlone(b Base, name, what string) error {
	if knows(b.Folder, name) {
		return fault.New(fault.Conflict, "The intent %q stands in the configured folder and can be %s there only.", name, what)
	}
	if knows(b.Starter, name) {
		return fault.New(fault.Conflict, "The intent %q comes with the program and cannot be %s.", name, what)
	}
	return nil
}

// clash refuses words that are another intent's in the folder. The starting set's
// give way, and the store looks at its own.
func clash(b Base, e Example) error {
	for _, o := range b.Folder.Examples {
		if o.Intent != e.Intent && ExampleID(o.Text) == e.ID {
			return Contradiction(e.Intent, o.Intent)
		}
	}
	return nil
}

// Contradiction is the error for words that are an example of two intents.
func Contradiction(wanted, there string) error {
	return fault.New(fault.Conflict, "These words are an example of %q already, so they cannot be one of %q too. Remove them there first.", there, wanted).
		WithField("text", "is an example of "+there)
}
