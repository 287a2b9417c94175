package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	files "github.com/frontdesk-chat/frontdesk/internal/upload"
)

// Counts counts conversations for an agent's lists.
type Counts interface {
	Counts(ctx context.Context, ws bot.WorkspaceID, agent bot.AgentID) (mine, queue, held, withBot, closed int, err error)
}

// Sends finds a stored send.
type Sends interface {
	Sent(ctx context.Context, ws bot.WorkspaceID, sender bot.Author, conv bot.ConversationID, clientConvID, clientMsgID string) (bool, error)
}

// begin makes a conversation of a visitor with one message.
func begin(t *testing.T, s AccountStores, visitor, clientConv, clientMsg string) bot.Written {
	t.Helper()
	by := bot.Author{Kind: bot.AuthorVisitor, ID: visitor}
	w, err := s.Timeline.Open(t.Context(), bot.Conversation{
		Workspace: workspace, Inbox: "shop", Visitor: bot.VisitorID(visitor), ClientConvID: clientConv, CreatedAt: start,
	}, bot.Key{Sender: by, ClientMsgID: clientMsg, Digest: "d"}, func(bot.Conversation) (bot.Change, error) {
		return bot.Change{Events: []bot.NewEvent{{Kind: bot.EventMessage, Author: by, Visible: true, At: start, Body: bot.Body{Text: "hello"}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A stranger who turns out to be somebody known: the conversations move, and a
// retried send under the new name still finds the first one.
func testMergeVisitor(t *testing.T, s AccountStores) {
	ctx := t.Context()
	stranger, known := someVisitor(""), someVisitor("customer-7")
	for hash, v := range map[string]account.Visitor{"h1": stranger, "h2": known} {
		if err := s.Accounts.PutVisitor(ctx, v, session(v, hash), account.Spent{}); err != nil {
			t.Fatal(err)
		}
	}
	clientConv, clientMsg := id.New(), id.New()
	first := begin(t, s, stranger.ID, clientConv, clientMsg)
	if err := s.Accounts.MergeVisitor(ctx, workspace, stranger.ID, known.ID); err != nil {
		t.Fatal(err)
	}
	c, err := s.Timeline.Conversation(ctx, workspace, first.Conversation.ID)
	if err != nil || c.Visitor != bot.VisitorID(known.ID) {
		t.Errorf("the conversation is %s's, want %s (%v)", c.Visitor, known.ID, err)
	}
	again := begin(t, s, known.ID, clientConv, clientMsg)
	if !again.Dup || again.Conversation.ID != c.ID || again.Conversation.Seq != 1 {
		t.Errorf("the retry after the merge wrote again: %+v", again)
	}
	wantKind(t, "the stranger", errOf(s.Accounts.Visitor(ctx, workspace, stranger.ID)), fault.NotFound)
	_, _, err = s.Accounts.VisitorSession(ctx, "h1")
	wantKind(t, "the stranger's session", err, fault.NotFound)
}

func testInboxes(t *testing.T, s AccountStores) {
	ctx := t.Context()
	in := account.Inbox{
		Workspace: workspace, ID: "shop", Name: "Shop", Origins: []string{"https://shop.example.com"}, Accent: "#3457d5",
		Greeting: map[string]string{"zh": "您好"}, Language: "zh",
		Hours: account.Hours{Zone: "Asia/Shanghai", Weeks: []account.Span{{Day: time.Monday, Open: 9 * time.Hour, Close: 18 * time.Hour}}},
		Keys:  []account.IdentityKey{{ID: "k1", Alg: account.AlgHS256, Secret: []byte("secret")}, {ID: "k2", Alg: account.AlgEdDSA, Public: []byte{1, 2}}},
		Takes: 150, CreatedAt: start, UpdatedAt: start,
	}
	if err := s.Accounts.PutInbox(ctx, in); err != nil {
		t.Fatal(err)
	}
	got, err := s.Accounts.Inbox(ctx, workspace, "shop")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "inbox", got, in)
	in.Name, in.Keys, in.Greeting, in.UpdatedAt = "Store", nil, nil, start.Add(time.Hour)
	for _, x := range []account.Inbox{in, {Workspace: workspace, ID: "blog", Name: "Blog", CreatedAt: start, UpdatedAt: start}, {Workspace: other, ID: "shop", Name: "Theirs", CreatedAt: start, UpdatedAt: start}} {
		if err := s.Accounts.PutInbox(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Accounts.Inboxes(ctx, workspace)
	if err != nil || len(list) != 2 || list[0].ID != "blog" || list[1].Name != "Store" || len(list[1].Keys) != 0 {
		t.Errorf("inboxes %+v %v", list, err)
	}
	wantKind(t, "none", errOf(s.Accounts.Inbox(ctx, workspace, "nowhere")), fault.NotFound)
}

func testUploads(t *testing.T, s AccountStores) {
	ctx := t.Context()
	f := files.File{Workspace: workspace, ID: id.New(), Account: "a1", Name: "表单.pdf", Type: "application/pdf", Size: 7, Key: "k1", CreatedAt: start}
	if err := s.Uploads.AddUpload(ctx, f); err != nil {
		t.Fatal(err)
	}
	got, err := s.Uploads.Upload(ctx, workspace, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "upload", got, f)
	wantKind(t, "elsewhere", errOf(s.Uploads.Upload(ctx, other, f.ID)), fault.NotFound)
	sentTo := func(ws id.Workspace, visitor string) bool {
		t.Helper()
		sent, err := s.Uploads.UploadSentTo(ctx, ws, f.ID, visitor)
		if err != nil {
			t.Fatal(err)
		}
		return sent
	}
	c := begin(t, s, "v1", id.New(), id.New())
	if sentTo(workspace, "v1") {
		t.Error("sent before it was")
	}
	for range 2 { // noting it again changes nothing
		if err := s.Uploads.UseUploads(ctx, workspace, string(c.Conversation.ID), []string{f.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if !sentTo(workspace, "v1") || sentTo(workspace, "v2") || sentTo(other, "v1") || sentTo(workspace, "") {
		t.Error("who was sent a file is told wrong")
	}
	known, err := s.Uploads.UploadKeys(ctx, []string{"k0", "k1"})
	if err != nil || len(known) != 1 || !known["k1"] {
		t.Errorf("known keys %v %v", known, err)
	}
}

func testCounts(t *testing.T, s AccountStores) {
	ctx := t.Context()
	for i, service := range []bot.Service{bot.ServiceBot, bot.ServiceWaiting, bot.ServiceOffered, bot.ServiceParked, bot.ServiceActive, bot.ServiceActive, bot.ServiceWrapup, bot.ServiceClosed} {
		msg, clientConv := id.New(), id.New()
		w := begin(t, s, "v1", clientConv, msg)
		_, err := s.Timeline.Write(ctx, workspace, w.Conversation.ID, bot.Key{}, func(bot.Conversation) (bot.Change, error) {
			return bot.Change{Row: func(c *bot.Conversation) {
				c.Service = service
				if service == bot.ServiceOffered || service == bot.ServiceActive || service == bot.ServiceWrapup { // one who passes a chat on has it
					c.Agent = []bot.AgentID{"a1", "a2"}[i%2]
				}
			}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		by := bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}
		for what, c := range map[string]struct {
			by         bot.Author
			conv       bot.ConversationID
			clientConv string
			msg        string
			want       bool
		}{
			"by conversation":   {by, w.Conversation.ID, "", msg, true},
			"by the visitor's":  {by, "", clientConv, msg, true},
			"another message":   {by, w.Conversation.ID, "", id.New(), false},
			"another sender":    {bot.Author{Kind: bot.AuthorVisitor, ID: "v2"}, w.Conversation.ID, "", msg, false},
			"an agent":          {bot.Author{Kind: bot.AuthorAgent, ID: "v1"}, w.Conversation.ID, "", msg, false},
			"no conversation":   {by, "", id.New(), msg, false},
			"other's unwritten": {bot.Author{Kind: bot.AuthorVisitor, ID: "v2"}, "", clientConv, msg, false},
		} {
			got, err := s.Lists.Sent(ctx, workspace, c.by, c.conv, c.clientConv, c.msg)
			if err != nil || got != c.want {
				t.Errorf("sent, %s: %v %v, want %v", what, got, err, c.want)
			}
		}
	}
	mine, queue, held, withBot, closed, err := s.Lists.Counts(ctx, workspace, "a1")
	if err != nil || mine != 3 || queue != 3 || held != 3 || withBot != 1 || closed != 1 {
		t.Errorf("counts %d %d %d %d %d %v, want 3 3 3 1 1", mine, queue, held, withBot, closed, err)
	}
	if mine, queue, held, withBot, closed, err = s.Lists.Counts(ctx, other, "a1"); err != nil || mine+queue+held+withBot+closed != 0 {
		t.Errorf("counts of another workspace %d %d %d %d %d %v", mine, queue, held, withBot, closed, err)
	}
}
