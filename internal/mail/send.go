package mail

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// sendFor bounds one delivery.
const sendFor = 30 * time.Second

// Send hands a mail of a ticket with its files to the mail server. Errors: Invalid when the server
// refuses it for good; Unavailable when it may be tried again.
func (p *Post) Send(ctx context.Context, m handoff.Mail, f handoff.TicketFile, files []Attached) error {
	msg, err := p.compose(m, f, files)
	if err != nil {
		return fault.New(fault.Invalid, "The e-mail cannot be written: %v", err)
	}
	options := []gomail.Option{gomail.WithPort(p.smtp.port), gomail.WithTimeout(sendFor), gomail.WithTLSConfig(p.smtp.tls)}
	switch {
	case p.smtp.implicit:
		options = append(options, gomail.WithSSL())
	case p.smtp.plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if p.smtp.user != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if p.smtp.plain {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(p.smtp.user), gomail.WithPassword(p.smtp.password))
	}
	client, err := gomail.NewClient(p.smtp.host, options...)
	if err != nil {
		return fault.New(fault.Unavailable, "The mail server cannot be used: %v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		var refused *gomail.SendError
		if errors.As(err, &refused) && refused.ErrorCode() >= 500 {
			return fault.New(fault.Invalid, "The mail server refuses it: %v", err)
		}
		return fault.New(fault.Unavailable, "The mail server did not take it: %v", err)
	}
	return nil
}

// compose writes a mail of a ticket.
func (p *Post) compose(m handoff.Mail, f handoff.TicketFile, files []Attached) (*gomail.Msg, error) {
	t := f.Ticket
	msg := gomail.NewMsg()
	name := p.from.Name
	if m.Author != "" {
		name = strings.Join(strings.Fields(m.Author+" · "+p.from.Name), " ")
	}
	if err := errors.Join(msg.FromFormat(strings.TrimSuffix(name, " ·"), p.from.Address), msg.To(m.Address), msg.ReplyTo(p.reply(t.ID)),
		msg.EnvelopeFrom(p.reply(t.ID))); err != nil {
		return nil, err
	}
	msg.Subject("Re: " + t.Subject)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetMessageIDWithValue(p.messageID(m))
	if thread := p.thread(m, f.Mails); len(thread) > 0 {
		msg.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, thread[len(thread)-1])
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, strings.Join(thread, "\r\n "))
	}
	msg.SetBodyString(gomail.TypeTextPlain, body(m.Text, t.Language, p.sign.token(t.ID)))
	for _, a := range files {
		msg.AttachReadSeeker(a.Name, bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(a.Type)))
	}
	return msg, nil
}

// reply is the address that answers go to.
func (p *Post) reply(t handoff.TicketID) string {
	local, domain, _ := strings.Cut(p.from.Address, "@")
	return local + "+" + p.sign.token(t) + "@" + domain
}

// messageID is the same however often a mail is sent.
func (p *Post) messageID(m handoff.Mail) string {
	_, domain, _ := strings.Cut(p.from.Address, "@")
	return p.sign.token(m.Ticket) + "." + m.ID + "@" + domain
}

// maxThread bounds References.
const maxThread = 20

// thread lists what the mail goes on from, the newest last.
func (p *Post) thread(m handoff.Mail, all []handoff.Mail) []string {
	var out []string
	for _, o := range all {
		switch {
		case o.ID == m.ID:
			return out[max(0, len(out)-maxThread):]
		case o.Out && o.State == handoff.MailSent:
			out = append(out, "<"+p.messageID(o)+">")
		case !o.Out && o.Message != "" && !strings.ContainsAny(o.Message, "<> \r\n\t"):
			out = append(out, "<"+o.Message+">")
		}
	}
	return slices.Clip(out[max(0, len(out)-maxThread):])
}

// What stands above and below the words of a mail.
const (
	aboveEN = "-- Please write your answer above this line --"
	aboveZH = "-- 请在此行以上回复 --"
	refMark = "Ref: "
)

func body(text, language, token string) string {
	above := aboveEN
	if language == "zh" {
		above = aboveZH
	}
	return strings.TrimRight(text, "\n") + "\n\n" + above + "\n" + refMark + token + "\n"
}
