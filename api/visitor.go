package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/live"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// VisitorSession is what a browser keeps.
type VisitorSession struct {
	Token     string        `json:"token"`
	Visitor   Person        `json:"visitor"`
	ExpiresAt Time          `json:"expires_at"`
	Inbox     InboxSettings `json:"inbox"`
}

// InboxSettings are what the widget shows of its inbox.
type InboxSettings struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Accent   string         `json:"accent"`
	Greeting Greeting       `json:"greeting"`
	Language string         `json:"language"`
	People   People         `json:"people"`
	Uploads  UploadSettings `json:"uploads"`
}

// Greeting is a text by language.
type Greeting struct {
	EN string `json:"en,omitempty" maxLength:"500"`
	ZH string `json:"zh,omitempty" maxLength:"500"`
}

// People says whether people are there.
type People struct {
	Open    bool  `json:"open"`
	OpensAt *Time `json:"opens_at,omitempty"`
}

// UploadSettings say which files are taken.
type UploadSettings struct {
	MaxBytes int64    `json:"max_bytes"`
	Types    []string `json:"types"`
}

type arriveIn struct {
	Body struct {
		Inbox    string `json:"inbox" minLength:"1" maxLength:"64"`
		Identity string `json:"identity,omitempty" maxLength:"8192" doc:"JWT of the site's server."`
		Language string `json:"language,omitempty" enum:"en,zh"`
	}
}

func (s *Server) visitorRoutes(g *registrar) {
	handle(g, "POST", "/visitor/sessions", s.arrive)
	handle(g, "DELETE", "/visitor/sessions/current", func(ctx context.Context, _ *empty) (*empty, error) {
		c := callOf(ctx)
		if err := s.Accounts.Leave(ctx, c.visitor.Session); err != nil {
			return nil, err
		}
		s.Hub.CloseSession(c.visitor.Session, live.CloseExpired, "signed out")
		return nil, nil
	}, status(http.StatusNoContent))
	handle(g, "POST", "/visitor/messages", func(ctx context.Context, in *struct{ Body Message }) (*bodyOf[Ack], error) {
		c := callOf(ctx)
		w, err := s.fromVisitor(ctx, guestOf(c.visitor.Visitor), c.address, in.Body)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Ack]{ackOf(bot.ViewVisitor, in.Body.ID, w)}, nil
	}, body(128<<10))
	handle(g, "GET", "/visitor/conversations", s.ownConversations)
	handle(g, "GET", "/visitor/conversations/{id}/events", func(ctx context.Context, in *eventsIn) (*bodyOf[EventPage], error) {
		if _, err := s.ownConversation(ctx, in.ID); err != nil {
			return nil, err
		}
		return s.events(ctx, bot.ViewVisitor, in)
	})
	handle(g, "POST", "/visitor/conversations/{id}/feedback", func(ctx context.Context, in *feedbackIn) (*empty, error) {
		c, err := s.ownConversation(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		_, err = s.Engine.Feedback(ctx, bot.Opinion{
			Workspace: s.ws, Conversation: c.ID, Visitor: c.Visitor, Event: bot.EventID(in.Body.Event), Helpful: in.Body.Helpful, Why: in.Body.Why,
		})
		return nil, err
	}, status(http.StatusNoContent))
	handle(g, "POST", "/visitor/conversations/{id}/rating", s.rate, status(http.StatusNoContent))
	handle(g, "POST", "/visitor/conversations/{id}/person", s.askForPerson)
	handle(g, "DELETE", "/visitor/conversations/{id}/person", func(ctx context.Context, in *ByID) (*empty, error) {
		c, err := s.ownConversation(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		_, err = s.Desk.Leave(ctx, s.ws, c.ID, bot.Key{})
		return nil, err
	}, status(http.StatusNoContent))
	handle(g, "POST", "/visitor/conversations/{id}/leave-message", s.leaveMessage)
	handle(g, "GET", "/visitor/suggestions", s.suggestions)
	handle(g, "GET", "/visitor/documents/{id}", s.publishedDocument)
}

// arrive makes a visitor session for a browser of an allowed page.
func (s *Server) arrive(ctx context.Context, in *arriveIn) (*bodyOf[VisitorSession], error) {
	c := callOf(ctx)
	box, err := s.inbox(ctx, in.Body.Inbox)
	if err != nil {
		return nil, err
	}
	if err := s.browserOrigin(c.r, box.Allows); err != nil {
		return nil, err
	}
	if wait := s.limits.sessions.take(c.address); wait > 0 {
		s.metrics.limited("sessions")
		return nil, tooMuch(wait, "Too many new visitors from your network. Try again in a moment.")
	}
	token, v, box, err := s.Accounts.Arrive(ctx, account.Arrival{
		Workspace: s.ws, Inbox: in.Body.Inbox, Identity: in.Body.Identity, Language: in.Body.Language, Token: bearer(c.r),
	})
	if err != nil {
		return nil, err
	}
	s.allowCrossOrigin(c.w, c.r)
	if v.Visitor.External != "" {
		s.names.setVisitor(bot.VisitorID(v.Visitor.ID), personOf(v.Visitor)) // the name may have changed
	}
	hours := hoursOf(box.Hours)
	queues, err := s.queues(ctx)
	if err != nil {
		return nil, err
	}
	hours.Holidays = queues[0].Hours.Holidays // of the main queue, for all inboxes
	people, err := s.people(ctx, hours)
	if err != nil {
		return nil, err
	}
	return &bodyOf[VisitorSession]{VisitorSession{
		Token: token, Visitor: Person{ID: v.Visitor.ID, Name: v.Visitor.Name}, ExpiresAt: Time{v.Expires},
		Inbox: InboxSettings{
			ID: box.ID, Name: box.Name, Accent: box.Accent, Greeting: Greeting{box.Greeting["en"], box.Greeting["zh"]},
			Language: box.Language, People: people, Uploads: UploadSettings{s.Uploads.MaxBytes(), upload.Types()},
		},
	}}, nil
}

func personOf(v account.Visitor) Person { return Person{v.ID, v.Name, v.Email, v.Attributes} }

// people says whether people answer now, and when they will if not.
func (s *Server) people(ctx context.Context, hours handoff.Hours) (People, error) {
	agents, err := s.Desk.Agents(ctx, s.ws)
	if err != nil {
		return People{}, err
	}
	now := s.Now()
	if hours.Open(now) || slices.ContainsFunc(agents, func(a handoff.Agent) bool { return a.Present(now) }) {
		return People{Open: true}, nil
	}
	return People{OpensAt: timeOf(hours.Next(now))}, nil
}

// ownConversation returns a conversation of the calling visitor. Somebody
// else's is not there.
func (s *Server) ownConversation(ctx context.Context, conv string) (bot.Conversation, error) {
	c, err := s.Timeline.Conversation(ctx, s.ws, bot.ConversationID(conv))
	if fault.Is(err, fault.NotFound) || err == nil && c.Visitor != callOf(ctx).visitorID() {
		return bot.Conversation{}, errNoConversation
	}
	return c, err
}

// ownConversations lists what the visitor wrote, newest first.
func (s *Server) ownConversations(ctx context.Context, in *Paging) (*bodyOf[list[Conversation]], error) {
	m, err := in.mark()
	if err != nil {
		return nil, err
	}
	limit := min(in.Limit, 50)
	rows, err := s.Timeline.Conversations(ctx, bot.ConversationQuery{
		Workspace: s.ws, Visitor: callOf(ctx).visitorID(), Before: m.time(), BeforeID: bot.ConversationID(m.ID), Limit: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	out := pageOf(rows, limit,
		func(c bot.Conversation) mark { return mark{At: c.UpdatedAt.UnixMicro(), ID: string(c.ID)} },
		func(c bot.Conversation) Conversation { return conversationOf(bot.ViewVisitor, c, s.names) })
	for i := range out.Items {
		// The row's own time would tell when colleagues wrote notes.
		last, err := s.Timeline.Events(ctx, bot.EventQuery{Workspace: s.ws, Conversation: rows[i].ID, View: bot.ViewVisitor, Latest: true, Limit: 1})
		if err != nil {
			return nil, err
		}
		out.Items[i].UpdatedAt = &out.Items[i].CreatedAt
		if n := len(last.Events); n > 0 {
			out.Items[i].UpdatedAt = timeOf(last.Events[n-1].At)
		}
	}
	return &bodyOf[list[Conversation]]{out}, nil
}

type eventsIn struct {
	ByID
	After  int64 `query:"after" minimum:"0" doc:"Events numbered above it, oldest first."`
	Before int64 `query:"before" minimum:"0" doc:"The newest events numbered below it."`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// EventPage is a stretch of a timeline.
type EventPage struct {
	Conversation Conversation `json:"conversation"`
	Events       []Event      `json:"events"`
	Top          int64        `json:"top" doc:"Number of the newest event."`
	HasOlder     bool         `json:"has_older"`
	HasNewer     bool         `json:"has_newer,omitempty"`
	Epoch        string       `json:"epoch"`
}

// events reads a stretch in a view: after a number, before one, or the newest.
func (s *Server) events(ctx context.Context, view bot.View, in *eventsIn) (*bodyOf[EventPage], error) {
	q := bot.EventQuery{Workspace: s.ws, Conversation: bot.ConversationID(in.ID), View: view, Limit: in.Limit}
	switch {
	case in.Before > 0:
		q.Before = in.Before
	case in.After > 0:
		q.After = in.After
	default:
		q.Latest = true
	}
	page, err := s.Timeline.Events(ctx, q)
	if err != nil {
		return nil, err
	}
	epoch, err := s.Hub.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	out := EventPage{Conversation: conversationOf(view, page.Conversation, s.names), Events: eventsOf(view, page.Events), Top: page.Top, Epoch: epoch}
	if q.After > 0 {
		out.HasOlder, out.HasNewer = true, page.More
	} else {
		out.HasOlder = page.More
	}
	if n := len(page.Events); view == bot.ViewVisitor && n > 0 && q.Before == 0 && !out.HasNewer {
		out.Conversation.UpdatedAt = timeOf(page.Events[n-1].At)
	}
	return &bodyOf[EventPage]{out}, nil
}

type feedbackIn struct {
	ByID
	Body struct {
		Event   string `json:"event" maxLength:"64" doc:"The bot's message; of a streamed one its placeholder."`
		Helpful bool   `json:"helpful"`
		Why     string `json:"why,omitempty" enum:"not_my_question,incomplete,wrong,out_of_date"`
	}
}

type ratingIn struct {
	ByID
	Body struct {
		ID      string `json:"id" format:"uuid" doc:"Made by the client: a retry carries the same."`
		Score   int    `json:"score" minimum:"1" maximum:"5"`
		Comment string `json:"comment,omitempty" maxLength:"2000"`
	}
}

// rate keeps what the visitor thought of the talk that ended.
func (s *Server) rate(ctx context.Context, in *ratingIn) (*empty, error) {
	c, err := s.ownConversation(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	key := visitorKey(c.Visitor, b.ID, "rating\x00"+strconv.Itoa(b.Score)+"\x00"+b.Comment)
	key.Sender.Name = callOf(ctx).visitor.Visitor.Name
	w, err := s.Engine.Rate(ctx, bot.Rating{Workspace: s.ws, Conversation: c.ID, Visitor: c.Visitor, Key: key, Score: b.Score, Comment: b.Comment})
	if err == nil && !w.Dup {
		s.metrics.rated(string(w.Events[0].Body.About), b.Score)
	}
	return nil, err
}

type personIn struct {
	ByID
	Body struct {
		ID string `json:"id" format:"uuid" doc:"Made by the client: a retry carries the same."`
	}
}

// askForPerson is the button "talk to a person".
func (s *Server) askForPerson(ctx context.Context, in *personIn) (*bodyOf[Place], error) {
	c, err := s.ownConversation(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if wait := s.limits.messages.take(string(c.Visitor)); wait > 0 {
		return nil, tooMuch(wait, "Too many messages. Wait a moment.")
	}
	wish := s.wishOf(c)
	wish.Key = visitorKey(c.Visitor, in.Body.ID, "person")
	w, err := s.Desk.Enqueue(ctx, wish)
	if err != nil {
		return nil, err
	}
	return s.standing(ctx, w.Conversation)
}

// wishOf is the wish for a person of a visitor who presses the button.
func (s *Server) wishOf(c bot.Conversation) bot.Escalation {
	return bot.Escalation{
		Workspace: s.ws, Conversation: c.ID, Reason: bot.ReasonAsked, Language: c.Language, Skills: c.Skills,
		Summary: summaryFrom(c), Topics: c.Memory.Topics, Page: cmp.Or(s.names.page(c.ID), c.Memory.Page),
	}
}

// standing returns where a conversation stands after a move.
func (s *Server) standing(ctx context.Context, c bot.Conversation) (*bodyOf[Place], error) {
	out := Place{Conversation: string(c.ID)}
	o, err := s.Desk.Outlook(ctx, s.wishOf(c))
	if err != nil {
		return nil, err
	}
	out.Open, out.OpensAt = o.Open, timeOf(o.Opens)
	if c.Service == bot.ServiceWaiting || c.Service == bot.ServiceOffered {
		p, err := s.Desk.PlaceOf(ctx, s.ws, c.ID)
		if err == nil {
			out = placeOf(p, o.Open, o.Opens)
		} else if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return &bodyOf[Place]{out}, nil
}

// visitorKey makes a visitor's button press happen once.
func visitorKey(v bot.VisitorID, clientMsgID, what string) bot.Key {
	h := sha256.Sum256([]byte(what))
	return bot.Key{Sender: bot.Author{Kind: bot.AuthorVisitor, ID: string(v)}, ClientMsgID: clientMsgID, Digest: hex.EncodeToString(h[:])}
}

// summaryFrom is what an agent reads first of a visitor who pressed the button.
func summaryFrom(c bot.Conversation) bot.Summary {
	out := bot.Summary{Fields: make(map[string]string), Sentiment: c.Memory.Trend}
	for _, s := range c.Memory.Slots {
		out.Fields[s.Name] = s.Value
	}
	for _, t := range slices.Backward(c.Memory.Turns) {
		if out.Problem == "" {
			out.Problem = t.Asked
		}
		if t.Document != "" {
			out.Tried = append(out.Tried, bot.Source{Document: t.Document, Title: t.Topic})
		}
	}
	if out.Problem == "" && c.LastBy == bot.AuthorVisitor {
		out.Problem = c.LastText
	}
	return out
}

type leaveIn struct {
	ByID
	Body struct {
		ID    string `json:"id" format:"uuid"`
		Email string `json:"email,omitempty" maxLength:"254"`
		Phone string `json:"phone,omitempty" maxLength:"40"`
		Text  string `json:"text" minLength:"1" maxLength:"8000"`
		Said  bool   `json:"said,omitempty" doc:"The text was sent as a message already, such as the one that made the conversation."`
	}
}

// leaveMessage keeps words and address of a visitor whom nobody can answer now.
func (s *Server) leaveMessage(ctx context.Context, in *leaveIn) (*bodyOf[Ack], error) {
	c, err := s.ownConversation(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !id.Valid(in.Body.ID) {
		return nil, fault.New(fault.Invalid, "The message has no id.").WithField("body.id", "must be a UUID")
	}
	if wait := s.limits.messages.take(string(c.Visitor)); wait > 0 {
		return nil, tooMuch(wait, "Too many messages. Wait a moment.")
	}
	b := in.Body
	w, err := s.Desk.LeaveMessage(ctx, s.ws, c.ID, visitorKey(c.Visitor, b.ID, b.Email+"\x00"+b.Phone+"\x00"+b.Text),
		handoff.Contact{Email: b.Email, Phone: b.Phone, Text: b.Text, Said: b.Said})
	if err != nil {
		return nil, err
	}
	return &bodyOf[Ack]{ackOf(bot.ViewVisitor, b.ID, w)}, nil
}

type suggestionsIn struct {
	Language string `query:"language" enum:"en,zh" default:"en"`
}

// Suggestions are questions to begin with.
type Suggestions struct {
	Questions []string `json:"questions"`
}

// startTag puts an entry first among the opening's questions.
const startTag = "start"

// suggestions offers three questions that the knowledge base answers: those that
// an editor tagged, then others in the order of their source.
func (s *Server) suggestions(ctx context.Context, in *suggestionsIn) (*bodyOf[Suggestions], error) {
	docs, err := s.Library.Documents(ctx, knowledge.DocumentQuery{
		Workspace: s.ws, Statuses: []knowledge.Status{knowledge.StatusPublished}, Kind: knowledge.KindEntry, Language: in.Language, Limit: maxPage,
	})
	if err != nil {
		return nil, err
	}
	now := s.Now()
	docs = slices.DeleteFunc(docs, func(d knowledge.Document) bool { return !readable(d, now) || d.Question == "" })
	slices.SortStableFunc(docs, func(a, b knowledge.Document) int {
		at, bt := slices.Contains(a.Tags, startTag), slices.Contains(b.Tags, startTag)
		switch {
		case at != bt && at:
			return -1
		case at != bt:
			return 1
		}
		return strings.Compare(a.Path, b.Path)
	})
	out := Suggestions{Questions: []string{}}
	for _, d := range docs[:min(3, len(docs))] {
		out.Questions = append(out.Questions, d.Question)
	}
	return &bodyOf[Suggestions]{out}, nil
}

// readable reports whether everybody may read a document now.
func readable(d knowledge.Document, now time.Time) bool {
	return d.Status == knowledge.StatusPublished && d.Audience == "" && !now.Before(d.ValidFrom) &&
		(d.ValidUntil.IsZero() || now.Before(d.ValidUntil))
}

// VisitorDocument is a document as visitors read it.
type VisitorDocument struct {
	Title     string `json:"title"`
	Text      string `json:"text" doc:"Markdown."`
	URL       string `json:"url"`
	UpdatedAt Time   `json:"updated_at"`
}

// publishedDocument returns a source that has no public address of its own.
func (s *Server) publishedDocument(ctx context.Context, in *ByID) (*bodyOf[VisitorDocument], error) {
	d, err := s.Library.Document(ctx, s.ws, knowledge.DocumentID(in.ID))
	if fault.Is(err, fault.NotFound) || err == nil && !readable(d, s.Now()) {
		return nil, fault.New(fault.NotFound, "There is no such document.")
	}
	if err != nil {
		return nil, err
	}
	out := VisitorDocument{Title: d.Title, Text: knowledge.Markdown(d.Sections), URL: d.URL, UpdatedAt: Time{d.UpdatedAt}}
	if d.Kind == knowledge.KindEntry {
		out.Title, out.Text = d.Question, d.Answer
	}
	return &bodyOf[VisitorDocument]{out}, nil
}
