package training

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// signalFile is a file of examples for the shipped heads, grouped by what they
// have in common. Lines of examples and templates stand in block texts, so that
// a person reads them as a list.
type signalFile struct {
	Version  int                 `yaml:"version"`
	Language string              `yaml:"language"`
	Groups   []signalGroup       `yaml:"groups"`
	Slots    map[string][]string `yaml:"slots"`
}

type signalGroup struct {
	Name      string           `yaml:"name"`
	Language  string           `yaml:"language"`
	Signals   []intents.Signal `yaml:"signals"`
	Unsure    []intents.Signal `yaml:"unsure"`
	Sentiment *float64         `yaml:"sentiment"`
	NoSignals bool             `yaml:"no_signals"` // says nothing about any signal
	Examples  string           `yaml:"examples"`
	Templates string           `yaml:"templates"`
	Draws     int              `yaml:"draws"` // texts drawn from the templates
}

// ReadSignals reads every .yaml file of a folder of signal examples, in the order
// of their names. Templates are filled by a fixed draw. Errors are Invalid and
// name the file.
func ReadSignals(fsys fs.FS) ([]intents.SignalExample, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []intents.SignalExample
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read", name)
		}
		var f signalFile
		dec := yaml.NewDecoder(strings.NewReader(string(data)))
		dec.KnownFields(true)
		if err := dec.Decode(&f); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if f.Version != 1 {
			return nil, fault.New(fault.Invalid, "%s: version %d is not known; this program reads version 1", name, f.Version)
		}
		for _, g := range f.Groups {
			more, err := g.read(f.Slots)
			if err != nil {
				return nil, fault.New(fault.Invalid, "%s: group %s: %s", name, g.Name, err)
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

func (g signalGroup) read(slots map[string][]string) ([]intents.SignalExample, error) {
	for _, s := range append(slices.Clone(g.Signals), g.Unsure...) {
		if !slices.Contains(intents.AllSignals(), s) {
			return nil, fmt.Errorf("the signal %q is not known", s)
		}
	}
	var out []intents.SignalExample
	add := func(text string, repeated bool) {
		out = append(out, intents.SignalExample{Text: text, Signals: g.Signals, Unsure: g.Unsure, Sentiment: g.Sentiment, NoSignals: g.NoSignals, Repeated: repeated})
	}
	for line := range strings.Lines(g.Examples) {
		if line = strings.TrimSpace(line); line != "" {
			add(line, false)
		}
	}
	var templates []string
	for line := range strings.Lines(g.Templates) {
		if line = strings.TrimSpace(line); line != "" {
			templates = append(templates, line)
		}
	}
	if len(out) == 0 && len(templates) == 0 {
		return nil, fmt.Errorf("it has neither examples nor templates")
	}
	rng := rand.New(rand.NewPCG(0, uint64(len(templates))))
	seen := map[string]bool{}
	for range g.Draws {
		if len(templates) == 0 {
			break
		}
		filled, err := fill(templates[rng.IntN(len(templates))], slots, rng)
		if err != nil {
			return nil, err
		}
		if !seen[filled] {
			seen[filled] = true
			add(filled, true)
		}
	}
	return out, nil
}

var slotPattern = regexp.MustCompile(`\{(\w+)\}`)

func fill(template string, slots map[string][]string, rng *rand.Rand) (string, error) {
	var missing error
	s := slotPattern.ReplaceAllStringFunc(template, func(m string) string {
		words := slots[m[1:len(m)-1]]
		if len(words) == 0 {
			missing = fmt.Errorf("the slot %s is not filled", m)
			return m
		}
		return words[rng.IntN(len(words))]
	})
	return s, missing
}
