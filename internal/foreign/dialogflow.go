package foreign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// dialogflowAgent is what the files of an export say together: an intent in one,
// its training phrases in another, one for each language.
type dialogflowAgent struct {
	intents []flowIntent
	phrases map[string][]flowPhrases // by the path of the intent's file without ending
}

// flowIntent is intents/NAME.json.
type flowIntent struct {
	file string
	base string // path without ending

	Name      string            `json:"name"`
	Contexts  []json.RawMessage `json:"contexts"`
	Fallback  bool              `json:"fallbackIntent"`
	Webhook   bool              `json:"webhookUsed"`
	Parent    string            `json:"parentId"`
	Events    []flowEvent       `json:"events"`
	Responses []flowResponse    `json:"responses"`
	UserSays  []flowPhrase      `json:"userSays"` // in exports before 2018 they stand here
}

type flowEvent struct {
	Name string `json:"name"`
}

type flowResponse struct {
	Action     string `json:"action"`
	Parameters []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"parameters"`
	Messages []flowMessage `json:"messages"`
	Speech   flowTexts     `json:"speech"` // in old exports
}

type flowMessage struct {
	Type   json.RawMessage `json:"type"` // 0, "0" or "message": a text
	Lang   string          `json:"lang"`
	Speech flowTexts       `json:"speech"`
}

func (m flowMessage) isText() bool {
	kind := strings.Trim(string(m.Type), `"`)
	return kind == "0" || kind == "message" || kind == ""
}

// flowTexts is one text or a list of variations.
type flowTexts []string

// UnmarshalJSON reads a text or a list of texts.
func (t *flowTexts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		if one != "" {
			*t = flowTexts{one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// flowPhrases is intents/NAME_usersays_LANGUAGE.json.
type flowPhrases struct {
	file     string
	language string
	phrases  []flowPhrase
}

type flowPhrase struct {
	Data []struct {
		Text  string `json:"text"`
		Meta  string `json:"meta"`
		Alias string `json:"alias"`
	} `json:"data"`
	Template bool   `json:"isTemplate"`
	Lang     string `json:"lang"`

	line int
}

// flowSays matches the name of a file of training phrases.
var flowSays = regexp.MustCompile(`^(.*)_usersays_([A-Za-z-]+)\.json$`)

// json tells by its path what a JSON file is. Only Dialogflow's are read.
func (r *reader) json(name string, data []byte) {
	report := File{Name: name, Format: FormatDialogflow}
	note := func(format string, args ...any) {
		report.Notes = append(report.Notes, intents.Note{File: name, What: fmt.Sprintf(format, args...)})
	}
	a := &r.dialogflow
	folder, file := path.Base(path.Dir(name)), path.Base(name)
	says := flowSays.FindStringSubmatch(name)
	switch {
	case folder == "intents" && says != nil:
		p := flowPhrases{file: name, language: says[2]}
		var err error
		if p.phrases, err = phrases(name, data); err != nil {
			r.unread(name, FormatDialogflow, err)
			return
		}
		if a.phrases == nil {
			a.phrases = map[string][]flowPhrases{}
		}
		a.phrases[says[1]] = append(a.phrases[says[1]], p)
	case folder == "intents":
		in := flowIntent{file: name, base: strings.TrimSuffix(name, ".json")}
		if err := object(name, data, &in); err != nil {
			r.unread(name, FormatDialogflow, err)
			return
		}
		if in.Name == "" {
			r.unread(name, FormatDialogflow, fault.New(fault.Invalid, "%s: the intent has no name", name))
			return
		}
		a.intents = append(a.intents, in)
	case folder == "entities":
		note("not taken over: entity %s, as there are no lists of entity values", strings.TrimSuffix(file, ".json"))
	case file == "package.json":
		note("not taken over: there are no training phrases in it")
	case file == "agent.json":
		if bytes.Contains(data, []byte(`"startFlow"`)) || bytes.Contains(data, []byte(`"genAppBuilderSettings"`)) {
			r.unread(name, FormatDialogflow, fault.New(fault.Invalid, "%s: an agent of Dialogflow CX; exports of Dialogflow ES are read", name))
			return
		}
		note("not taken over: the agent's settings")
	case strings.HasPrefix(file, "customSmalltalkResponses"):
		note("not taken over: small talk of the agent, as the program has its own")
	default:
		report.Format = FormatUnknown
		note("not read: no file of a Dialogflow ES export, which has intents/NAME.json and intents/NAME_usersays_LANGUAGE.json")
	}
	r.report(report)
}

// object reads one JSON object. Error: Invalid with file and line.
func object(name string, data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return notJSON(name, data, err)
	}
	return nil
}

func notJSON(name string, data []byte, err error) error {
	offset := int64(len(data))
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		return fault.Wrap(fault.Invalid, err, "%s:%d: %q holds a %s, which does not fit", name, lineAt(data, kind.Offset), kind.Field, kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.Wrap(fault.Invalid, err, "%s:%d: the file ends too early", name, lineAt(data, offset))
	}
	return fault.Wrap(fault.Invalid, err, "%s:%d: not JSON: %s", name, lineAt(data, offset), err)
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
}

// phrases reads a list of training phrases with the lines they begin in.
func phrases(name string, data []byte) ([]flowPhrase, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return nil, notJSON(name, data, err)
	}
	if open != json.Delim('[') {
		return nil, fault.New(fault.Invalid, "%s:1: a list of training phrases is wanted", name)
	}
	var out []flowPhrase
	line, counted := 1, int64(0)
	for dec.More() {
		start := dec.InputOffset() // behind the one before
		for start < int64(len(data)) && strings.IndexByte(" \t\r\n,", data[start]) >= 0 {
			start++
		}
		line += bytes.Count(data[counted:start], []byte("\n"))
		counted = start
		p := flowPhrase{line: line}
		if err := dec.Decode(&p); err != nil {
			return nil, notJSON(name, data, err)
		}
		out = append(out, p)
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON(name, data, err)
	}
	return out, nil
}

func (p flowPhrase) text() string {
	var b strings.Builder
	for _, d := range p.Data {
		b.WriteString(d.Text)
	}
	return oneLine(b.String())
}

func (p flowPhrase) marked() bool {
	for _, d := range p.Data {
		if d.Meta != "" && d.Meta != "@sys.ignore" {
			return true
		}
	}
	return false
}

// finish makes examples of training phrases, and an entry of every text that can be
// said as it stands whatever was said before.
func (a *dialogflowAgent) finish(b *Bundle) {
	notes := &[]intents.Note{}
	names := map[string]bool{}
	for _, in := range a.intents {
		a.take(b, in, names, notes)
		delete(a.phrases, in.base)
	}
	for _, base := range sortedKeys(a.phrases) {
		for _, p := range a.phrases[base] {
			*notes = append(*notes, intents.Note{File: p.file, What: "not taken over: training phrases of an intent whose own file is missing"})
		}
	}
	b.file(*notes)
}

func (a *dialogflowAgent) take(b *Bundle, in flowIntent, names map[string]bool, notes *[]intents.Note) {
	note := func(file string, line int, format string, args ...any) {
		*notes = append(*notes, intents.Note{File: file, Line: line, What: fmt.Sprintf(format, args...)})
	}
	all := a.phrases[in.base]
	if len(in.UserSays) > 0 {
		all = append(all, flowPhrases{file: in.file, phrases: in.UserSays})
	}
	switch {
	case in.Fallback:
		note(in.file, 0, "not taken over: the fallback intent %q, as what to do when nothing fits is the policy's to say", in.Name)
		return
	case len(in.Contexts) > 0:
		note(in.file, 0, "not taken over: intent %q, which is only meant in a context, as examples of intents are meant at any time", in.Name)
		return
	case len(all) == 0:
		note(in.file, 0, "not taken over: intent %q, which has no training phrases", in.Name)
		return
	}
	name := tidyName(in.Name, names)
	if name != in.Name {
		note(in.file, 0, "intent %q is called %s here", in.Name, name)
	}
	one := intents.Set{Intents: []intents.Intent{{Name: name}}}
	asked := map[string][]intents.Example{} // by language
	for _, p := range all {
		marked := 0
		for _, said := range p.phrases {
			language := languageOf(p.language, said.Lang)
			s := said.text()
			switch {
			case language == "":
				note(p.file, said.line, "not taken over: a phrase in %q; en and zh are read", said.Lang+p.language)
				continue
			case said.Template:
				note(p.file, said.line, "not taken over: the template %q; write it out as a visitor would", cut(s))
				continue
			}
			if said.marked() {
				marked++
			}
			e := intents.Example{Intent: name, Text: s, Language: language, File: p.file, Line: said.line}
			one.Examples, asked[language] = append(one.Examples, e), append(asked[language], e)
		}
		if marked > 0 {
			note(p.file, 0, "entity marks are not taken over (%d phrases); the words are", marked)
		}
	}
	b.Set.Merge(one)
	for _, language := range sortedKeys(asked) {
		answer, why := in.answer(language)
		if why != "" {
			note(in.file, 0, "not taken over: the answer of intent %q, as %s", in.Name, why)
			continue
		}
		e := Entry{Answer: answer, Language: language, File: in.file}
		for i, ex := range asked[language] {
			if i == 0 {
				e.Question = ex.Text
			} else {
				e.Paraphrases = append(e.Paraphrases, ex.Text)
			}
		}
		b.Entries = append(b.Entries, e)
	}
}

// flowFills matches what a text fills in from a parameter or a context.
var flowFills = regexp.MustCompile(`[$#@][A-Za-z_][A-Za-z0-9_.-]*`)

// answer is the text that can be said to everybody who asks, or why there is none.
func (in flowIntent) answer(language string) (text, why string) {
	if in.Webhook {
		return "", "a webhook writes it"
	}
	var parts []string
	for _, r := range in.Responses {
		for _, p := range r.Parameters {
			if p.Required {
				return "", fmt.Sprintf("it waits for the parameter %q", p.Name)
			}
		}
		messages := r.Messages
		if len(messages) == 0 && len(r.Speech) > 0 {
			messages = []flowMessage{{Speech: r.Speech}}
		}
		for _, m := range messages {
			if !m.isText() || m.Lang != "" && languageOf(m.Lang) != language {
				continue
			}
			said := slices.DeleteFunc(slices.Clone(m.Speech), func(s string) bool { return strings.TrimSpace(s) == "" })
			if len(said) == 0 {
				continue
			}
			plain := slices.DeleteFunc(slices.Clone(said), flowFills.MatchString)
			if len(plain) == 0 {
				return "", "every variation of it fills in " + flowFills.FindString(said[0])
			}
			parts = append(parts, plain[0]) // of variations the first; several messages are said one after the other
		}
	}
	if len(parts) == 0 {
		return "", "it has no text in " + language
	}
	return strings.Join(parts, "\n\n"), ""
}

// languageOf is en or zh, from the first code that says something; "" for others.
func languageOf(codes ...string) string {
	for _, c := range codes {
		if c == "" {
			continue
		}
		switch l, _, _ := strings.Cut(strings.ToLower(c), "-"); l {
		case "en", "zh":
			return l
		}
		return ""
	}
	return "en" // an export of one language need not say which
}

// tidyName makes a name that an intent may have, and no two the same.
func tidyName(name string, used map[string]bool) string {
	tidy := strings.Map(func(r rune) rune {
		if intents.BadName(string(r)) != "" {
			return '_'
		}
		return r
	}, strings.Join(strings.Fields(strings.ToValidUTF8(name, "_")), "_"))
	if tidy == "" {
		tidy = "intent"
	}
	for len(tidy) > 90 {
		r := []rune(tidy)
		tidy = string(r[:len(r)-1])
	}
	unique := tidy
	for n := 2; used[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", tidy, n)
	}
	used[unique] = true
	return unique
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
