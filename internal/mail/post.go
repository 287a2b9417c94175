package mail

import (
	"crypto/tls"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Config says where mails go and come from.
type Config struct {
	// SMTP is smtp://[USER:PASSWORD@]HOST[:587], which demands STARTTLS, or smtps:// for
	// TLS from the start (465). ?tls=none goes without and is for this machine alone.
	SMTP string
	// IMAP is the same with imap:// (143) and imaps:// (993); "": nothing is read.
	IMAP    string
	From    string // who writes, such as Shop <support@example.com>
	Key     string // secret that tokens are made with, at least 32 characters
	Mailbox string // "": INBOX
}

// minKey bounds the secret from below, in characters.
const minKey = 32

// maxLocal is how long the part of an address before @ may be (RFC 5321), and
// maxReply what is left for ours beside "+" and a token.
const (
	maxLocal = 64
	maxReply = maxLocal - 1 - tokenLength
)

// Post sends and receives. Its methods are safe for concurrent use.
type Post struct {
	smtp, imap server
	from       mail.Address
	mailbox    string
	sign       signer
}

// server is where one of the two protocols is spoken.
type server struct {
	host, user, password string
	port                 int
	implicit, plain      bool
	tls                  *tls.Config
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// New checks the configuration. Error: Invalid with a field for everything that is
// wrong; names are SMTP, IMAP, From and Key in lower case.
func New(c Config) (*Post, error) {
	problems := fault.New(fault.Invalid, "The configuration of e-mail has problems")
	bad := func(field, problem string) { problems = problems.WithField(field, problem) }
	p := &Post{mailbox: c.Mailbox, sign: signer{[]byte(c.Key)}}
	if p.mailbox == "" {
		p.mailbox = "INBOX"
	}
	var problem string
	if p.smtp, problem = parse(c.SMTP, "smtp", 587, 465); problem != "" {
		bad("smtp", problem)
	}
	if c.IMAP != "" {
		if p.imap, problem = parse(c.IMAP, "imap", 143, 993); problem != "" {
			bad("imap", problem)
		}
	}
	if from, err := mail.ParseAddress(c.From); err != nil {
		bad("from", "want an address such as Shop <support@example.com>")
	} else if local, _, _ := strings.Cut(from.Address, "@"); len(local) > maxReply || strings.Contains(local, "+") {
		bad("from", "the part before @ has at most "+strconv.Itoa(maxReply)+" characters and no +, because answers go to it with +TOKEN")
	} else {
		p.from = *from
	}
	if len(c.Key) < minKey {
		bad("key", "want a secret of at least 32 characters, such as `openssl rand -hex 32` makes")
	}
	if len(problems.Fields) > 0 {
		return nil, problems
	}
	return p, nil
}

// parse reads the address of a server; problem is "" when it fits.
func parse(text, scheme string, port, secure int) (s server, problem string) {
	want := "want " + scheme + "://USER:PASSWORD@HOST:PORT or " + scheme + "s:// for TLS from the start"
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != scheme && u.Scheme != scheme+"s" {
		return s, want // without the text, which holds a password
	}
	s = server{host: u.Hostname(), user: u.User.Username(), port: port, implicit: u.Scheme == scheme+"s"}
	s.password, _ = u.User.Password()
	if s.implicit {
		s.port = secure
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil {
			return s, want
		}
	}
	switch u.RawQuery {
	case "":
	case "tls=none":
		if ip := net.ParseIP(s.host); s.host != "localhost" && (ip == nil || !ip.IsLoopback()) || s.implicit {
			return s, "tls=none is for a server on this machine; others need TLS"
		}
		s.plain = true
	default:
		return s, "the only option is tls=none"
	}
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	return s, ""
}

// Reads reports whether mails are received.
func (p *Post) Reads() bool { return p.imap.host != "" }
