// Package foreign reads what people bring from other chatbot programs: Rasa
// projects, ChatterBot corpora, Dialogflow ES exports and tables. It makes of them
// examples of intents and FAQ entries, writes these in the program's own formats,
// and says of everything else where it stands and why it was not taken over.
//
// Files are the user's own, read in this process; what is read is bounded, links
// are not followed, nothing is executed. A file that cannot be read is reported and
// does not stop the others.
package foreign

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/internal/yamlfile"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Format is what a file was taken for.
type Format string

// The formats.
const (
	FormatExamples   Format = "examples"           // our own YAML
	FormatRasa       Format = "Rasa"               // NLU data, domain, rules and stories of versions 2 and 3
	FormatChatterBot Format = "ChatterBot"         // corpus
	FormatDialogflow Format = "Dialogflow"         // export of an ES agent
	FormatLabels     Format = "table of examples"  // text and label
	FormatFAQ        Format = "table of questions" // question and answer
	FormatUnknown    Format = ""
)

// Bundle is what was read.
type Bundle struct {
	Set     intents.Set
	Entries []Entry
	Files   []File // in the order of reading
}

// Entry is an FAQ entry.
type Entry struct {
	Question    string
	Paraphrases []string
	Answer      string
	Tags        []string
	Language    string // "en" or "zh"
	File        string

	// What only tables of questions have; see knowledge.Document.
	Negatives  []string
	URL        string
	Audience   string
	ValidFrom  time.Time
	ValidUntil time.Time

	Line int // 0: unknown

	lines []int // of the question and the paraphrases; nil: Line
}

// File is the report on one file.
type File struct {
	Name     string
	Format   Format
	Problem  string         // why nothing of it was read, with its place; "" when it was read
	Notes    []intents.Note // what was not taken over, and what a person should know
	Examples int            // that were taken over
	Entries  int            // that were taken over
}

// Read reads files; those of one project belong together in one call, since Rasa
// and Dialogflow keep questions and answers apart. The set and the entries are
// usable as they are: what is not has been left out with a note. The error is
// ctx's; what is wrong with a file is in its report.
func Read(ctx context.Context, files []knowledge.File) (*Bundle, error) {
	b, err := ReadAll(ctx, files)
	if err != nil {
		return nil, err
	}
	set, notes := b.Set.Sift()
	b.Set = set
	b.Entries, notes = siftEntries(b.Entries, notes)
	b.file(notes)
	b.count()
	return b, nil
}

// ReadAll is Read without judging examples and entries, for those who want
// contradictions to be errors: see intents.Set.Check.
func ReadAll(ctx context.Context, files []knowledge.File) (*Bundle, error) {
	var r reader
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.disk(f)
	}
	r.rasa.finish(&r.Bundle)
	r.dialogflow.finish(&r.Bundle)
	r.count()
	return &r.Bundle, ctx.Err()
}

// reader is a Read under way.
type reader struct {
	Bundle
	rasa       rasaProject
	dialogflow dialogflowAgent
}

// report adds what one file gave.
func (r *reader) report(f File) { r.Files = append(r.Files, f) }

// unread reports a file of which nothing was read.
func (r *reader) unread(name string, f Format, err error) {
	r.report(File{Name: name, Format: f, Problem: fault.Message(err)})
}

// bytes reads a file by the ending of its name.
func (r *reader) bytes(name string, data []byte) {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		r.yaml(name, data)
	case ".json":
		r.json(name, data)
	case ".csv", ".tsv", ".tab":
		r.table(name, data)
	case ".xlsx", ".xlsm":
		r.questions(name, data)
	default:
		r.skip(name)
	}
}

// skip reports a file of a kind that holds neither examples nor entries.
func (r *reader) skip(name string) {
	what := "not read: neither examples nor questions with answers"
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx":
		what = "not read: a document; `frontdesk ingest` takes it"
	}
	r.report(File{Name: name, Notes: []intents.Note{{File: name, What: what}}})
}

// yaml tells by its keys what a YAML file is.
func (r *reader) yaml(name string, data []byte) {
	file, root, err := yamlfile.Parse(name, data)
	if err != nil {
		r.unread(name, FormatUnknown, err)
		return
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return yamlfile.Has(root, k) })
	}
	switch {
	case has("conversations"):
		r.chatterBot(file, root)
	case has(rasaKeys()...):
		r.rasa.read(r, file, root)
	case has("intents"):
		if v := find(root, "intents"); len(v.Content) > 0 && !yamlfile.Has(yamlfile.Value(v.Content[0]), "name") {
			r.rasa.read(r, file, root) // a domain that lists nothing but its intents
			return
		}
		set, err := intents.ReadFile(name, data)
		if err != nil {
			r.unread(name, FormatExamples, err)
			return
		}
		r.Set.Merge(set)
		r.report(File{Name: name, Format: FormatExamples})
	default:
		r.report(File{Name: name, Notes: []intents.Note{{File: name, Line: root.Line, What: "not read: none of our examples, Rasa data and ChatterBot conversations has such keys"}}})
	}
}

// file gives notes to the files that they are about; those about none go to the
// first one.
func (b *Bundle) file(notes []intents.Note) {
	at := map[string]int{}
	for i, f := range b.Files {
		at[f.Name] = i
	}
	for _, n := range notes {
		if len(b.Files) > 0 {
			f := &b.Files[at[n.File]]
			f.Notes = append(f.Notes, n)
		}
	}
}

func (b *Bundle) count() {
	examples, entries := map[string]int{}, map[string]int{}
	for _, e := range b.Set.Examples {
		examples[e.File]++
	}
	for _, e := range b.Entries {
		entries[e.File]++
	}
	for i := range b.Files {
		f := &b.Files[i]
		f.Examples, f.Entries = examples[f.Name], entries[f.Name]
		slices.SortStableFunc(f.Notes, func(a, b intents.Note) int { return cmp.Compare(a.Line, b.Line) })
	}
}

// Err joins the problems of files that could not be read; nil when there are none.
func (b *Bundle) Err() error {
	var all []string
	for _, f := range b.Files {
		if f.Problem != "" {
			all = append(all, f.Problem)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "%s", strings.Join(all, "; "))
}

// Notes lists the notes of all files in their order.
func (b *Bundle) Notes() []intents.Note {
	var all []intents.Note
	for _, f := range b.Files {
		all = append(all, f.Notes...)
	}
	return all
}

// Limits of an entry, as the library has them, so that what is written can be read.
const (
	maxQuestion    = 500 // characters
	maxAnswer      = 100_000
	maxParaphrases = 200
)

// siftEntries tidies entries and leaves out what the library would refuse, and
// wordings that another entry has already: an entry has one answer.
func siftEntries(entries []Entry, notes []intents.Note) ([]Entry, []intents.Note) {
	var out []Entry
	asked := map[string]int{} // wording → place in out
	for _, e := range entries {
		note := func(line int, format string, args ...any) {
			notes = append(notes, intents.Note{File: e.File, Line: line, What: "left out: " + fmt.Sprintf(format, args...)})
		}
		e.Answer = strings.TrimSpace(strings.ReplaceAll(e.Answer, "\r\n", "\n"))
		if why := answerProblem(e.Answer); why != "" {
			note(e.Line, "%s", why)
			continue
		}
		if e.Language == "" {
			e.Language = text.Language(e.Question + " " + e.Answer)
		}
		var kept []string
		for i, w := range append([]string{e.Question}, e.Paraphrases...) {
			line := e.Line
			if i < len(e.lines) {
				line = e.lines[i]
			}
			w = asWording(w)
			if why := wordingProblem(w); why != "" {
				note(line, "the question %q: %s", cut(w), why)
				continue
			}
			key := strings.Join([]string{knowledge.QuestionKey(w), e.Language, e.Audience, stamp(e.ValidFrom), stamp(e.ValidUntil)}, " ")
			owner, ok := asked[key]
			switch {
			case ok && owner == len(out): // the entry has it itself
			case ok && out[owner].Answer == e.Answer:
				note(line, "the same question with the same answer stands %s", at(out[owner]))
			case ok:
				note(line, "the question %q stands %s with another answer; an entry has one", cut(w), at(out[owner]))
			case len(kept) > maxParaphrases:
				note(line, "the wording %q: an entry has at most %d", cut(w), maxParaphrases)
			default:
				kept, asked[key] = append(kept, w), len(out)
			}
		}
		if len(kept) == 0 {
			continue // the notes say why
		}
		if e.Question, e.Paraphrases = kept[0], kept[1:]; len(kept) == 1 {
			e.Paraphrases = nil
		}
		e.lines = nil
		out = append(out, e)
	}
	return out, notes
}

func wordingProblem(w string) string {
	if why := intents.BadText(w); why != "" {
		return why
	}
	if n := len([]rune(w)); n > maxQuestion {
		return fmt.Sprintf("it has %d characters, more than %d", n, maxQuestion)
	}
	return ""
}

func answerProblem(answer string) string {
	if answer == "" {
		return "the answer is empty"
	}
	if len(answer) > maxAnswer {
		return fmt.Sprintf("the answer has %d bytes, more than %d: make it a page", len(answer), maxAnswer)
	}
	if !utf8.ValidString(answer) {
		return "the answer is not UTF-8"
	}
	for _, r := range answer {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return fmt.Sprintf("the answer holds the control character U+%04X; remove it", r)
		}
	}
	return ""
}

// asWording is a question as the table of entries can keep it, in which a bar
// stands between two.
func asWording(s string) string { return oneLine(strings.NewReplacer("|", "/", "｜", "/").Replace(s)) }

// stamp writes a time as a table keeps it; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func at(e Entry) string {
	if e.Line == 0 {
		return "in " + e.File
	}
	return fmt.Sprintf("at %s:%d", e.File, e.Line)
}

func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
