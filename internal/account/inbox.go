package account

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Inbox is one site's widget.
type Inbox struct {
	Workspace id.Workspace
	ID        string // chosen by an administrator: letters, digits, "-" and "_"
	Name      string
	Origins   []string          // sites that may embed the widget and call as visitors: exact "scheme://host[:port]"
	Accent    string            // "#rrggbb"; "" is the product's own
	Greeting  map[string]string // by language, "en" or "zh"; a missing one is the product's own
	Language  string            // default language, "en" or "zh"
	Hours     Hours             // when people answer
	Keys      []IdentityKey     // that sign who a visitor is
	Takes     int               // of an agent's places by one chat, in hundredths of one: 50 to 1,000 in steps of 50; 0: 100
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Hours say when people answer. The zero Hours are always open.
type Hours struct {
	Zone  string // IANA name; "" is UTC
	Weeks []Span // open spans of a week
}

// Span is an open stretch of one day.
type Span struct {
	Day   time.Weekday
	Open  time.Duration // since midnight
	Close time.Duration // since midnight, after Open, at most 24 h
}

// Algorithms of identity tokens.
const (
	AlgHS256 = "HS256" // Secret is shared with the site's server
	AlgEdDSA = "EdDSA" // Public is its Ed25519 key
)

// IdentityKey verifies identity tokens of one site.
type IdentityKey struct {
	ID     string // the token's "kid"
	Alg    string // AlgHS256 or AlgEdDSA; a token with another algorithm is refused
	Secret []byte // of AlgHS256, at least 32 bytes
	Public []byte // of AlgEdDSA, 32 bytes
}

// place is one of an agent's places for chats, in the unit of Inbox.Takes.
const place = 100

var (
	inboxName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// PutInbox checks and stores an inbox. Error: Invalid naming the fields.
func (d *Directory) PutInbox(ctx context.Context, in Inbox) (Inbox, error) {
	if in.Language == "" {
		in.Language = "en"
	}
	in.Takes = cmp.Or(in.Takes, place)
	for i, o := range in.Origins {
		in.Origins[i] = strings.TrimSuffix(strings.TrimSpace(o), "/")
	}
	slices.Sort(in.Origins)
	in.Origins = slices.Compact(in.Origins)
	if err := in.check(); err != nil {
		return Inbox{}, err
	}
	now := d.now()
	if in.CreatedAt.IsZero() {
		in.CreatedAt = now
	}
	in.UpdatedAt = now
	return in, d.store.PutInbox(ctx, in)
}

// EnsureInbox stores an inbox unless there is one of that ID already, and
// returns the one that is there then.
func (d *Directory) EnsureInbox(ctx context.Context, in Inbox) (Inbox, error) {
	have, err := d.store.Inbox(ctx, in.Workspace, in.ID)
	if fault.Is(err, fault.NotFound) {
		return d.PutInbox(ctx, in)
	}
	return have, err
}

// Inbox returns one inbox. Error: NotFound.
func (d *Directory) Inbox(ctx context.Context, ws id.Workspace, inbox string) (Inbox, error) {
	return d.store.Inbox(ctx, ws, inbox)
}

// Inboxes lists the inboxes of a workspace by ID.
func (d *Directory) Inboxes(ctx context.Context, ws id.Workspace) ([]Inbox, error) {
	return d.store.Inboxes(ctx, ws)
}

// Allows reports whether a browser page of the origin may act for the inbox. The
// comparison is exact: scheme, host and port, as browsers serialise them.
func (in Inbox) Allows(origin string) bool {
	return origin != "" && origin != "null" && slices.Contains(in.Origins, origin)
}

func (in Inbox) check() error {
	f := fault.New(fault.Invalid, "The inbox is not valid.")
	if !inboxName.MatchString(in.ID) {
		f = f.WithField("id", "use 1 to 64 letters, digits, \"-\" and \"_\"")
	}
	if n := utf8.RuneCountInString(in.Name); n == 0 || n > 80 {
		f = f.WithField("name", "write a name of 1 to 80 characters")
	}
	if len(in.Origins) > 100 {
		f = f.WithField("origins", "give at most 100 origins")
	}
	for _, o := range in.Origins {
		if err := checkOrigin(o); err != nil {
			f = f.WithField("origins", err.Error())
		}
	}
	if in.Accent != "" && !hexColour.MatchString(in.Accent) {
		f = f.WithField("accent", "write a colour such as #3457d5")
	}
	if in.Language != "en" && in.Language != "zh" {
		f = f.WithField("language", "use \"en\" or \"zh\"")
	}
	for lang, text := range in.Greeting {
		if lang != "en" && lang != "zh" {
			f = f.WithField("greeting."+lang, "use \"en\" or \"zh\"")
		}
		if utf8.RuneCountInString(text) > 500 {
			f = f.WithField("greeting."+lang, "write at most 500 characters")
		}
	}
	if in.Hours.Zone != "" {
		if _, err := time.LoadLocation(in.Hours.Zone); err != nil {
			f = f.WithField("hours.zone", "use an IANA name such as Europe/Berlin")
		}
	}
	for _, s := range in.Hours.Weeks {
		if s.Day < time.Sunday || s.Day > time.Saturday || s.Open < 0 || s.Close <= s.Open || s.Close > 24*time.Hour {
			f = f.WithField("hours.weeks", "a span opens before it closes, within one day")
			break
		}
	}
	if in.Takes < place/2 || in.Takes > 10*place || in.Takes%(place/2) != 0 {
		f = f.WithField("slots", "write 0.5 to 10, in halves")
	}
	for i, k := range in.Keys {
		where := fmt.Sprintf("keys[%d]", i)
		switch {
		case k.ID == "" || len(k.ID) > 64:
			f = f.WithField(where+".id", "write 1 to 64 characters")
		case k.Alg == AlgHS256 && len(k.Secret) < 32:
			f = f.WithField(where+".secret", "give at least 32 bytes")
		case k.Alg == AlgEdDSA && len(k.Public) != 32:
			f = f.WithField(where+".public", "give the 32 bytes of an Ed25519 public key in base64")
		case k.Alg != AlgHS256 && k.Alg != AlgEdDSA:
			f = f.WithField(where+".alg", "use HS256 or EdDSA")
		}
		if slices.ContainsFunc(in.Keys[:i], func(o IdentityKey) bool { return o.ID == k.ID }) {
			f = f.WithField(where+".id", "two keys have the same id")
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// checkOrigin says what is wrong with an origin of an allowlist.
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" || u.RawQuery != "" ||
		u.Fragment != "" || u.User != nil || strings.ContainsAny(u.Host, "*") || u.Scheme+"://"+u.Host != o || strings.ToLower(o) != o {
		return fmt.Errorf("%q is no origin: write it as the browser does, such as https://shop.example.com", o)
	}
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return fmt.Errorf("%q names the default port: browsers leave it out, so leave it out too", o)
	}
	return nil
}

// String hides the secret.
func (k IdentityKey) String() string {
	if k.Alg == AlgEdDSA {
		return k.Alg + " " + k.ID + " " + base64.StdEncoding.EncodeToString(k.Public)
	}
	return k.Alg + " " + k.ID + " [redacted]"
}
