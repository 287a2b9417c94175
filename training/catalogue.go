package training

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Base is what a workspace's intents stand on besides what its editors made.
type Base struct {
	Starter intents.Set // comes with the program
	Folder  intents.Set // of the configured folder
}

// hash identifies it, to see whether the folder changed.
func (b Base) hash() string {
	sum := sha256.Sum256([]byte(b.Starter.Hash() + b.Folder.Hash()))
	return hex.EncodeToString(sum[:])
}

// Catalogue is the workspace's intents as editors work on them, and their training.
// It is safe for concurrent use; its fields are set once.
type Catalogue struct {
	Examples ExampleStore
	Jobs     JobStore
	Trainer  *Trainer
	Base     func() (Base, error)                                     // may be asked often. Error: Invalid for a folder that cannot be read
	Serving  func(ws bot.WorkspaceID) (version int, m *intents.Model) // on this node; version 0: the starting set's model
	Now      func() time.Time
	Wake     func()        // called when a training was asked for; nil: nobody needs to know
	Beat     time.Duration // how often a training shows a sign of life; zero: a second
}

// Overview is the state of a workspace's intents.
type Overview struct {
	Version Artefact // in service; Version 0: the model of the starting set
	Intents []Entry  // by name
	Added   int      // examples that the version in service was not trained on
	Removed int      // examples that it was trained on and that are gone; −1 with Added −1: the version does not tell
	Problem string   // why the folder's examples are left out, for people; "" for none
}

// Entry is one intent.
type Entry struct {
	intents.Intent
	Own      bool // an editor made it: it can be renamed and removed
	Examples int
	Stored   int                  // of Examples, those that editors can remove
	New      int                  // of Examples, those that the version in service was not trained on
	Trained  bool                 // the version in service knows it
	Stats    *intents.IntentStats // of the version in service; nil: it does not tell
}

// reserved are names that are something else in addresses of the API.
func reserved(name string) bool {
	return slices.Contains([]string{"train", "training", "versions"}, name)
}

// base is what there is besides stored examples; a folder that cannot be read
// counts as empty, and problem says why.
func (c *Catalogue) base() (b Base, problem string, err error) {
	b, err = c.Base()
	if fault.Is(err, fault.Invalid) {
		return Base{Starter: b.Starter}, fault.Message(err), nil
	}
	return b, "", err
}

// join puts everything together, stored examples in an order that does not depend
// on when they were stored. An intent that only its examples name is declared. Words
// of the starting set give way where the workspace has them under another intent:
// nobody can remove them there. more comes last.
func join(b Base, declared []intents.Intent, taught []Example, more ...intents.Set) intents.Set {
	own := map[string]string{}
	for _, set := range append(more, b.Folder) {
		for _, e := range set.Examples {
			own[ExampleID(e.Text)] = e.Intent
		}
	}
	for _, e := range taught {
		own[e.ID] = e.Intent
	}
	set := intents.Set{Intents: slices.Clone(b.Starter.Intents)}
	for _, e := range b.Starter.Examples {
		if other, ok := own[ExampleID(e.Text)]; !ok || other == e.Intent {
			set.Examples = append(set.Examples, e)
		}
	}
	set.Merge(b.Folder)
	set.Merge(stored(declared, taught))
	for _, m := range more {
		set.Merge(m)
	}
	return set
}

func stored(declared []intents.Intent, taught []Example) intents.Set {
	own := intents.Set{Intents: slices.Clone(declared)}
	sorted := slices.Clone(taught)
	slices.SortFunc(sorted, func(a, b Example) int { return cmp.Or(cmp.Compare(a.Intent, b.Intent), cmp.Compare(a.ID, b.ID)) })
	for _, e := range sorted {
		own.Intents = append(own.Intents, intents.Intent{Name: e.Intent})
		own.Examples = append(own.Examples, intents.Example{Intent: e.Intent, Text: e.Text})
	}
	return own
}

// Overview tells what there is and what the version in service makes of it.
func (c *Catalogue) Overview(ctx context.Context, ws bot.WorkspaceID) (Overview, error) {
	b, problem, err := c.base()
	if err != nil {
		return Overview{}, err
	}
	declared, taught, err := c.Examples.Taught(ctx, ws)
	if err != nil {
		return Overview{}, err
	}
	out := Overview{Problem: problem}
	version, model := c.Serving(ws)
	versions, err := c.Versions(ctx, ws)
	if err != nil {
		return Overview{}, err
	}
	for _, a := range versions {
		if !a.Active {
			continue
		}
		if a.Version != version { // another node put it in service, and this one has yet to follow
			m, err := c.Trainer.Activate(ctx, a.Version, Service{Workspace: ws}) // active already, so nobody is asked
			if err != nil && !fault.Is(err, fault.Invalid) {
				return Overview{}, err
			}
			if err != nil {
				continue // cannot be used by this program
			}
			version, model = a.Version, m
		}
		out.Version = a
	}
	seen := marksOf(version, model, b)
	byName := map[string]*Entry{}
	set := join(b, declared, taught)
	for _, in := range set.Intents {
		byName[in.Name] = &Entry{Intent: in, Own: true}
	}
	for i, in := range model.Intents {
		if e := byName[in.Name]; e != nil {
			e.Trained = true
			if i < len(model.Stats.Intents) {
				e.Stats = &model.Stats.Intents[i]
			}
		}
	}
	for _, s := range []intents.Set{b.Starter, b.Folder} {
		for _, in := range s.Intents {
			byName[in.Name].Own = false
		}
	}
	for _, ex := range taught {
		byName[ex.Intent].Stored++
	}
	there := map[uint64]bool{}
	for _, ex := range set.Examples {
		mark := ex.Mark()
		if there[mark] {
			continue // the same words twice are one example
		}
		there[mark] = true
		e := byName[ex.Intent]
		e.Examples++
		if seen != nil && !seen[mark] {
			e.New++
			out.Added++
		}
	}
	for mark := range seen {
		if !there[mark] {
			out.Removed++
		}
	}
	if seen == nil {
		out.Added, out.Removed = -1, -1
	}
	for _, e := range byName {
		out.Intents = append(out.Intents, *e)
	}
	slices.SortFunc(out.Intents, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// marksOf are the marks of what a model was trained on; nil when it does not tell.
// The starting set's model was trained on the starting set.
func marksOf(version int, m *intents.Model, b Base) map[uint64]bool {
	marks := m.Stats.Seen
	if version == 0 {
		marks = nil
		for _, e := range b.Starter.Examples {
			marks = append(marks, e.Mark())
		}
	}
	if len(marks) == 0 {
		return nil
	}
	out := make(map[uint64]bool, len(marks))
	for _, m := range marks {
		out[m] = true
	}
	return out
}

func (c *Catalogue) version(ctx context.Context, ws bot.WorkspaceID, version int) (Artefact, error) {
	list, err := c.Trainer.Artefacts.Artefacts(ctx, ws, KindIntents, 200)
	for _, a := range list {
		if a.Version == version {
			return a, nil
		}
	}
	return Artefact{Version: version}, err
}

// List returns an intent's examples: stored ones first, the newest of them first,
// then those of the folder and of the starting set. fresh tells of each whether the
// version in service was trained without it. Error: NotFound.
func (c *Catalogue) List(ctx context.Context, ws bot.WorkspaceID, intent string) (list []Example, fresh []bool, err error) {
	b, _, err := c.base()
	if err != nil {
		return nil, nil, err
	}
	declared, taught, err := c.Examples.Taught(ctx, ws)
	if err != nil {
		return nil, nil, err
	}
	set := join(b, declared, taught)
	if !knows(set, intent) {
		return nil, nil, noIntent(intent)
	}
	there := map[string]bool{}
	for _, e := range taught {
		if e.Intent == intent {
			list = append(list, e)
			there[e.ID] = true
		}
	}
	places := map[string]string{}
	for _, e := range b.Folder.Examples {
		places[ExampleID(e.Text)] = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	var starter []Example
	for _, e := range set.Examples {
		row := Example{ID: ExampleID(e.Text), Intent: intent, Text: e.Text, From: FromStarter}
		if e.Intent != intent || there[row.ID] {
			continue
		}
		there[row.ID] = true
		if row.Place = places[row.ID]; row.Place == "" {
			starter = append(starter, row)
			continue
		}
		row.From = FromFolder
		list = append(list, row)
	}
	list = append(list, starter...)
	version, model := c.Serving(ws)
	seen := marksOf(version, model, b)
	fresh = make([]bool, len(list))
	for i, e := range list {
		fresh[i] = seen != nil && !seen[intents.Example{Intent: e.Intent, Text: e.Text}.Mark()]
	}
	return list, fresh, nil
}

func knows(set intents.Set, name string) bool {
	return slices.ContainsFunc(set.Intents, func(in intents.Intent) bool { return in.Name == name })
}

func noIntent(name string) error {
	return fault.New(fault.NotFound, "There is no intent %q.", name)
}

// BaseChanged reports whether the newest version was trained on another folder or
// starting set than there is now. Error: Invalid for a folder that cannot be read.
func (c *Catalogue) BaseChanged(ctx context.Context, ws bot.WorkspaceID) (bool, error) {
	b, err := c.Base()
	if err != nil {
		return false, err
	}
	newest, err := c.Trainer.Artefacts.Artefacts(ctx, ws, KindIntents, 1)
	if err != nil || len(newest) == 0 {
		return err == nil, err
	}
	_, of, _ := strings.Cut(newest[0].Hash, "+")
	return of != b.hash(), nil
}

// Versions lists trained versions, the newest first; at most 200.
func (c *Catalogue) Versions(ctx context.Context, ws bot.WorkspaceID) ([]Artefact, error) {
	return c.Trainer.Artefacts.Artefacts(ctx, ws, KindIntents, 200)
}

// Activate puts an earlier version back in service. Errors: NotFound; Invalid for
// one of another form than this program reads; *Stopped when confirmed questions break.
func (c *Catalogue) Activate(ctx context.Context, version int, to Service) (Artefact, error) {
	if _, err := c.Trainer.Activate(ctx, version, to); err != nil {
		return Artefact{}, err
	}
	return c.version(ctx, to.Workspace, version)
}
