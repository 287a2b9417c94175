package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

// Message is a durable send, by socket or by HTTP with the same meaning.
type Message struct {
	ID           string   `json:"id" format:"uuid" doc:"Made by the client, unique for ever: a retry carries the same."`
	Conversation string   `json:"conversation,omitempty" maxLength:"64"`
	ClientConvID string   `json:"client_conv_id,omitempty" format:"uuid" doc:"Instead of conversation: the first message makes the conversation."`
	Text         string   `json:"text" maxLength:"20000"`
	Written      string   `json:"written,omitempty" maxLength:"20000" doc:"Agents: their own words, when text is the translation of them. Kept for colleagues."`
	Attachments  []string `json:"attachments,omitempty" maxItems:"10" doc:"IDs of own uploads."`
	After        string   `json:"after,omitempty" maxLength:"64" doc:"The id of the message sent before this one."`
	Kind         string   `json:"kind,omitempty" enum:"message,note,whisper" doc:"Whispers are notes of supervisors to the agent who has the conversation."`
	Mentions     []string `json:"mentions,omitempty" maxItems:"20" doc:"Agents whom a note is shown to at once."`
	Page         string   `json:"page,omitempty" maxLength:"2000" doc:"URL of the page the visitor is on."`
}

// Ack says that a send is durable.
type Ack struct {
	ID           string `json:"id"`
	Conversation string `json:"conversation"`
	Event        *Event `json:"event,omitempty"`
	Dup          bool   `json:"dup,omitempty" doc:"The send was stored before; nothing was written."`
}

var errNoConversation = fault.New(fault.NotFound, "There is no such conversation.")

// Bounds of a message.
const (
	maxAttachments = 10
	orderWait      = 500 * time.Millisecond // for the message named by after
	orderPoll      = 25 * time.Millisecond
)

// begun remembers which new conversations were counted against an address, so
// that a retried first message is not counted again.
type begun struct {
	mu   sync.Mutex // guards seen
	seen map[string]struct{}
}

func (b *begun) first(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.seen[key]; ok {
		return false
	}
	if b.seen == nil || len(b.seen) > 50_000 {
		b.seen = make(map[string]struct{})
	}
	b.seen[key] = struct{}{}
	return true
}

func (b *begun) undo(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.seen, key)
}

// fromVisitor takes a visitor's message.
func (s *Server) fromVisitor(ctx context.Context, v guest, address string, m Message) (bot.Written, error) {
	start := time.Now()
	w, err := s.receive(ctx, v, address, m)
	s.metrics.sent("visitor", resultOf(w, err), time.Since(start))
	return w, err
}

func (s *Server) receive(ctx context.Context, v guest, address string, m Message) (bot.Written, error) {
	if m.Kind == "note" || m.Kind == "whisper" {
		return bot.Written{}, fault.New(fault.Denied, "Only people of the team write notes.")
	}
	if wait := s.limits.messages.take(v.id); wait > 0 {
		s.metrics.limited("messages")
		return bot.Written{}, tooMuch(wait, "Too many messages. Wait a moment.")
	}
	if m.Written != "" {
		return bot.Written{}, fault.New(fault.Denied, "Only people of the team send translations.")
	}
	sender := bot.Author{Kind: bot.AuthorVisitor, ID: v.id}
	files, err := s.attachments(ctx, v.id, "", m.Attachments)
	if err != nil {
		return bot.Written{}, err
	}
	if m.Conversation != "" {
		m.ClientConvID = ""
	} else if m.ClientConvID != "" && id.Valid(m.ClientConvID) {
		if key := v.id + m.ClientConvID; s.begun.first(key) {
			if wait := s.limits.conversations.take(address); wait > 0 {
				s.begun.undo(key)
				s.metrics.limited("conversations")
				return bot.Written{}, tooMuch(wait, "Too many new conversations from your network. Try again later.")
			}
		}
	}
	if err := s.inOrder(ctx, sender, m); err != nil {
		return bot.Written{}, err
	}
	w, err := s.Engine.Receive(ctx, bot.Inbound{
		Workspace: s.ws, Inbox: bot.InboxID(v.inbox), Visitor: bot.VisitorID(v.id), VisitorName: v.name,
		Conversation: bot.ConversationID(m.Conversation), ClientConvID: m.ClientConvID, ClientMsgID: m.ID,
		Text: m.Text, Attachments: files, Language: v.language, Page: m.Page,
	})
	if fault.Is(err, fault.NotFound) {
		return w, errNoConversation // somebody else's is not told from none
	}
	if err == nil && m.Page != "" {
		s.names.setPage(w.Conversation.ID, m.Page)
	}
	return w, err
}

// fromAgent takes an agent's message or note.
func (s *Server) fromAgent(ctx context.Context, by bot.Author, mayWhisper bool, m Message) (bot.Written, error) {
	start := time.Now()
	if m.Kind == "whisper" && !mayWhisper {
		return bot.Written{}, fault.New(fault.Denied, "Supervisors whisper. Write a note, and mention whom it is for.")
	}
	w, err := s.say(ctx, by, m)
	s.metrics.sent("agent", resultOf(w, err), time.Since(start))
	return w, err
}

func (s *Server) say(ctx context.Context, by bot.Author, m Message) (bot.Written, error) {
	switch {
	case m.Conversation == "":
		return bot.Written{}, fault.New(fault.Invalid, "The message names no conversation.").WithField("conversation", "is missing")
	case !id.Valid(m.ID):
		return bot.Written{}, fault.New(fault.Invalid, "The message has no id.").WithField("id", "must be a UUID that the client made for this message")
	case m.Kind != "" && m.Kind != "message" && m.Kind != "note" && m.Kind != "whisper":
		return bot.Written{}, fault.New(fault.Invalid, "There is no such kind of message.").WithField("kind", "message, note or whisper")
	}
	files, err := s.attachments(ctx, "", by.ID, m.Attachments)
	if err != nil {
		return bot.Written{}, err
	}
	if err := s.inOrder(ctx, by, m); err != nil {
		return bot.Written{}, err
	}
	h := sha256.New()
	h.Write([]byte(m.Kind + "\x00" + m.Text))
	for _, a := range m.Attachments {
		h.Write([]byte("\x00" + a))
	}
	if m.Written == m.Text {
		m.Written = "" // nothing was translated
	} else if m.Written != "" {
		h.Write([]byte("\x00=" + m.Written))
	}
	var tell []bot.AgentID
	for _, who := range m.Mentions {
		h.Write([]byte("\x00@" + who))
		tell = append(tell, bot.AgentID(who))
	}
	key := bot.Key{Sender: by, ClientMsgID: m.ID, Digest: hex.EncodeToString(h.Sum(nil))}
	body := bot.Body{Text: m.Text, Written: m.Written, Attachments: files, Tell: tell}
	conv := bot.ConversationID(m.Conversation)
	if m.Kind == "whisper" {
		return s.Desk.Whisper(ctx, s.ws, conv, by, key, body)
	}
	if m.Kind != "note" {
		// Before the words are there to see: whoever reads them fetches the files at once.
		if err := s.Uploads.Used(ctx, s.ws, m.Conversation, m.Attachments); err != nil {
			return bot.Written{}, err
		}
	}
	return s.Desk.Say(ctx, s.ws, conv, by, key, body, m.Kind == "note")
}

func resultOf(w bot.Written, err error) string {
	switch {
	case err != nil:
		return string(fault.KindOf(err))
	case w.Dup:
		return "dup"
	}
	return "ok"
}

// attachments resolves uploads of the sender.
func (s *Server) attachments(ctx context.Context, visitor, acct string, ids []string) ([]bot.Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > maxAttachments {
		return nil, fault.New(fault.Invalid, "A message has at most %d attachments.", maxAttachments).WithField("attachments", "are too many")
	}
	files, err := s.Uploads.Take(ctx, s.ws, visitor, acct, ids)
	if err != nil {
		return nil, err
	}
	out := make([]bot.Attachment, 0, len(files))
	for _, f := range files {
		out = append(out, bot.Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size})
	}
	return out, nil
}

// inOrder waits a moment for the message that the sender sent before this one:
// it may still be on its way over an older connection. If it does not come it
// was refused or taken back, and this one goes first.
func (s *Server) inOrder(ctx context.Context, by bot.Author, m Message) error {
	if m.After == "" || m.After == m.ID || !id.Valid(m.After) {
		return nil
	}
	give := time.NewTimer(orderWait)
	defer give.Stop()
	for {
		sent, err := s.Lists.Sent(ctx, s.ws, by, bot.ConversationID(m.Conversation), m.ClientConvID, m.After)
		if err != nil || sent {
			return err
		}
		poll := time.NewTimer(orderPoll)
		select {
		case <-poll.C:
		case <-give.C:
			poll.Stop()
			return nil
		case <-ctx.Done():
			poll.Stop()
			return ctx.Err()
		}
	}
}

// ackOf returns the acknowledgement of a send in the sender's view.
func ackOf(view bot.View, clientMsgID string, w bot.Written) Ack {
	a := Ack{ID: clientMsgID, Conversation: string(w.Conversation.ID), Dup: w.Dup}
	for i, e := range w.Events {
		if e.ClientMsgID == clientMsgID || i == 0 && len(w.Events) == 1 {
			ev := eventOf(view, e)
			a.Event = &ev
			break
		}
	}
	return a
}

// fileOf returns an upload as the wire has it.
func fileOf(f upload.File) Attachment {
	return attachmentOf(bot.Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size})
}
