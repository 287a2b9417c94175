package foreign

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Limits of one written file, below those of the readers.
const (
	maxRows       = 20_000
	maxTableBytes = 4_000_000
	maxYAML       = 100_000 // examples
)

// Write writes the examples as intents.yaml and the entries as faq.csv into dir,
// the formats that `frontdesk train` and `frontdesk ingest` read; what is too
// much for one file goes on in intents-2.yaml and so on. It reads again what it
// wrote, and fails when that is not the same. It returns the names of the files.
// Errors: Invalid when dir has such files already; Unavailable when it cannot be
// written.
func (b *Bundle) Write(ctx context.Context, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "%s cannot be made", dir)
	}
	var names []string
	put := func(base, ending string, data []byte) error {
		name := base + ending
		if n := len(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, base) })); n > 0 {
			name = fmt.Sprintf("%s-%d%s", base, n+1, ending)
		}
		path := filepath.Join(dir, name)
		out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			return fault.New(fault.Invalid, "%s is there already; name an empty folder", path)
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "%s cannot be written", path)
		}
		names = append(names, name)
		_, err = out.Write(data)
		if closed := out.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "%s cannot be written", path)
		}
		return nil
	}
	if err := b.writeExamples(func(data []byte) error { return put("intents", ".yaml", data) }); err != nil {
		return names, err
	}
	if err := b.writeEntries(func(data []byte) error { return put("faq", ".csv", data) }); err != nil {
		return names, err
	}
	return names, b.verify(ctx, dir, names)
}

// writtenIntent is one intent in our own format.
type writtenIntent struct {
	Name        string        `yaml:"name"`
	Class       intents.Class `yaml:"class,omitempty"`
	Description string        `yaml:"description,omitempty"`
	Examples    []string      `yaml:"examples"`
}

func (b *Bundle) writeExamples(put func([]byte) error) error {
	of := map[string][]string{}
	for _, e := range b.Set.Examples {
		of[e.Intent] = append(of[e.Intent], e.Text)
	}
	var list []writtenIntent
	n := 0
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		data, err := yaml.Marshal(struct {
			Version int             `yaml:"version"`
			Intents []writtenIntent `yaml:"intents"`
		}{1, list})
		list, n = nil, 0
		if err != nil {
			return fault.Wrap(fault.Internal, err, "the examples cannot be written")
		}
		return put(data)
	}
	for _, in := range b.Set.Intents {
		for texts := of[in.Name]; len(texts) > 0; {
			take := min(len(texts), maxYAML-n)
			list = append(list, writtenIntent{in.Name, in.Class, in.Description, texts[:take]})
			texts = texts[take:]
			if n += take; n == maxYAML {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

func (b *Bundle) writeEntries(put func([]byte) error) error {
	var out bytes.Buffer
	var w *csv.Writer
	rows := 0
	for i, e := range b.Entries {
		if rows == 0 {
			out.Reset()
			out.WriteString("\ufeff") // spreadsheets take it for UTF-8 by this mark
			w = csv.NewWriter(&out)
			if err := w.Write(columns()); err != nil {
				return err
			}
		}
		if err := w.Write(e.row()); err != nil {
			return err
		}
		w.Flush()
		if rows++; rows == maxRows || out.Len() > maxTableBytes || i+1 == len(b.Entries) {
			if err := put(bytes.Clone(out.Bytes())); err != nil {
				return err
			}
			rows = 0
		}
	}
	return nil
}

// columns are those of the written table.
func columns() []string {
	return []string{"question", "answer", "paraphrases", "negatives", "language", "audience", "tags", "url", "valid_from", "valid_until"}
}

// row is an entry in these columns.
func (e Entry) row() []string {
	var negatives []string
	for _, n := range e.Negatives {
		negatives = append(negatives, asWording(n))
	}
	return []string{
		e.Question, e.Answer, strings.Join(e.Paraphrases, "|"), strings.Join(negatives, "|"), e.Language, e.Audience,
		strings.Join(tidyTags(e.Tags), "|"), e.URL, stamp(e.ValidFrom), stamp(e.ValidUntil),
	}
}

// tidyTags are tags without the marks that stand between them in a table.
func tidyTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		t = oneLine(strings.Map(func(r rune) rune {
			if strings.ContainsRune(",，、;；|｜", r) {
				return ' '
			}
			return r
		}, t))
		if t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// verify reads written files and compares them with the bundle.
func (b *Bundle) verify(ctx context.Context, dir string, names []string) error {
	var files []knowledge.File
	for _, n := range names {
		files = append(files, knowledge.File{Name: n, Path: filepath.Join(dir, n)})
	}
	got, err := Read(ctx, files)
	if err != nil {
		return err
	}
	if err := got.Err(); err != nil {
		return fault.Wrap(fault.Internal, err, "what was written cannot be read again: %s", fault.Message(err))
	}
	if why := different(b, got); why != "" {
		return fault.New(fault.Internal, "what was written reads otherwise: %s", why)
	}
	return nil
}

// different says in what two bundles are not the same; "": in nothing that counts.
func different(a, b *Bundle) string {
	x, y := byIntent(a.Set), byIntent(b.Set)
	for _, in := range a.Set.Intents {
		if !slices.Equal(x[in.Name], y[in.Name]) {
			return fmt.Sprintf("the %d examples of intent %s", len(x[in.Name]), in.Name)
		}
	}
	if len(a.Set.Examples) != len(b.Set.Examples) || len(a.Set.Intents) != len(b.Set.Intents) {
		return fmt.Sprintf("%d examples of %d intents became %d of %d", len(a.Set.Examples), len(a.Set.Intents), len(b.Set.Examples), len(b.Set.Intents))
	}
	for i, in := range a.Set.Intents {
		if in != b.Set.Intents[i] {
			return "intent " + in.Name
		}
	}
	if len(a.Entries) != len(b.Entries) {
		return fmt.Sprintf("%d entries became %d", len(a.Entries), len(b.Entries))
	}
	for i, e := range a.Entries {
		if !slices.Equal(e.row(), b.Entries[i].row()) {
			return fmt.Sprintf("entry %q", e.Question)
		}
	}
	return ""
}

func byIntent(s intents.Set) map[string][]string {
	of := map[string][]string{}
	for _, e := range s.Examples {
		of[e.Intent] = append(of[e.Intent], e.Text)
	}
	return of
}
