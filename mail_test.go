package frontdesk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// mailbed is an installation beside a mail server.
type mailbed struct {
	t      *testing.T
	app    *App
	server *testenv.MailServer
	conv   bot.ConversationID
	agent  bot.Author
}

func newMailbed(t *testing.T) *mailbed {
	t.Helper()
	b := &mailbed{t: t, server: testenv.Mail(t), agent: bot.Author{Kind: bot.AuthorAgent, ID: "lin", Name: "Lin"}}
	c := Defaults()
	c.Storage.Dir, c.Server.Addr = t.TempDir(), "127.0.0.1:0"
	c.Mail = MailConfig{
		SMTP: Secret("smtp://" + b.server.SMTP + "?tls=none"), IMAP: Secret("imap://support:" + testenv.MailPassword + "@" + b.server.IMAP + "?tls=none"),
		From: "Shop <support@shop.test>", Key: "a secret that nobody else knows about", Mailbox: "INBOX", Poll: 20 * time.Millisecond,
	}
	var err error
	if b.app, err = Open(t.Context(), c, WithoutLimits(), WithLog(t.Output())); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- b.app.Run(ctx, func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := b.app.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatal("the server did not start")
	}
	if _, err := b.app.desk.PutAgent(t.Context(), handoff.Agent{Workspace: id.DefaultWorkspace, ID: "lin", Name: "Lin"}); err != nil {
		t.Fatal(err)
	}
	w, err := b.app.db.conversations.Open(t.Context(), bot.Conversation{
		Workspace: id.DefaultWorkspace, Inbox: "shop", Visitor: "v1", ClientConvID: id.New(), Language: "en",
	}, bot.Key{}, func(bot.Conversation) (bot.Change, error) { return bot.Change{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	b.conv = w.Conversation.ID
	return b
}

// eventually waits for what another process or goroutine does.
func (b *mailbed) eventually(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// arrives waits for the n-th mail in somebody's mailbox.
func (b *mailbed) arrives(name string, n int) testenv.Letter {
	b.t.Helper()
	var all []testenv.Letter
	b.eventually(fmt.Sprintf("mail %d of %s", n, name), func() bool {
		var err error
		if all, err = b.server.Letters(name); err != nil {
			b.t.Fatal(err)
		}
		return len(all) >= n
	})
	return all[n-1]
}

func (b *mailbed) events(kind bot.EventKind) (out []string) {
	b.t.Helper()
	page, err := b.app.db.conversations.Events(b.t.Context(), bot.EventQuery{Workspace: id.DefaultWorkspace, Conversation: b.conv, View: bot.ViewAgent, Limit: 500})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range page.Events {
		if e.Kind == kind {
			out = append(out, e.Body.Text)
		}
	}
	return out
}

func (b *mailbed) ticket() handoff.TicketFile {
	b.t.Helper()
	all, err := b.app.desk.Tickets(b.t.Context(), handoff.TicketQuery{Workspace: id.DefaultWorkspace, Conversation: b.conv, Limit: 1})
	if err != nil || len(all) != 1 {
		b.t.Fatalf("%d tickets, %v", len(all), err)
	}
	f, err := b.app.desk.Ticket(b.t.Context(), id.DefaultWorkspace, all[0].ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func (b *mailbed) answer(text string, status handoff.TicketStatus, files ...bot.Attachment) {
	b.t.Helper()
	_, err := b.app.desk.Answer(b.t.Context(), id.DefaultWorkspace, b.ticket().Ticket.ID, b.agent, bot.Key{Sender: b.agent, ClientMsgID: id.New(), Digest: text}, bot.Body{Text: text, Attachments: files}, status)
	if err != nil {
		b.t.Fatal(err)
	}
}

// Out of hours: a message becomes a ticket, the answer goes out by a real mail
// server, and what comes back lands in the same conversation, whichever way it took.
func TestTicketsByMail(t *testing.T) {
	b := newMailbed(t)
	visitor := bot.Author{Kind: bot.AuthorVisitor, ID: "v1"}
	if _, err := b.app.desk.LeaveMessage(t.Context(), id.DefaultWorkspace, b.conv, bot.Key{Sender: visitor, ClientMsgID: id.New(), Digest: "x"},
		handoff.Contact{Email: "ann@home.test", Text: "My parcel is wet. 包裹湿了"}); err != nil {
		t.Fatal(err)
	}
	b.answer("We send another one.\n我们会补发。", "")
	first := b.arrives("ann", 1)
	reply, err := mail.ParseAddress(first.Header.Get("Reply-To"))
	if err != nil || !strings.HasPrefix(reply.Address, "support+") {
		t.Fatalf("answers go to %q, %v", first.Header.Get("Reply-To"), err)
	}
	if from, err := first.Header.AddressList("From"); err != nil || from[0].Name != "Lin · Shop" || from[0].Address != "support@shop.test" {
		t.Errorf("from %v, %v", from, err)
	}
	b.eventually("the mail to be noted as sent", func() bool { return b.ticket().Mails[0].State == handoff.MailSent })

	// Ann answers; her program repeats what she was sent. The mail comes twice.
	messages := b.events(bot.EventMessage)
	for range 2 {
		b.server.Deliver(t, "ann@home.test", reply.Address, "From: Ann <ann@home.test>\nTo: "+reply.Address+"\nSubject: Re: x\nMessage-ID: <one@home.test>\n"+
			"In-Reply-To: "+first.Header.Get("Message-ID")+"\nContent-Type: text/plain; charset=utf-8\n\nTo the old address, please.\n\nOn Fri, Lin wrote:\n> We send another one.\n")
	}
	b.eventually("Ann's answer", func() bool { return len(b.events(bot.EventMessage)) > len(messages) })
	b.eventually("both copies to be looked at", func() bool {
		_, flags := b.server.Mails(t, "support")
		return len(flags) == 2 && strings.Contains(flags[0], "S") && strings.Contains(flags[1], "S")
	})
	if got := b.events(bot.EventMessage); len(got) != len(messages)+1 || got[len(got)-1] != "To the old address, please." {
		t.Errorf("the conversation says %q", got)
	}
	if b.ticket().Ticket.Status != handoff.TicketOpen {
		t.Errorf("ticket %+v", b.ticket().Ticket)
	}

	// The next answer goes on with the thread.
	b.answer("It is on its way.", handoff.TicketSolved)
	second := b.arrives("ann", 2)
	if refs := second.Header.Get("References"); second.Header.Get("In-Reply-To") != "<one@home.test>" || !strings.Contains(refs, first.Header.Get("Message-ID")) {
		t.Errorf("the second mail answers %q of %q", second.Header.Get("In-Reply-To"), refs)
	}
	report := func() handoff.Figures {
		r, err := b.app.desk.Report(t.Context(), handoff.ReportQuery{Workspace: id.DefaultWorkspace})
		if err != nil {
			t.Fatal(err)
		}
		return r.Total
	}
	if r := report(); r.Solved != 1 {
		t.Errorf("report %+v", r)
	}

	// Bob, to whom Ann forwarded it, writes to the plain address: what he quotes tells.
	ref := ""
	for line := range strings.Lines(first.Text) {
		if strings.HasPrefix(line, "Ref: ") {
			ref = strings.TrimSpace(line)
		}
	}
	if ref == "" {
		t.Fatalf("no reference in %q", first.Text)
	}
	b.server.Deliver(t, "bob@work.test", "support@shop.test", "From: bob@work.test\nTo: support@shop.test\nSubject: Fwd: parcel\nMessage-ID: <two@work.test>\n\n"+
		"I am her neighbour; the new one is wet too.\n\n---------- Forwarded message ---------\nFrom: Lin <support@shop.test>\n\n> "+ref+"\n")
	b.eventually("Bob's mail", func() bool {
		return slices.Contains(b.events(bot.EventMessage), "I am her neighbour; the new one is wet too.")
	})
	if f := b.ticket().Ticket; f.Status != handoff.TicketOpen || f.Clock.Reopened != 1 || f.Number != 1 {
		t.Errorf("reopened %+v", f)
	}
	if r := report(); r.Solved != 0 || r.Reopened != 1 {
		t.Errorf("report after it was opened again %+v", r)
	}
	if notes := b.events(bot.EventNote); len(notes) != 1 || !strings.Contains(notes[0], "bob@work.test") {
		t.Errorf("notes %q", notes)
	}

	// Neither a number nor a made-up token opens anything; such mails stay unread.
	messages = b.events(bot.EventMessage)
	before, _ := b.server.Mails(t, "support")
	at := strings.Index(reply.Address, "@") - 3 // the last letters hold spare bits
	swap := "a"
	if reply.Address[at] == 'a' {
		swap = "b"
	}
	forged := reply.Address[:at] + swap + reply.Address[at+1:]
	b.server.Deliver(t, "eve@evil.test", "support@shop.test", "From: ann@home.test\nTo: support@shop.test\nSubject: Re: [#1] My parcel is wet.\nMessage-ID: <three@evil.test>\n\nSend it to me.\n")
	b.server.Deliver(t, "eve@evil.test", forged, "From: ann@home.test\nTo: "+forged+"\nSubject: x\nMessage-ID: <four@evil.test>\n\nSend it to me.\n")
	// Nor does the token of a ticket that is not here any more, and it holds up nothing.
	gone := "support+" + token("a secret that nobody else knows about", uuid.New()) + "@shop.test"
	b.server.Deliver(t, "eve@evil.test", gone, "From: ann@home.test\nTo: "+gone+"\nSubject: x\nMessage-ID: <gone@evil.test>\n\nStill there?\n")
	// An absence that came after them tells that they were looked at.
	b.server.Deliver(t, "ann@home.test", reply.Address, "From: ann@home.test\nTo: "+reply.Address+"\nSubject: away\nAuto-Submitted: auto-replied\nMessage-ID: <five@home.test>\n\nI am away.\n")
	b.eventually("the absence", func() bool { return len(b.events(bot.EventNote)) == 2 })
	if got := b.events(bot.EventMessage); len(got) != len(messages) {
		t.Errorf("the conversation says %q", got)
	}
	raw, flags := b.server.Mails(t, "support")
	for i, m := range raw {
		if seen := strings.Contains(flags[i], "S"); strings.Contains(m, "evil.test>") && seen {
			t.Errorf("a mail that belongs to nothing was marked as read: %s", m)
		}
	}
	if len(raw) != len(before)+4 {
		t.Errorf("%d mails, want %d", len(raw), len(before)+4)
	}

	// An address that does not exist: the team reads why.
	email := "refused@home.test"
	if _, err := b.app.desk.ChangeTicket(t.Context(), id.DefaultWorkspace, b.ticket().Ticket.ID, b.agent, handoff.TicketPatch{Email: &email}); err != nil {
		t.Fatal(err)
	}
	b.answer("Do you read this?", "")
	b.eventually("the refusal", func() bool {
		return b.ticket().Ticket.Status == handoff.TicketOpen && len(b.events(bot.EventNote)) == 3
	})
	if notes := b.events(bot.EventNote); !strings.Contains(notes[2], "refused@home.test") || !strings.Contains(notes[2], "no such mailbox") {
		t.Errorf("notes %q", notes)
	}
}

// token is what internal/mail makes for a ticket.
func token(key string, ticket uuid.UUID) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte("frontdesk ticket\x00"))
	h.Write(ticket[:])
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(append(ticket[:], h.Sum(nil)[:10]...))
}
