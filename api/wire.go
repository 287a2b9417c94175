package api

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
)

// Time is a time on the wire: RFC 3339 with microseconds, in UTC.
type Time struct{ time.Time }

const wireTime = "2006-01-02T15:04:05.000000Z"

// MarshalJSON writes the time with all six digits.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(wireTime) + `"`), nil
}

// UnmarshalJSON reads any RFC 3339 time.
func (t *Time) UnmarshalJSON(b []byte) error {
	var at time.Time
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	t.Time = at.UTC().Truncate(time.Microsecond)
	return nil
}

// Schema describes the time in the OpenAPI document.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-20T09:00:00.000000Z"}}
}

// Person names somebody.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`

	Attributes map[string]string `json:"attributes,omitempty" doc:"That the site's server vouched for; for agents."`
}

// Author is who wrote an event.
type Author struct {
	Kind string `json:"kind" enum:"visitor,bot,agent,system"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Source is where an answer comes from.
type Source struct {
	Document string   `json:"document"`
	Path     string   `json:"path"`
	Title    string   `json:"title"`
	URL      string   `json:"url"`
	Heading  []string `json:"heading"`
	Score    float64  `json:"score" minimum:"0" maximum:"1"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size" doc:"Bytes."`
	URL  string `json:"url"`
}

// Fact is a value that was collected.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Summary is what an agent reads first.
type Summary struct {
	Problem   string   `json:"problem"`
	Fields    []Fact   `json:"fields"`
	Tried     []Source `json:"tried"`
	Sentiment float64  `json:"sentiment" minimum:"-1" maximum:"1"`
	Next      string   `json:"next"`
}

// Event is one line of a timeline in a reader's view.
type Event struct {
	ID          string       `json:"id"`
	N           int64        `json:"n" doc:"Dense from 1 in the reader's view."`
	Kind        string       `json:"kind" enum:"message,note,answer,finished,service,feedback,ticket,rating"`
	Author      Author       `json:"author"`
	ClientMsgID string       `json:"client_msg_id,omitempty"`
	At          Time         `json:"at"`
	Text        string       `json:"text,omitempty"`
	Written     string       `json:"written,omitempty" doc:"For agents: what the agent wrote, of which text is the translation."`
	Translated  bool         `json:"translated,omitempty" doc:"Text is the translation of what the agent wrote."`
	Language    string       `json:"language,omitempty"`
	Decision    string       `json:"decision,omitempty"`
	Sources     []Source     `json:"sources,omitempty"`
	Suggestions []string     `json:"suggestions,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Run         string       `json:"run,omitempty"`
	Of          string       `json:"of,omitempty"`
	State       string       `json:"state,omitempty"`
	Service     string       `json:"service,omitempty"`
	Speaker     string       `json:"speaker,omitempty"`
	Agent       *Person      `json:"agent,omitempty"`
	Change      string       `json:"change,omitempty"`
	Reason      string       `json:"reason,omitempty"`
	Summary     *Summary     `json:"summary,omitempty"`
	Placing     *Placing     `json:"placing,omitempty" doc:"Which rules put it in line, for agents."`
	Code        *Named       `json:"code,omitempty" doc:"Wrap-up code of a chat that ended, for agents."`
	Rate        bool         `json:"rate,omitempty" doc:"The talk ended with this: the visitor may be asked how it was."`
	Score       int          `json:"score,omitempty" doc:"Of a rating, 1 (bad) to 5 (good)."`
	About       string       `json:"about,omitempty" enum:"bot,agent" doc:"Of a rating."`
	Routing     *Routing     `json:"routing,omitempty" doc:"Of an offer, for agents: why this one."`
	Tell        []string     `json:"tell,omitempty" doc:"Agents to whom it was shown at once."`
	Whisper     bool         `json:"whisper,omitempty" doc:"A note of a supervisor to the agent who has the conversation."`
	Helpful     *bool        `json:"helpful,omitempty"`
	Why         string       `json:"why,omitempty"`
	Via         string       `json:"via,omitempty" doc:"mail: the message came by e-mail."`
	Ticket      *TicketMark  `json:"ticket,omitempty"`
	Number      int64        `json:"number,omitempty" doc:"Of a service event: number of the ticket that keeps the visitor's wish."`
}

// TicketMark is a ticket as an event left it.
type TicketMark struct {
	ID       string `json:"id"`
	Number   int64  `json:"number"`
	Status   string `json:"status"`
	Other    int64  `json:"other,omitempty" doc:"Number of the ticket that it was merged into or linked with."`
	Assignee string `json:"assignee,omitempty"`
}

// Last is the last visible message of a conversation.
type Last struct {
	Text string `json:"text"`
	By   string `json:"by"`
}

// Conversation is a conversation in a reader's view; visitors get none of the
// fields after version.
type Conversation struct {
	ID           string  `json:"id"`
	ClientConvID string  `json:"client_conv_id,omitempty"`
	Inbox        string  `json:"inbox"`
	Speaker      string  `json:"speaker" enum:"bot,human"`
	Service      string  `json:"service" enum:"bot,waiting,offered,active,wrapup,closed,parked"`
	Agent        *Person `json:"agent,omitempty"`
	Language     string  `json:"language"`
	Last         *Last   `json:"last,omitempty"`
	CreatedAt    Time    `json:"created_at"`
	UpdatedAt    *Time   `json:"updated_at,omitempty" doc:"Of the newest event in the reader's view; absent when it was not looked up."`
	EnqueuedAt   *Time   `json:"enqueued_at,omitempty"`
	N            int64   `json:"n" doc:"Number of the newest event in the reader's view."`
	Version      int64   `json:"version,omitempty"`

	Queue        string         `json:"queue,omitempty"`
	Sentiment    *float64       `json:"sentiment,omitempty" minimum:"-1" maximum:"1"`
	Reason       string         `json:"reason,omitempty"`
	Visitor      *Person        `json:"visitor,omitempty"`
	Facts        []Fact         `json:"facts,omitempty"`
	Summary      *Summary       `json:"summary,omitempty"`
	WrapUpUntil  *Time          `json:"wrap_up_until,omitempty" doc:"Then the time for notes is over and the chat closes."`
	Page         string         `json:"page,omitempty" doc:"Where the visitor wrote from last."`
	Online       *bool          `json:"online,omitempty" doc:"The visitor is connected to some node, as far as is known; absent: not known."`
	Moods        []float64      `json:"moods,omitempty" doc:"Sentiment of the visitor's turns, oldest first."`
	OfferedUntil *Time          `json:"offered_until,omitempty"`
	Earlier      []Conversation `json:"earlier,omitempty" doc:"Other conversations of the visitor, newest first."`
}

// Agent is somebody who takes chats.
type Agent struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Duty     string   `json:"duty" enum:"on,away,off,missed,drain"`
	Load     int      `json:"load"`
	Reserved int      `json:"reserved"`
	Taken    float64  `json:"taken" doc:"What chats and open offers take of the capacity: not every channel's take one each, and idle ones less."`
	Capacity int      `json:"capacity"`
	Skills   []string `json:"skills"`
}

// Place is where a conversation stands in line.
type Place struct {
	Conversation string `json:"conversation"`
	Position     int    `json:"position" doc:"From 1; 0 when nobody is there."`
	Wait         int    `json:"wait_s,omitempty" doc:"Expected wait; absent when unknown."`
	WaitUpper    int    `json:"wait_upper_s,omitempty" doc:"Nine in ten wait less; absent when unknown."`
	Open         bool   `json:"open"`
	OpensAt      *Time  `json:"opens_at,omitempty"`
}

// Reservation is an offer to an agent.
type Reservation struct {
	ID           string        `json:"id"`
	State        string        `json:"state,omitempty"`
	Conversation *Conversation `json:"conversation,omitempty"`
	OfferedAt    *Time         `json:"offered_at,omitempty"`
	Deadline     *Time         `json:"deadline,omitempty"`
	Summary      *Summary      `json:"summary,omitempty"`
	Reason       string        `json:"reason,omitempty"`
}

// timeOf returns a pointer to a wire time, nil for the zero time.
func timeOf(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

func sourcesOf(list []bot.Source) []Source {
	out := make([]Source, 0, len(list))
	for _, s := range list {
		out = append(out, Source{s.Document, s.Path, s.Title, s.URL, some(s.Heading), s.Score})
	}
	return out
}

// some returns an empty list for nil, so that it is written as [].
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// summaryOf returns a summary with its fields sorted by name.
func summaryOf(s *bot.Summary) *Summary {
	if s == nil {
		return nil
	}
	out := &Summary{Problem: s.Problem, Fields: []Fact{}, Tried: sourcesOf(s.Tried), Sentiment: s.Sentiment, Next: string(s.Next)}
	for _, name := range sortedKeys(s.Fields) {
		out.Fields = append(out.Fields, Fact{name, s.Fields[name]})
	}
	return out
}

// eventOf returns an event as a view sees it. A visitor never sees reasons,
// summaries, seq, or who of the staff has which ID.
func eventOf(v bot.View, e bot.Event) Event {
	b := e.Body
	out := Event{
		ID: string(e.ID), N: e.Seq, Kind: string(e.Kind), Author: Author{string(e.Author.Kind), e.Author.ID, e.Author.Name},
		ClientMsgID: e.ClientMsgID, At: Time{e.At}, Text: b.Text, Language: b.Language, Decision: string(b.Decision),
		Suggestions: b.Suggestions, Run: string(b.Run), Of: string(b.Of), State: string(b.State),
		Service: string(b.Service), Speaker: string(b.Speaker), Change: b.Change, Why: b.Why, Via: b.Via,
		Rate: b.Rate, Score: b.Score, About: string(b.About), Translated: b.Written != "",
	}
	if len(b.Sources) > 0 {
		out.Sources = sourcesOf(b.Sources)
	}
	for _, a := range b.Attachments {
		out.Attachments = append(out.Attachments, attachmentOf(a))
	}
	if b.Agent != "" || b.AgentName != "" {
		out.Agent = &Person{ID: string(b.Agent), Name: b.AgentName}
	}
	if e.Kind == bot.EventFeedback {
		helpful := b.Helpful
		out.Helpful = &helpful
	}
	if e.Kind == bot.EventService && b.Ticket != nil {
		out.Number = b.Ticket.Number
	}
	if v == bot.ViewVisitor {
		out.N = e.VSeq
		if e.Author.Kind != bot.AuthorVisitor {
			out.Author.ID, out.ClientMsgID = "", ""
		}
		if out.Agent != nil {
			out.Agent.ID = ""
		}
		return out
	}
	out.Reason, out.Summary, out.Placing, out.Routing = string(b.Reason), summaryOf(b.Summary), placingOf(b.Placing), routingOf(b.Routing)
	if e.Kind == bot.EventTicket && b.Ticket != nil {
		mark := TicketMark(*b.Ticket)
		out.Ticket = &mark
	}
	if b.Code != "" {
		out.Code = &Named{b.Code, b.CodeName}
	}
	out.Whisper, out.Written = b.Whisper, b.Written
	for _, who := range b.Tell {
		out.Tell = append(out.Tell, string(who))
	}
	return out
}

func eventsOf(v bot.View, list []bot.Event) []Event {
	out := make([]Event, 0, len(list))
	for _, e := range list {
		if v == bot.ViewVisitor && e.VSeq == 0 {
			continue // no store returns one; a visitor's frame is the last place to care
		}
		out = append(out, eventOf(v, e))
	}
	return out
}

func attachmentOf(a bot.Attachment) Attachment {
	return Attachment{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size, URL: base + "/uploads/" + a.ID}
}

// conversationOf returns a conversation as a view sees it. names adds who the
// visitor and the agent are.
func conversationOf(v bot.View, c bot.Conversation, names *names) Conversation {
	out := Conversation{
		ID: string(c.ID), ClientConvID: c.ClientConvID, Inbox: string(c.Inbox), Speaker: string(c.Speaker), Service: string(c.Service),
		Language: c.Language, CreatedAt: Time{c.CreatedAt}, EnqueuedAt: timeOf(c.Enqueued), N: c.Seq,
	}
	if c.LastText != "" {
		out.Last = &Last{c.LastText, string(c.LastBy)}
	}
	if c.Agent != "" {
		out.Agent = &Person{ID: string(c.Agent), Name: names.agent(c.Workspace, c.Agent)}
	}
	if v == bot.ViewVisitor {
		out.N = c.VSeq
		if out.Agent != nil {
			out.Agent.ID = ""
		}
		return out
	}
	out.ClientConvID = ""
	sentiment := c.Sentiment
	out.Queue, out.Sentiment, out.Reason, out.Version, out.UpdatedAt = string(c.Queue), &sentiment, string(c.Reason), c.Version, timeOf(c.UpdatedAt)
	out.Visitor = names.visitor(c.Workspace, c.Visitor)
	for _, s := range c.Memory.Slots {
		out.Facts = append(out.Facts, Fact{s.Name, s.Value})
	}
	return out
}

func agentOf(a handoff.Agent) Agent {
	return Agent{string(a.ID), a.Name, string(a.Duty), a.Load, a.Reserved, places(a.Taken()), a.Capacity, some(a.Skills)}
}

func placeOf(p handoff.Place, open bool, opens time.Time) Place {
	return Place{string(p.Conversation), p.Position, int(p.Wait / time.Second), int(p.WaitUpper / time.Second), open, timeOf(opens)}
}
