package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// A rule makes a ticket beside the place in line or instead of it, in the
// transaction of the hand-off, with queue, priority and status of its own.
func testTicketRules(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 4, "lang:en")
	if err := d.PutQueue(ctx, handoff.Queue{Workspace: workspace, ID: "money", Name: "Money", QueueSettings: handoff.QueueSettings{
		Tickets: handoff.Levels{First: 2 * time.Hour},
	}}); err != nil {
		t.Fatal(err)
	}
	five := 5
	about := func(topic string) []handoff.Condition {
		return []handoff.Condition{{Kind: handoff.WhenIntent, Values: []string{topic}}}
	}
	rules := []handoff.Rule{
		{Name: "Invoices", When: about("invoice"), Ticket: &bot.TicketOrder{Queue: "money", Priority: &five, Instead: true}},
		{Name: "Damage", When: about("damage"), Ticket: &bot.TicketOrder{Status: "pending"}},
	}
	book, err := d.PutRules(ctx, workspace, rules, 0)
	if err != nil || !cmp.Equal(book.Rules[0].Ticket, rules[0].Ticket) {
		t.Fatalf("rules %+v, %v", book, err)
	}
	ask := func(topic string, reason bot.Reason) (bot.Written, bot.Outlook) {
		t.Helper()
		var told bot.Outlook
		w := d.enqueue(t, newConversation(t, s, workspace), func(e *bot.Escalation) {
			e.Topics, e.Reason = []string{topic}, reason
			e.Summary = bot.Summary{Problem: "I want " + topic, Fields: map[string]string{"email": "ann@example.com"}}
			e.Turn = func(_ bot.Conversation, o bot.Outlook) (bot.Change, error) {
				told = o
				return bot.Change{}, nil
			}
		})
		return w, told
	}
	placing := func(w bot.Written) bot.Placing {
		t.Helper()
		for _, e := range w.Events {
			if e.Body.Placing != nil {
				return *e.Body.Placing
			}
		}
		t.Fatalf("nothing explains %+v", w.Events)
		return bot.Placing{}
	}

	// Instead of the line: the bot goes on, the visitor reads what becomes of it.
	w, told := ask("invoice", bot.ReasonAccountAction)
	d.is(t, w.Conversation, bot.ServiceBot, bot.SpeakerBot, "")
	f := d.ticketOf(t, w.Conversation)
	if x := f.Ticket; x.Origin != handoff.TicketByRule || x.Queue != "money" || x.Priority != 5 || x.Status != handoff.TicketOpen ||
		x.Subject != "I want invoice" || x.Email != "ann@example.com" || !x.Due.Equal(start.Add(2*time.Hour)) {
		t.Errorf("made %+v", x)
	}
	if p := placing(w); !told.Ticket || len(p.Rules) != 1 || p.Rules[0].Name != "Invoices" || !p.Rules[0].Ticket.Instead {
		t.Errorf("told %+v, explained %+v", told, p)
	}
	d.wantTold(t, w.Conversation, "ticketed", "Our team has it on their list and answers here and at ann@example.com.")
	if line, err := d.Line(ctx, workspace); err != nil || len(line) != 0 {
		t.Errorf("%d wait, %v", len(line), err)
	}
	// The same wish again makes no second one.
	d.enqueue(t, w.Conversation, func(e *bot.Escalation) { e.Topics, e.Reason = []string{"invoice"}, bot.ReasonAccountAction })
	if got := d.changes(t, w.Conversation); got != "opened open" {
		t.Errorf("changes %s", got)
	}

	// Who asks for a person waits for one, whatever a rule says; the ticket is made as well.
	w, told = ask("invoice", bot.ReasonAsked)
	d.is(t, w.Conversation, bot.ServiceWaiting, bot.SpeakerBot, "")
	if p := placing(w); told.Ticket || p.Rules[0].Ticket.Instead || !slices.Contains(p.Rules[0].Ignored, "instead") {
		t.Errorf("told %+v, explained %+v", told, p)
	}
	d.ticketOf(t, w.Conversation)

	// One that waits for the visitor runs no clock until they write.
	w, _ = ask("damage", bot.ReasonUnanswered)
	d.is(t, w.Conversation, bot.ServiceWaiting, bot.SpeakerBot, "")
	f = d.ticketOf(t, w.Conversation)
	if x := f.Ticket; x.Status != handoff.TicketPending || !x.Due.IsZero() || x.Queue != "" {
		t.Errorf("made %+v", x)
	}
	d.comes(t, f.Ticket.ID, "p@mail", "Here is the picture.")
	if x := d.file(t, f.Ticket.ID).Ticket; x.Status != handoff.TicketOpen || x.DueFor != handoff.LevelFirst || !x.Due.Equal(start.Add(4*time.Hour)) {
		t.Errorf("after the visitor's words %+v", x)
	}

	// A queue whose tickets a rule makes is kept; one that is gone all the same, since
	// somebody saved the rule in that moment, is left out and shown.
	err = d.DeleteQueue(ctx, workspace, "money")
	var used *fault.Error
	if !errors.As(err, &used) || used.Kind != fault.Conflict || len(used.Fields) != 1 || used.Fields[0].Name != "rules[0].ticket.queue" {
		t.Errorf("deleted although a rule names it: %v, %+v", err, used)
	}
	if err := s.Desk.DeleteQueue(ctx, workspace, "money"); err != nil {
		t.Fatal(err)
	}
	if book, err = d.Rules(ctx, workspace); err != nil || len(book.Broken) != 1 || !book.Broken[0].Ticket || book.Broken[0].Queue != "money" {
		t.Fatalf("broken %+v, %v", book.Broken, err)
	}
	w, _ = ask("invoice", bot.ReasonAccountAction)
	if x := d.ticketOf(t, w.Conversation).Ticket; x.Queue != "" || x.Priority != 5 {
		t.Errorf("made %+v", x)
	}
	if p := placing(w); !slices.Contains(p.Rules[0].Ignored, "queue:money") {
		t.Errorf("explained %+v", p)
	}

	eleven := 11
	for field, spoil := range map[string]func(*handoff.Rule){
		"rules[0].ticket.queue":    func(r *handoff.Rule) { r.Ticket.Queue = "attic" },
		"rules[0].ticket.priority": func(r *handoff.Rule) { r.Ticket.Priority = &eleven },
		"rules[0].ticket.status":   func(r *handoff.Rule) { r.Ticket.Status = "solved" },
		"rules[0].skills":          func(r *handoff.Rule) { r.Ticket.Instead, r.Skills = true, []string{"lang:en"} },
		"rules[0].when[0]": func(r *handoff.Rule) {
			r.Ticket.Instead, r.When = true, []handoff.Condition{{Kind: handoff.WhenReason, Values: []string{"asked"}}}
		},
	} {
		r := handoff.Rule{Name: "x", Ticket: &bot.TicketOrder{}}
		spoil(&r)
		_, err := d.PutRules(ctx, workspace, []handoff.Rule{r}, book.Version)
		wantKind(t, field, err, fault.Invalid)
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Name != field {
			t.Errorf("%v names %+v, want %s", err, refused, field)
		}
	}
}

// Files of answers go out by e-mail as far as a mail server takes them; files that
// came in are the visitor's words.
func testTicketFiles(t *testing.T, s Stores) {
	ctx := t.Context()
	d := newTicketDesk(t, s, workspace)
	d.hire(t, "lin", 2)
	c := d.leave(t, "My parcel is wet.")
	ticket := d.ticketOf(t, c).Ticket.ID
	if at, err := s.Tickets.OldestMail(ctx); err != nil || !at.IsZero() {
		t.Errorf("a mail waits since %v, %v", at, err)
	}
	form, film := bot.Attachment{ID: "f1", Name: "form.pdf", Type: "application/pdf", Size: 1000}, bot.Attachment{ID: "f2", Name: "film.mp4", Type: "video/mp4", Size: handoff.MaxMailBytes}
	_, err := d.Answer(ctx, d.ws, ticket, lin, key(lin, "big"), bot.Body{Text: "See.", Attachments: []bot.Attachment{form, film}}, "")
	wantKind(t, "more than a mail takes", err, fault.Invalid)
	f, err := d.Answer(ctx, d.ws, ticket, lin, key(lin, "form"), bot.Body{Attachments: []bot.Attachment{form}}, "")
	if err != nil || len(f.Mails) != 1 || !cmp.Equal(f.Mails[0].Files, []bot.Attachment{form}) || f.Mails[0].Text != "(see the attachments)" {
		t.Fatalf("mails %+v, %v", f.Mails, err)
	}
	if at, err := s.Tickets.OldestMail(ctx); err != nil || !at.Equal(start) {
		t.Errorf("a mail waits since %v, %v", at, err)
	}
	if err := d.MailSent(ctx, f.Mails[0]); err != nil {
		t.Fatal(err)
	}
	if at, err := s.Tickets.OldestMail(ctx); err != nil || !at.IsZero() {
		t.Errorf("a mail waits since %v, %v", at, err)
	}
	_, err = d.Answer(ctx, d.ws, ticket, lin, key(lin, "nothing"), bot.Body{}, "")
	wantKind(t, "an answer of nothing", err, fault.Invalid)

	// What came with a mail is in the conversation; what was not kept is named there.
	wet := bot.Attachment{ID: "f3", Name: "wet.png", Type: "image/png", Size: 7}
	came := handoff.MailIn{Ticket: ticket, Message: "wet@mail", From: "ann@example.com", Files: []bot.Attachment{wet}, Left: []handoff.LeftFile{{Name: "a.exe", Why: handoff.LeftKind, Of: "application/x-msdownload"}}}
	if where, known, err := d.MailFor(ctx, d.ws, ticket, "wet@mail"); err != nil || known || where.ID != c.ID {
		t.Errorf("goes into %+v, known %v, %v", where, known, err)
	}
	if _, err := d.MailCame(ctx, d.ws, came); err != nil {
		t.Fatal(err)
	}
	if _, known, err := d.MailFor(ctx, d.ws, ticket, "wet@mail"); err != nil || !known {
		t.Errorf("known %v, %v", known, err)
	}
	var with []bot.Attachment
	var note string
	for _, e := range timeline(t, s, c, bot.ViewAgent, 100) {
		if e.Body.Via == "mail" {
			with = e.Body.Attachments
		}
		if e.Kind == bot.EventNote {
			note = e.Body.Text
		}
	}
	if !cmp.Equal(with, []bot.Attachment{wet}) || note != "These attachments are in the mailbox only:\na.exe (files of this kind are not taken: application/x-msdownload)" {
		t.Errorf("came with %+v, noted %q", with, note)
	}

	// In the chat a film is no reason to refuse: the mail says where it is.
	if _, err := d.Take(ctx, d.ws, c.ID, "lin", 0, handoff.TakeOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Say(ctx, d.ws, c.ID, lin, key(lin, "film"), bot.Body{Text: "Look.", Attachments: []bot.Attachment{form, film}}, false); err != nil {
		t.Fatal(err)
	}
	f = d.file(t, ticket)
	if m := f.Mails[len(f.Mails)-1]; !m.Out || len(m.Files) != 0 || m.Text != "Look.\n\nIn the chat, too large for an e-mail: form.pdf, film.mp4" {
		t.Errorf("mail %+v", m)
	}
}
