package frontdesk

import (
	"context"
	"time"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
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
		return a.desk.MailLost(ctx, m, "no mail server is configured")
	}
	switch err := a.post.Send(ctx, m, file); {
	case err == nil:
		return a.desk.MailSent(ctx, m)
	case fault.Is(err, fault.Invalid) || j.Attempt >= maxMailTries:
		return a.desk.MailLost(ctx, m, fault.Message(err))
	default:
		return err
	}
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

// takeMail gives a mail to its ticket. One whose ticket is gone is left alone.
func (a *App) takeMail(ctx context.Context, in handoff.MailIn) error {
	_, err := a.desk.MailCame(ctx, id.DefaultWorkspace, in)
	if fault.Is(err, fault.NotFound) {
		a.log.WarnContext(ctx, "a mail came for a ticket that is not here", "ticket_id", string(in.Ticket))
		return nil
	}
	return err
}
