package bottest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// Dialogue is a conversation as text: what is known, how the desk stands, and
// who says what. A person reads it; a test plays the visitor's lines and
// compares the rest.
//
//	-- about --
//	What this dialogue shows.
//	-- knowledge --
//	Q: How long does delivery take?
//	A: Two to four working days.
//	-- desk --
//	open, place 2, wait 4m
//	-- dialogue --
//	visitor: how long is delivery
//	bot: [answer, rule answer] Two to four working days.
//	     source: How long does delivery take? (help.csv#1)
//
// A page in the knowledge is "PAGE: title > heading" and "TEXT: words". A line
// "desk: taken", "desk: handed back", "desk: closed" or a new state of the desk
// in the dialogue happens at that place.
type Dialogue struct {
	sections []section
}

type section struct{ name, text string }

// ParseDialogue reads a dialogue. Sections begin with a line "-- name --".
func ParseDialogue(data string) Dialogue {
	var d Dialogue
	for line := range strings.Lines(data) {
		trimmed := strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(name, " --") {
			d.sections = append(d.sections, section{name: strings.TrimSuffix(name, " --")})
			continue
		}
		if n := len(d.sections); n > 0 {
			d.sections[n-1].text += line
		}
	}
	return d
}

// Section returns the text of a section, "" when there is none.
func (d Dialogue) Section(name string) string {
	for _, s := range d.sections {
		if s.name == name {
			return s.text
		}
	}
	return ""
}

// With returns the archive with one section's text replaced.
func (d Dialogue) With(name, text string) string {
	var b strings.Builder
	for _, s := range d.sections {
		if s.name == name {
			s.text = text
		}
		b.WriteString("-- " + s.name + " --\n" + s.text)
	}
	return b.String()
}

// Knowledge reads the documents of a dialogue.
func (d Dialogue) Knowledge() []Document {
	var docs []Document
	for line := range strings.Lines(d.Section("knowledge")) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch kind {
		case "Q":
			docs = append(docs, Document{Question: rest})
		case "PAGE":
			title, heading, _ := strings.Cut(rest, " > ")
			docs = append(docs, Document{Title: title, Heading: heading})
		case "A":
			docs[len(docs)-1].Answer = rest
		case "TEXT":
			docs[len(docs)-1].Text = strings.TrimPrefix(docs[len(docs)-1].Text+"\n"+rest, "\n")
		}
	}
	return docs
}

// Play runs a dialogue through a real engine and returns the dialogue section
// as it went. It is kept in what open opens; nil: in a Store.
func (d Dialogue) Play(t testing.TB, open Open, o *bot.Options) string {
	w := NewWorld(t, d.Knowledge())
	if open != nil {
		w = NewWorldIn(t, d.Knowledge(), open)
	}
	if s := strings.TrimSpace(d.Section("desk")); s != "" {
		w.Desk.Promise(outlook(t, s, w.Clock.Now()))
	}
	w.Start(o)
	defer w.Stop()
	var out strings.Builder
	seen := 0
	for line := range strings.Lines(d.Section("dialogue")) {
		line = strings.TrimRight(line, "\n")
		who, words, _ := strings.Cut(line, ": ")
		switch who {
		case "visitor":
			out.WriteString(line + "\n")
			w.Say(strings.ReplaceAll(words, " / ", "\n"))
		case "desk":
			out.WriteString(line + "\n")
			w.play(words)
		default:
			continue
		}
		events := w.Events(bot.ViewAgent)
		for _, e := range events[seen:] {
			out.WriteString(renderEvent(w, e))
		}
		seen = len(events)
	}
	return out.String()
}

// play lets the desk do something.
func (w *World) play(what string) {
	w.T.Helper()
	ctx, c := w.T.Context(), w.Conversation().ID
	var err error
	switch what {
	case "taken":
		_, err = w.Desk.Take(ctx, Workspace, c, "lin")
	case "handed back":
		_, err = w.Desk.HandBack(ctx, Workspace, c)
	case "closed":
		_, err = w.Desk.Close(ctx, Workspace, c)
	default:
		w.Desk.Promise(outlook(w.T, what, w.Clock.Now()))
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// outlook reads "open, place 2, wait 4m" and "closed, opens in 15h".
func outlook(t testing.TB, s string, now time.Time) bot.Outlook {
	o := bot.Outlook{Known: true}
	for _, part := range strings.Split(s, ",") {
		words := strings.Fields(part)
		switch {
		case len(words) == 0 || words[0] == "closed":
		case words[0] == "open":
			o.Open, o.Agents = true, 1
		case words[0] == "place" && len(words) == 2:
			o.Position, _ = strconv.Atoi(words[1])
		case words[0] == "wait" && len(words) == 2:
			o.Wait, _ = time.ParseDuration(words[1])
		case words[0] == "opens" && len(words) == 3:
			in, _ := time.ParseDuration(words[2])
			o.Opens = now.Add(in)
		default:
			t.Fatalf("the desk is described as %q; want for example \"open, place 2, wait 4m\"", s)
		}
	}
	return o
}

// renderEvent writes one event as a person reads it; the visitor's own words
// stand there already.
func renderEvent(w *World, e bot.Event) string {
	const indent = "     "
	switch {
	case e.Kind == bot.EventService:
		s := "desk: " + e.Body.Change
		if e.Body.Reason != "" {
			s += " (" + string(e.Body.Reason) + ")"
		}
		s += "\n"
		if e.Body.Summary != nil {
			s += indent + "problem: " + strings.ReplaceAll(e.Body.Summary.Problem, "\n", " / ") + "\n"
			if len(e.Body.Summary.Fields) > 0 {
				s += indent + "fields: " + fmt.Sprint(e.Body.Summary.Fields) + "\n"
			}
		}
		return "     (" + strings.TrimSuffix(strings.TrimPrefix(s, "desk: "), "\n") + ")\n"
	case e.Author.Kind != bot.AuthorBot:
		return ""
	}
	var b strings.Builder
	tr, err := w.kept.Trace(w.T.Context(), Workspace, e.Conversation, e.ID)
	if e.Body.Of != "" {
		tr, err = w.kept.Trace(w.T.Context(), Workspace, e.Conversation, e.Body.Of)
	}
	label := string(e.Kind)
	if err == nil {
		label = string(tr.Decision) + ", rule " + tr.Rule
		if tr.Reason != "" {
			label += ", reason " + string(tr.Reason)
		}
		if tr.Rewritten {
			b.WriteString(indent + "understood: " + strings.ReplaceAll(tr.Question, "\n", " / ") + "\n")
		}
	}
	b.WriteString("bot: [" + label + "] " + strings.ReplaceAll(e.Body.Text, "\n", "\n"+indent) + "\n")
	for _, s := range e.Body.Suggestions {
		b.WriteString(indent + "button: " + s + "\n")
	}
	for _, s := range e.Body.Sources {
		b.WriteString(indent + "source: " + s.Title + " (" + s.Path + ")\n")
	}
	return b.String()
}
