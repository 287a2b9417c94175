package mail

import (
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// looked marks mails in the mailbox that were looked at. It is a mark of its own:
// one that a person opened is not thereby taken.
const looked imap.Flag = "frontdesk"

// perPass bounds the mails of one call of Receive.
const perPass = 100

// Receive looks once at what is new in the mailbox and calls take with each mail
// that belongs to a ticket; those that belong to none, and those that take leaves,
// stay unread for people. A mail is marked once take had no error, so it comes again
// when the program ends between the two. n is how many were taken. Errors:
// Unavailable; those of take, which end the pass.
func (p *Post) Receive(ctx context.Context, take func(context.Context, In) (taken bool, err error)) (n int, err error) {
	c, err := p.open(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	// The library's calls know no context: the connection ends with it.
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	box, err := c.Select(p.mailbox, nil).Wait()
	if err != nil {
		return 0, unread(err)
	}
	if !slices.Contains(box.PermanentFlags, imap.FlagWildcard) && !slices.Contains(box.PermanentFlags, looked) {
		return 0, fault.New(fault.Unavailable, "The mailbox %s keeps no marks of our own, so mails could not be told apart.", p.mailbox)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{looked}}, nil).Wait()
	if err != nil {
		return 0, unread(err)
	}
	for i, uid := range found.AllUIDs() {
		if i == perPass {
			break
		}
		taken, err := p.one(ctx, c, uid, take)
		if err != nil {
			return n, err
		}
		if taken {
			n++
		}
	}
	_ = c.Logout().Wait() // all is marked
	return n, nil
}

// one reads one mail, hands it over when it belongs to a ticket, and marks it.
func (p *Post) one(ctx context.Context, c *imapclient.Client, uid imap.UID, take func(context.Context, In) (taken bool, err error)) (taken bool, err error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxBytes}}
	got, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return false, unread(err)
	}
	flags := []imap.Flag{looked}
	if len(got) > 0 && len(got[0].BodySection) > 0 {
		if in, ok := p.read(got[0].BodySection[0].Bytes); ok {
			if taken, err = take(ctx, in); err != nil {
				return false, err
			}
		}
	}
	if taken {
		flags = append(flags, imap.FlagSeen)
	}
	err = c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close()
	if err != nil {
		return taken, unread(err)
	}
	return taken, nil
}

func unread(err error) error {
	return fault.New(fault.Unavailable, "The mailbox cannot be read: %v", err)
}

// open connects and signs in.
func (p *Post) open(ctx context.Context) (*imapclient.Client, error) {
	if !p.Reads() {
		return nil, fault.New(fault.Unavailable, "No mailbox is configured.")
	}
	dial := imapclient.DialStartTLS
	switch {
	case p.imap.implicit:
		dial = imapclient.DialTLS
	case p.imap.plain:
		dial = imapclient.DialInsecure
	}
	c, err := dial(p.imap.address(), &imapclient.Options{TLSConfig: p.imap.tls})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The IMAP server cannot be reached: %v", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.Login(p.imap.user, p.imap.password).Wait(); err != nil {
		c.Close()
		return nil, fault.New(fault.Unavailable, "The IMAP server refuses the sign-in: %v", err)
	}
	return c, nil
}
