package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Reply is words that an agent sends by a shortcut; a macro also leaves a note or
// ends with a move.
type Reply struct {
	ID        string `json:"id"`
	Version   int64  `json:"version"`
	UpdatedAt Time   `json:"updated_at"`
	ReplyBody        // what people write
}

// ReplyBody is what people write of a reply.
type ReplyBody struct {
	Own      bool      `json:"own,omitempty" doc:"For oneself; absent: for everybody, which supervisors write."`
	Shortcut string    `json:"shortcut" maxLength:"60" doc:"Typed behind a slash."`
	Title    string    `json:"title" maxLength:"200"`
	Text     Bilingual `json:"text"`
	Note     string    `json:"note,omitempty" maxLength:"8000" doc:"For colleagues."`
	Then     string    `json:"then,omitempty" enum:"close,transfer,hand_back" doc:"What is done besides."`
	Queue    string    `json:"queue,omitempty" maxLength:"64" doc:"Of transfer; absent: the present one."`
	Code     string    `json:"code,omitempty" maxLength:"64" doc:"Of close: ID of the wrap-up code."`
}

// Bilingual is a text in one language or both.
type Bilingual struct {
	EN string `json:"en,omitempty" maxLength:"8000"`
	ZH string `json:"zh,omitempty" maxLength:"8000"`
}

// ReplyList is the replies that one may use, with what their texts may hold.
type ReplyList struct {
	Items     []Reply  `json:"items"`
	Variables []string `json:"variables" doc:"Written as {{visitor.name}}, or {{visitor.name|there}} with a text for when there is none."`
	Queues    []Line   `json:"queues"`
}

// Line is what agents know of a queue.
type Line struct {
	Named
	Answer int `json:"answer_s" doc:"The service level of first answers."`
}

// Code is a wrap-up code.
type Code struct {
	ID   string `json:"id,omitempty" maxLength:"64" doc:"Absent: a new one."`
	Name string `json:"name" maxLength:"200"`
	Off  bool   `json:"off,omitempty" doc:"Not to be picked any more."`
}

// CodeList is the wrap-up codes in their order.
type CodeList struct {
	Codes   []Code `json:"codes" maxItems:"100" nullable:"false"`
	Version int64  `json:"version"`
}

func (s *Server) replyRoutes(g *registrar) {
	supervises := func(ctx context.Context) bool { return callOf(ctx).console.Account.May(account.RoleSupervisor) }
	put := func(ctx context.Context, reply string, version int64, b ReplyBody) (*bodyOf[Reply], error) {
		r := handoff.Reply{Workspace: s.ws, ID: reply, Shortcut: b.Shortcut, Version: version, ReplyBody: handoff.ReplyBody{
			Title: b.Title, Text: map[string]string{"en": b.Text.EN, "zh": b.Text.ZH}, Note: b.Note, Then: handoff.Then(b.Then), Queue: bot.QueueID(b.Queue), Code: b.Code,
		}}
		me := callOf(ctx).agentID()
		if b.Own {
			r.Owner = me
		}
		r, err := s.Replies.Put(ctx, me, supervises(ctx), r)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Reply]{replyOf(r)}, nil
	}
	handle(g, "GET", "/replies", func(ctx context.Context, _ *empty) (*bodyOf[ReplyList], error) {
		all, err := s.Replies.List(ctx, s.ws, callOf(ctx).agentID())
		if err != nil {
			return nil, err
		}
		queues, err := s.Desk.Queues(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := ReplyList{Items: []Reply{}, Variables: handoff.Variables(), Queues: []Line{}}
		for _, r := range all {
			out.Items = append(out.Items, replyOf(r))
		}
		for _, q := range queues {
			out.Queues = append(out.Queues, Line{Named{string(q.ID), q.Name}, seconds(q.ServiceLevel())})
		}
		return &bodyOf[ReplyList]{out}, nil
	})
	handle(g, "POST", "/replies", func(ctx context.Context, in *struct{ Body ReplyBody }) (*bodyOf[Reply], error) {
		return put(ctx, "", 0, in.Body)
	}, status(http.StatusCreated))
	handle(g, "PUT", "/replies/{id}", func(ctx context.Context, in *struct {
		ByID
		Body struct {
			ReplyBody
			Version int64 `json:"version" minimum:"1" doc:"Of the reply that was read."`
		}
	},
	) (*bodyOf[Reply], error) {
		return put(ctx, in.ID, in.Body.Version, in.Body.ReplyBody)
	})
	handle(g, "DELETE", "/replies/{id}", func(ctx context.Context, in *ByID) (*empty, error) {
		return nil, s.Replies.Delete(ctx, s.ws, callOf(ctx).agentID(), supervises(ctx), in.ID)
	}, status(http.StatusNoContent))
	handle(g, "POST", "/conversations/{id}/macro", func(ctx context.Context, in *struct {
		ByID
		Body struct {
			ID    string `json:"id" format:"uuid" doc:"Made by the client: a retry carries the same."`
			Reply string `json:"reply" maxLength:"64"`
			Text  string `json:"text,omitempty" maxLength:"8000" doc:"For the visitor, as the agent left it."`
			Note  string `json:"note,omitempty" maxLength:"8000" doc:"For colleagues, as the agent left it."`

			Written string `json:"written,omitempty" maxLength:"8000" doc:"The agent's own words, when text is the translation of them."`
		}
	},
	) (*bodyOf[Conversation], error) {
		b := in.Body
		if !id.Valid(b.ID) {
			return nil, fault.New(fault.Invalid, "The message has no id.").WithField("body.id", "must be a UUID")
		}
		words := handoff.MacroWords{Text: b.Text, Written: b.Written, Note: b.Note}
		if b.Written == b.Text {
			words.Written = "" // nothing was translated
		}
		what := "macro\x00" + b.Reply + "\x00" + words.Text + "\x00" + words.Note
		if words.Written != "" {
			what += "\x00=" + words.Written
		}
		h := sha256.Sum256([]byte(what))
		by := callOf(ctx).agent()
		w, err := s.Replies.Run(ctx, s.ws, bot.ConversationID(in.ID), by, bot.Key{Sender: by, ClientMsgID: b.ID, Digest: hex.EncodeToString(h[:])}, b.Reply, words)
		if err != nil {
			return nil, err
		}
		return &bodyOf[Conversation]{conversationOf(bot.ViewAgent, w.Conversation, s.names)}, nil
	})
}

func (s *Server) codeRoutes(g *registrar) {
	handle(g, "GET", "/codes", func(ctx context.Context, _ *empty) (*bodyOf[CodeList], error) {
		return codesOf(s.Desk.Codes(ctx, s.ws))
	})
	handle(g, "PUT", "/codes", func(ctx context.Context, in *struct{ Body CodeList }) (*bodyOf[CodeList], error) {
		codes := make([]handoff.Code, 0, len(in.Body.Codes))
		for _, c := range in.Body.Codes {
			codes = append(codes, handoff.Code(c))
		}
		return codesOf(s.Desk.PutCodes(ctx, s.ws, codes, in.Body.Version))
	})
}

func codesOf(codes []handoff.Code, version int64, err error) (*bodyOf[CodeList], error) {
	if err != nil {
		return nil, err
	}
	out := CodeList{Codes: []Code{}, Version: version}
	for _, c := range codes {
		out.Codes = append(out.Codes, Code(c))
	}
	return &bodyOf[CodeList]{out}, nil
}

func replyOf(r handoff.Reply) Reply {
	return Reply{ID: r.ID, Version: r.Version, UpdatedAt: Time{r.UpdatedAt}, ReplyBody: ReplyBody{
		Own: r.Owner != "", Shortcut: r.Shortcut, Title: r.Title, Text: Bilingual{r.Text["en"], r.Text["zh"]},
		Note: r.Note, Then: string(r.Then), Queue: string(r.Queue), Code: r.Code,
	}}
}
