package api

import (
	"context"
	"net/http"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/live"
)

// guest is what a socket keeps of its visitor.
type guest struct{ id, inbox, name, language string }

func guestOf(v account.Visitor) guest { return guest{v.ID, v.Inbox, v.Name, v.Language} }

// handshake is what the upgrade's request said that the hello needs.
type handshake struct {
	origin string
	own    bool
	cookie string
	bearer string
}

// socketOrigin checks where a socket comes from: our own pages, or a page of
// some inbox's site (the hello then checks that it is the visitor's inbox). A
// caller that names no origin must show a bearer token, which browsers cannot.
func (s *Server) socketOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	if origin == "" {
		if bearer(r) == "" {
			return errOrigin
		}
		return nil
	}
	if s.isOwn(r, origin) || s.anyInboxAllows(r.Context(), origin) {
		return nil
	}
	return errOrigin
}

// hello carries out the first frame: who is it, and where do they stand.
func (k *socket) hello(ctx context.Context, h handshake, data []byte) bool {
	f, err := decodeFrame(data)
	hello, ok := f.(*helloFrame)
	if err == nil && !ok {
		err = fault.New(fault.Invalid, "The first frame must be hello.")
	}
	if err != nil {
		k.refuseHello(ctx, err, live.CloseMalformed)
		return false
	}
	k.chinese = hello.Language == "zh"
	callOf(ctx).chinese = k.chinese
	who, me, err := k.who(ctx, h, hello)
	if err != nil {
		code := live.CloseExpired
		if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			code = live.CloseForbidden
		} else if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
			code = live.CloseOverloaded
		}
		k.refuseHello(ctx, err, code)
		return false
	}
	ping, limit := 25, maxHello
	if who.View == bot.ViewAgent {
		ping, limit = 15, live.MaxWatched
	}
	epoch, err := k.s.Hub.Epoch(ctx)
	if err == nil {
		k.peer, err = k.s.Hub.Connect(who, k, k.s.Frames.write(welcomeFrame{"welcome", Time{k.s.Now()}, epoch, ping, me}))
	}
	if err != nil {
		k.refuseHello(ctx, err, live.CloseOverloaded)
		return false
	}
	for i, c := range hello.Conversations {
		if i == limit {
			k.complain(ctx, fault.New(fault.Limited, "A hello names at most %d conversations; watch the others one by one.", limit))
			break
		}
		k.watch(ctx, bot.ConversationID(c.ID), live.Cursor{Epoch: c.Epoch, N: c.N})
	}
	if who.View == bot.ViewAgent {
		if err := k.s.alive(ctx, who.Agent); err != nil {
			k.complain(ctx, err)
		}
		if hello.Feed {
			k.s.Hub.Feed(k.peer)
		}
		err := k.s.openOffers(ctx, who.Agent, func(o live.Offer) { k.peer.Send(k.s.Frames.Encode(bot.ViewAgent, o)) })
		if err != nil {
			k.complain(ctx, err)
		}
	}
	return true
}

// who finds out whose socket it is.
func (k *socket) who(ctx context.Context, h handshake, f *helloFrame) (live.Who, any, error) {
	token := f.Token
	if token == "" {
		token = h.bearer
	}
	if token != "" {
		v, err := k.s.Accounts.Visitor(ctx, token)
		if err != nil {
			return live.Who{}, nil, err
		}
		in, err := k.s.inbox(ctx, v.Inbox)
		if err != nil {
			return live.Who{}, nil, err
		}
		if h.origin != "" && !h.own && !in.Allows(h.origin) {
			return live.Who{}, nil, errOrigin
		}
		k.visitor = guestOf(v.Visitor)
		k.visitor.inbox = in.ID // shared by all
		if f.Language == "en" || f.Language == "zh" {
			k.visitor.language = f.Language
		}
		return live.Who{
			Workspace: k.s.ws, View: bot.ViewVisitor, Visitor: bot.VisitorID(k.visitor.id), Session: v.Session, Expires: v.Expires,
		}, Person{ID: v.Visitor.ID, Name: v.Visitor.Name}, nil
	}
	c, err := k.s.Accounts.Caller(ctx, h.cookie)
	if err != nil {
		return live.Who{}, nil, err
	}
	if !h.own || !c.CheckCSRF(f.CSRF) {
		return live.Who{}, nil, fault.New(fault.Denied, "The csrf token is missing or wrong. Load the page again.")
	}
	if !agent.admits(c.Account) {
		return live.Who{}, nil, fault.New(fault.Denied, "Your account may not follow conversations.")
	}
	k.agent = bot.Author{Kind: bot.AuthorAgent, ID: c.Account.ID, Name: c.Account.Name}
	k.supervisor = supervisor.admits(c.Account)
	k.used = k.s.Now()
	return live.Who{
		Workspace: k.s.ws, View: bot.ViewAgent, Agent: bot.AgentID(c.Account.ID), Session: c.Session, Expires: c.Expires,
	}, accountOf(c.Account), nil
}

// refuseHello says why and closes; there is no peer yet to queue for.
func (k *socket) refuseHello(ctx context.Context, err error, code int) {
	p := k.s.problem(ctx, err)
	if werr := k.Write([][]byte{k.s.Frames.write(errorFrame{"error", p})}); werr != nil {
		k.conn.Close()
		return
	}
	k.Close(code, p.Code)
}
