package frontdesk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/mail"
	"github.com/frontdesk-chat/frontdesk/internal/telemetry"
	"github.com/frontdesk-chat/frontdesk/internal/upload"
)

// maxMailTries is how often a mail is tried: River waits the fourth power of the
// attempt in seconds, so the last one is about eleven hours after the first.
const maxMailTries = 12

// sendMail is the job that sends one mail of a ticket. What cannot be sent is told
// to the agents.
func (a *App) sendMail(ctx context.Context, j jobs.Job) error {
	m, file, err := a.desk.Outgoing(ctx, j.Workspace, j.Subject)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || m.State != handoff.MailDue {
		return err
	}
	if a.post == nil {
		return a.lost(ctx, m, "no mail server is configured")
	}
	files, err := a.attached(ctx, m)
	if fault.Is(err, fault.NotFound) {
		return a.lost(ctx, m, "one of its files is no longer there")
	}
	if err != nil {
		return err
	}
	switch err := a.post.Send(ctx, m, file, files); {
	case err == nil:
		a.metrics.Mail(telemetry.MailSent)
		return a.desk.MailSent(ctx, m)
	case fault.Is(err, fault.Invalid) || j.Attempt >= maxMailTries:
		return a.lost(ctx, m, fault.Message(err))
	default:
		a.metrics.Mail(telemetry.MailFailed)
		return err
	}
}

// lost gives a mail up.
func (a *App) lost(ctx context.Context, m handoff.Mail, why string) error {
	a.metrics.Mail(telemetry.MailRefused)
	return a.desk.MailLost(ctx, m, why)
}

// attached reads the files of a mail that goes out. Error: NotFound.
func (a *App) attached(ctx context.Context, m handoff.Mail) (out []mail.Attached, err error) {
	for _, x := range m.Files {
		f, err := a.uploads.ForAgent(ctx, m.Workspace, x.ID)
		if err != nil {
			return nil, err
		}
		r, err := a.uploads.Open(f)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "The file %s cannot be read", f.Name)
		}
		out = append(out, mail.Attached{Name: f.Name, Type: f.Type, Data: data})
	}
	return out, nil
}

// receiveMail looks at the mailbox every while until ctx ends. Every node may: a
// mail is taken once.
func (a *App) receiveMail(ctx context.Context) error {
	if a.post == nil || !a.post.Reads() {
		return nil
	}
	tick := time.NewTicker(a.config.Mail.Poll)
	defer tick.Stop()
	failing := false
	for {
		_, err := a.post.Receive(ctx, a.takeMail)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			a.log.ErrorContext(ctx, "the mailbox cannot be read; it is tried again", "error", err)
		case err == nil && failing:
			a.log.InfoContext(ctx, "the mailbox can be read again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// takeMail gives a mail to its ticket. One that cannot be taken however often it is
// tried is left to people, or it would hold up all that came after it.
func (a *App) takeMail(ctx context.Context, in mail.In) (taken bool, err error) {
	var w bot.Written
	if err = a.keepFiles(ctx, &in); err == nil {
		w, err = a.desk.MailCame(ctx, id.DefaultWorkspace, in.MailIn)
	}
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Invalid, fault.Conflict, fault.Denied:
		a.log.WarnContext(ctx, "a mail for a ticket cannot be taken; it stays unread in the mailbox", "ticket_id", string(in.Ticket), "error", err)
		return false, nil
	}
	if err == nil && !w.Dup {
		a.metrics.Mail(telemetry.MailReceived)
	}
	return err == nil, err
}

// keepFiles stores the files of a mail. What a machine sent is named alone.
func (a *App) keepFiles(ctx context.Context, in *mail.In) error {
	if len(in.Attached) == 0 {
		return nil
	}
	c, known, err := a.desk.MailFor(ctx, id.DefaultWorkspace, in.Ticket, in.Message)
	if err != nil || known {
		return err
	}
	var ids []string
	for _, x := range in.Attached {
		if in.Automatic {
			in.Left = append(in.Left, handoff.LeftFile{Name: x.Name})
			continue
		}
		f, err := a.uploads.Save(ctx, upload.File{Workspace: id.DefaultWorkspace, Visitor: string(c.Visitor), Name: x.Name}, bytes.NewReader(x.Data))
		refused := (*upload.Refused)(nil)
		switch {
		case errors.As(err, &refused):
			a.metrics.MailFile(false)
			in.Left = append(in.Left, handoff.LeftFile{Name: x.Name, Why: leftFor(refused.Why), Of: refused.Of})
		case err != nil:
			return err
		default:
			a.metrics.MailFile(true)
			ids = append(ids, f.ID)
			in.Files = append(in.Files, bot.Attachment{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size})
		}
	}
	return a.uploads.Used(ctx, id.DefaultWorkspace, string(c.ID), ids)
}

// leftFor is why the desk says that a file was left, for why it was refused.
func leftFor(why upload.Reason) handoff.LeftWhy {
	switch why {
	case upload.Cut:
		return handoff.LeftCut
	case upload.Large:
		return handoff.LeftLarge
	case upload.Empty:
		return handoff.LeftEmpty
	case upload.NotKind:
		return handoff.LeftKind
	case upload.Pixels:
		return handoff.LeftPixels
	case upload.Damaged:
		return handoff.LeftDamaged
	}
	return handoff.LeftUnsaid
}
