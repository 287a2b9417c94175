package api

import (
	"context"
	"errors"
	"time"

	"github.com/gorilla/websocket"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// frame carries out a later frame.
func (k *socket) frame(ctx context.Context, kind int, data []byte) {
	k.peer.Heard()
	if !k.admit() {
		return
	}
	var f any
	err := error(fault.New(fault.Invalid, "Frames are text."))
	if kind == websocket.TextMessage {
		f, err = decodeFrame(data)
	}
	if _, again := f.(*helloFrame); err == nil && again {
		err = fault.New(fault.Invalid, "The hello was said already.")
	}
	if err != nil {
		k.complain(ctx, err)
		if k.bad++; k.bad >= maxMalformed {
			ctx, cancel := context.WithTimeout(ctx, goodbye)
			defer cancel()
			k.peer.Finish(ctx, live.CloseMalformed, "malformed frames") // the reason goes first
		}
		return
	}
	switch f := f.(type) {
	case *watchFrame:
		k.use(ctx)
		k.watch(ctx, bot.ConversationID(f.Conversation), live.Cursor{Epoch: f.Epoch, N: f.N})
	case *unwatchFrame:
		k.s.Hub.Unwatch(k.peer, bot.ConversationID(f.Conversation))
	case *sendFrame:
		k.use(ctx)
		k.send(ctx, f.Message)
	case *typingIn:
		k.use(ctx)
		k.typing(f)
	case *textFrame:
		k.s.Hub.Text(k.peer, bot.RunID(f.Run))
	case *stopFrame:
		k.stop(ctx, bot.RunID(f.Run))
	}
}

// use counts as use of a console's session, at most once a minute.
func (k *socket) use(ctx context.Context) {
	now := k.s.Now()
	if k.agent.ID == "" || now.Sub(k.used) < time.Minute {
		return
	}
	k.used = now
	if err := k.s.Accounts.Use(ctx, k.peer.Who().Session); err != nil {
		k.s.log.Warn("session was not touched", "request_id", k.request, "error", err)
	}
}

// complain tells the client that a frame was refused.
func (k *socket) complain(ctx context.Context, err error) {
	k.peer.Send(k.s.Frames.write(errorFrame{"error", k.s.problem(ctx, err)}))
}

// watch follows a conversation and says what a reader of it needs besides.
func (k *socket) watch(ctx context.Context, conv bot.ConversationID, cur live.Cursor) {
	page, err := k.s.Hub.Watch(ctx, k.peer, conv, cur)
	if fault.Is(err, fault.NotFound) {
		return // the hub has said gone
	}
	if err != nil {
		k.complain(ctx, err)
		if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
			// Without its events the client would wait for ever: it resumes instead.
			k.peer.Close(live.CloseOverloaded, "cannot read now: resume")
		}
		return
	}
	c := page.Conversation
	switch c.Service {
	case bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked:
	default:
		return
	}
	if k.peer.Who().View == bot.ViewVisitor {
		if err := k.s.Desk.Presence(ctx, k.s.ws, conv, true); err != nil && !fault.Is(err, fault.NotFound) {
			k.s.log.Warn("a visitor's return was not noted", "conversation_id", string(conv), "error", err)
		}
	}
	place, err := k.s.standing(ctx, c)
	if err != nil {
		k.s.log.Warn("a place in line could not be read", "conversation_id", string(conv), "error", err)
		return
	}
	k.peer.Send(k.s.Frames.write(placeFrame{"place", place.Body}))
}

// send takes a message; the answer is an ack or a nack.
func (k *socket) send(ctx context.Context, m Message) {
	var w bot.Written
	view := k.peer.Who().View
	err := k.turn(ctx, m)
	if err == nil && view == bot.ViewVisitor {
		w, err = k.s.fromVisitor(ctx, k.visitor, k.address, m)
	} else if err == nil {
		w, err = k.s.fromAgent(ctx, k.agent, k.supervisor, m)
	}
	if err != nil {
		p := k.s.problem(ctx, err)
		k.noteFailed(m.ID, again(p) > 0)
		k.peer.Send(k.s.Frames.nack(m.ID, p))
		return
	}
	k.noteFailed(m.ID, false)
	a := ackOf(view, m.ID, w)
	k.peer.Send(k.s.Frames.write(ackFrame{"ack", a.ID, a.Conversation, a.Event, a.Dup}))
	if view == bot.ViewVisitor && !k.s.Hub.Watches(k.peer, w.Conversation.ID) {
		k.watch(ctx, w.Conversation.ID, live.Cursor{})
	}
}

// turn refuses a message whose predecessor on this socket was refused for now:
// the store may be back for this one, and it must not overtake. Error: Unavailable.
func (k *socket) turn(ctx context.Context, m Message) error {
	at, ok := k.failed[m.After]
	if !ok || time.Since(at) > failedFor {
		return nil
	}
	by := k.agent
	if by.ID == "" {
		by = bot.Author{Kind: bot.AuthorVisitor, ID: k.visitor.id}
	}
	// It may have gone another way in the meantime.
	sent, err := k.s.Lists.Sent(ctx, k.s.ws, by, bot.ConversationID(m.Conversation), m.ClientConvID, m.After)
	if err != nil {
		return err
	}
	if !sent {
		return fault.Wrap(fault.Unavailable, retryIn{time.Second}, "The message before this one could not be stored yet.")
	}
	delete(k.failed, m.After)
	return nil
}

// noteFailed remembers that a send was refused for now, or forgets it.
func (k *socket) noteFailed(id string, failed bool) {
	if !failed {
		delete(k.failed, id)
		return
	}
	if k.failed == nil || len(k.failed) >= maxFailed {
		k.failed = make(map[string]time.Time)
	}
	k.failed[id] = time.Now()
}

// typing tells the others; a conversation that the peer does not watch is not
// theirs to speak of.
func (k *socket) typing(f *typingIn) {
	conv := bot.ConversationID(f.Conversation)
	if !k.s.Hub.Watches(k.peer, conv) {
		return
	}
	author := k.agent
	if author.ID == "" {
		author = bot.Author{Kind: bot.AuthorVisitor, ID: k.visitor.id, Name: k.visitor.name}
	}
	stage := ""
	if f.On && f.Note {
		stage = "noting"
	} else if f.On {
		stage = "typing"
	}
	k.s.Hub.TypingFrom(k.peer, bot.Typing{Workspace: k.s.ws, Conversation: conv, Author: author, Stage: stage, Team: f.Note})
}

// stop ends an answer that the visitor does not want; agents use take for that.
func (k *socket) stop(ctx context.Context, run bot.RunID) {
	missing := fault.New(fault.NotFound, "There is no such answer.")
	r, err := k.s.Runs.Run(ctx, k.s.ws, run)
	if err == nil {
		var c bot.Conversation
		c, err = k.s.Timeline.Conversation(ctx, k.s.ws, r.Conversation)
		if err == nil && (k.visitor.id == "" || string(c.Visitor) != k.visitor.id) {
			err = missing
		}
	}
	if err == nil {
		err = k.s.Engine.Stop(ctx, k.s.ws, run)
	}
	if fault.Is(err, fault.NotFound) {
		err = missing
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		k.complain(ctx, err)
	}
}
