package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"time"

	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Inbox is one site's widget, for administrators.
type Inbox struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Origins  []string      `json:"origins"`
	Accent   string        `json:"accent"`
	Greeting Greeting      `json:"greeting"`
	Language string        `json:"language"`
	Hours    Hours         `json:"hours"`
	Keys     []IdentityKey `json:"keys"`
	Slots    float64       `json:"slots" doc:"How much of an agent's capacity a chat takes: 0.5 to 10, in halves; 1 is usual."`
	Version  int64         `json:"version" doc:"Send it back: 409 when somebody else changed the inbox meanwhile."`
}

// Hours say when people answer; no spans: always.
type Hours struct {
	Zone  string `json:"zone,omitempty" maxLength:"64" example:"Europe/Berlin"`
	Weeks []Span `json:"weeks" maxItems:"100" nullable:"false"`
}

// Span is an open stretch of one day.
type Span struct {
	Day   int    `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	Open  string `json:"open" pattern:"^([01][0-9]|2[0-4]):[0-5][0-9]$" patternDescription:"a time such as 09:30" example:"09:00"`
	Close string `json:"close" pattern:"^([01][0-9]|2[0-4]):[0-5][0-9]$" patternDescription:"a time such as 09:30" example:"18:00"`
}

// IdentityKey is a key of a site's server. Secrets are written, never read.
type IdentityKey struct {
	ID     string `json:"id" minLength:"1" maxLength:"64"`
	Alg    string `json:"alg" enum:"HS256,EdDSA"`
	Secret string `json:"secret,omitempty" writeOnly:"true" doc:"Base64, of HS256. Absent: the secret stays."`
	Public string `json:"public,omitempty" doc:"Base64, of EdDSA."`
}

type putInboxIn struct {
	ByID
	Body struct {
		Name     string         `json:"name" maxLength:"200"`
		Origins  []string       `json:"origins" maxItems:"100" nullable:"false" doc:"Sites that may embed the widget, such as https://shop.example.com."`
		Accent   string         `json:"accent,omitempty" maxLength:"7"`
		Greeting *Greeting      `json:"greeting,omitempty"`
		Language string         `json:"language,omitempty" enum:"en,zh"`
		Hours    *Hours         `json:"hours,omitempty"`
		Keys     *[]IdentityKey `json:"keys,omitempty" maxItems:"10" doc:"Absent: the keys stay."`
		Slots    float64        `json:"slots,omitempty" minimum:"0" maximum:"10" multipleOf:"0.5" doc:"How much of an agent's capacity a chat takes; absent: as before, or 1."`
		Version  int64          `json:"version,omitempty" doc:"As read; 0 or absent makes a new inbox or overwrites."`
	}
}

func (s *Server) inboxRoutes(g *registrar) {
	handle(g, "GET", "/inboxes", func(ctx context.Context, _ *empty) (*bodyOf[list[Inbox]], error) {
		boxes, err := s.Accounts.Inboxes(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := list[Inbox]{Items: []Inbox{}}
		for _, b := range boxes {
			wire := inboxOf(b)
			wire.Keys = []IdentityKey{}
			out.Items = append(out.Items, wire)
		}
		return &bodyOf[list[Inbox]]{out}, nil
	})
	handle(g, "GET", "/inboxes/{id}", func(ctx context.Context, in *ByID) (*bodyOf[Inbox], error) {
		b, err := s.Accounts.Inbox(ctx, s.ws, in.ID)
		if err != nil {
			return nil, noInbox(err)
		}
		return &bodyOf[Inbox]{inboxOf(b)}, nil
	})
	handle(g, "PUT", "/inboxes/{id}", s.putInbox)
}

func noInbox(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "There is no such inbox.")
	}
	return err
}

func inboxOf(b account.Inbox) Inbox {
	out := Inbox{
		ID: b.ID, Name: b.Name, Origins: some(b.Origins), Accent: b.Accent, Greeting: Greeting{b.Greeting["en"], b.Greeting["zh"]},
		Language: b.Language, Hours: Hours{Zone: b.Hours.Zone, Weeks: []Span{}}, Keys: []IdentityKey{}, Slots: places(b.Takes), Version: b.UpdatedAt.UnixMicro(),
	}
	for _, w := range b.Hours.Weeks {
		out.Hours.Weeks = append(out.Hours.Weeks, Span{int(w.Day), clockOf(w.Open), clockOf(w.Close)})
	}
	for _, k := range b.Keys {
		wire := IdentityKey{ID: k.ID, Alg: k.Alg}
		if k.Alg == account.AlgEdDSA {
			wire.Public = base64.StdEncoding.EncodeToString(k.Public)
		}
		out.Keys = append(out.Keys, wire)
	}
	return out
}

// places writes hundredths of a place.
func places(hundredths int) float64 { return float64(hundredths) / 100 }

// clockOf writes a time of day, "24:00" for the day's end.
func clockOf(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d/time.Minute)%60)
}

func clock(s string) time.Duration {
	var h, m int
	if _, err := fmt.Sscanf(s, "%d:%d", &h, &m); err != nil {
		return -1 // the pattern lets nothing else through, and the check refuses it
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

func (s *Server) putInbox(ctx context.Context, in *putInboxIn) (*bodyOf[Inbox], error) {
	b := in.Body
	old, err := s.Accounts.Inbox(ctx, s.ws, in.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	found := err == nil
	if b.Version != 0 && (!found || old.UpdatedAt.UnixMicro() != b.Version) {
		return nil, fault.New(fault.Conflict, "Somebody else changed this inbox meanwhile. Load it again.")
	}
	box := old
	box.Workspace, box.ID, box.Name, box.Origins, box.Accent = s.ws, in.ID, b.Name, b.Origins, b.Accent
	if b.Language != "" {
		box.Language = b.Language
	}
	if b.Greeting != nil {
		box.Greeting = make(map[string]string)
		if b.Greeting.EN != "" {
			box.Greeting["en"] = b.Greeting.EN
		}
		if b.Greeting.ZH != "" {
			box.Greeting["zh"] = b.Greeting.ZH
		}
	}
	if b.Hours != nil {
		box.Hours = account.Hours{Zone: b.Hours.Zone}
		for _, w := range b.Hours.Weeks {
			box.Hours.Weeks = append(box.Hours.Weeks, account.Span{Day: time.Weekday(w.Day), Open: clock(w.Open), Close: clock(w.Close)})
		}
	}
	if b.Slots > 0 {
		box.Takes = int(100 * b.Slots)
	}
	if b.Keys != nil {
		if box.Keys, err = keysFrom(*b.Keys, old.Keys); err != nil {
			return nil, err
		}
	}
	box, err = s.Accounts.PutInbox(ctx, box)
	if err != nil {
		return nil, err
	}
	s.forgetInboxes()
	if err := s.syncHours(ctx); err != nil {
		return nil, err
	}
	s.log.Info("inbox changed", "inbox", box.ID, "by", callOf(ctx).agentID())
	return &bodyOf[Inbox]{inboxOf(box)}, nil
}

// hoursOf returns an inbox's hours in the desk's terms.
func hoursOf(h account.Hours) handoff.Hours {
	out := handoff.Hours{Zone: h.Zone}
	for _, w := range h.Weeks {
		out.Weeks = append(out.Weeks, handoff.Span{Day: w.Day, Open: w.Open, Close: w.Close})
	}
	return out
}

// syncHours tells the desk when people answer: one line serves all inboxes, so
// its hours are those of every inbox that has some, in the zone of the first.
func (s *Server) syncHours(ctx context.Context) error {
	boxes, err := s.Accounts.Inboxes(ctx, s.ws)
	if err != nil {
		return err
	}
	queues, err := s.Desk.Queues(ctx, s.ws)
	if err != nil {
		return err
	}
	q := handoff.Queue{Workspace: s.ws}
	for _, have := range queues {
		if have.ID == q.ID {
			q = have
		}
	}
	hours := handoff.Hours{Holidays: q.Hours.Holidays}
	for _, b := range boxes {
		h := hoursOf(b.Hours)
		switch {
		case h.Always():
		case hours.Always():
			hours.Zone, hours.Weeks = h.Zone, h.Weeks
		case h.Zone == hours.Zone:
			hours.Weeks = append(hours.Weeks, h.Weeks...)
		default:
			s.log.Warn("the hours of an inbox are in another zone than those before it and are left out of the line's", "inbox", b.ID)
		}
	}
	if reflect.DeepEqual(q.Hours, hours) {
		return nil
	}
	q.Hours = hours
	return s.Desk.PutQueue(ctx, q)
}

// keysFrom reads keys; one that comes without its secret keeps the stored one.
func keysFrom(wire []IdentityKey, old []account.IdentityKey) ([]account.IdentityKey, error) {
	var out []account.IdentityKey
	for i, w := range wire {
		k := account.IdentityKey{ID: w.ID, Alg: w.Alg}
		field, text := "secret", w.Secret
		if w.Alg == account.AlgEdDSA {
			field, text = "public", w.Public
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "A key is not in base64.").
				WithField(fmt.Sprintf("body.keys[%d].%s", i, field), "write it in base64")
		}
		if w.Alg == account.AlgEdDSA {
			k.Public = raw
		} else {
			k.Secret = raw
			if text == "" {
				for _, o := range old {
					if o.ID == w.ID && o.Alg == w.Alg {
						k.Secret = o.Secret
					}
				}
			}
		}
		out = append(out, k)
	}
	return out, nil
}
