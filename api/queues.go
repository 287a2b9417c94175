package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// mainQueue names the main queue in addresses: its ID is empty everywhere else.
const mainQueue = "main"

// Queue is a line and how it is worked.
type Queue struct {
	ID         string      `json:"id" doc:"Empty for the main queue, which is addressed as main."`
	Name       string      `json:"name"`
	Hours      QueueHours  `json:"hours" doc:"The main queue's weeks are those of the inboxes."`
	OfferFor   int         `json:"offer_for_s" doc:"How long an agent may think about an offer; 0: 25."`
	Skills     []string    `json:"skills" doc:"Wanted of whoever serves this queue, such as billing, billing>=4 or vip?."`
	Priority   int         `json:"priority"`
	Relax      []Relax     `json:"relax" doc:"When to give way on what conversations want; empty: on languages after 30 s, on everything after 60."`
	Strict     bool        `json:"strict" doc:"Never gives way."`
	Overflow   []Overflow  `json:"overflow"`
	RoundRobin bool        `json:"round_robin" doc:"Among equally suited agents the one without a chat for longest."`
	WrapUp     int         `json:"wrap_up_s" doc:"How long the place of a chat that ended stays taken for notes."`
	FirstReply int         `json:"first_reply_s" doc:"An agent who has not written by then loses the chat; 0: 300."`
	Answer     int         `json:"answer_s" doc:"Service level: waits should be shorter; 0: 60."`
	PassBack   int         `json:"pass_back_s" doc:"How long a chat that a colleague would not take stays with who passed it on alone; 0: 60."`
	Tickets    QueueLevels `json:"tickets"`
	AskCode    bool        `json:"ask_code" doc:"Whoever closes a chat must pick a wrap-up code, when there are any."`
	Able
	Version string `json:"version" doc:"Send it back: 409 when somebody else changed the queue meanwhile."`
}

// QueueLevels are the service levels of a queue's tickets, in time in which it is open.
type QueueLevels struct {
	First   int `json:"first_s,omitempty" minimum:"0" maximum:"7776000" doc:"The first answer, from the visitor's wish for a person; 0: 4 h."`
	Next    int `json:"next_s,omitempty" minimum:"0" maximum:"7776000" doc:"Each later answer; 0: 8 h."`
	Resolve int `json:"resolve_s,omitempty" minimum:"0" maximum:"7776000" doc:"The solution, without the time spent waiting for the visitor; 0: 24 h."`
	Reopen  int `json:"reopen_s,omitempty" minimum:"0" maximum:"7776000" doc:"How long after its solution the visitor's words open a ticket again, of any time; 0: 72 h."`
}

// Able is who could ever serve a queue.
type Able struct {
	Able int      `json:"able" doc:"Agents, on duty or not, who have what it asks for, or what a queue that helps it asks for. With 0 whoever waits here waits for nobody."`
	None []string `json:"none,omitempty" doc:"Of what it asks for, what nobody has."`
}

func ableOf(a handoff.Ability) Able { return Able{a.Able, a.None} }

// QueueHours say when a queue's people are there; no weeks: whoever is on duty decides.
type QueueHours struct {
	Zone     string    `json:"zone,omitempty" maxLength:"64" example:"Asia/Shanghai"`
	Weeks    []Span    `json:"weeks" maxItems:"100" nullable:"false"`
	Holidays []Holiday `json:"holidays" maxItems:"400" nullable:"false"`
}

// Holiday is a date on which other hours hold.
type Holiday struct {
	Date  string    `json:"date" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" patternDescription:"a date such as 2026-12-25" example:"2026-12-25"`
	Spans []DaySpan `json:"spans" maxItems:"20" nullable:"false" doc:"Empty: closed."`
}

// DaySpan is an open stretch of a date.
type DaySpan struct {
	Open  string `json:"open" pattern:"^([01][0-9]|2[0-4]):[0-5][0-9]$" patternDescription:"a time such as 09:30" example:"10:00"`
	Close string `json:"close" pattern:"^([01][0-9]|2[0-4]):[0-5][0-9]$" patternDescription:"a time such as 09:30" example:"14:00"`
}

// Relax gives way on one kind of need after a wait.
type Relax struct {
	After int    `json:"after_s" minimum:"1" maximum:"86400"`
	Drop  string `json:"drop" minLength:"1" maxLength:"60" doc:"levels, language, skills (languages too), or the name of one skill."`
}

// Overflow lets the agents of another queue help after a wait.
type Overflow struct {
	After int    `json:"after_s" minimum:"0" maximum:"86400"`
	To    string `json:"to" maxLength:"64" doc:"Empty: the main queue."`
}

type putQueueIn struct {
	ByID
	Body struct {
		Name       string      `json:"name" maxLength:"80" doc:"Empty for the main queue only, which pages then call so."`
		Hours      *QueueHours `json:"hours,omitempty" doc:"Absent: as before."`
		OfferFor   int         `json:"offer_for_s,omitempty" minimum:"0" maximum:"600"`
		Skills     []string    `json:"skills,omitempty" maxItems:"20" nullable:"false"`
		Priority   int         `json:"priority,omitempty" minimum:"-10" maximum:"10"`
		Relax      []Relax     `json:"relax,omitempty" maxItems:"20" nullable:"false"`
		Strict     bool        `json:"strict,omitempty"`
		Overflow   []Overflow  `json:"overflow,omitempty" maxItems:"20" nullable:"false"`
		RoundRobin bool        `json:"round_robin,omitempty"`
		WrapUp     int         `json:"wrap_up_s,omitempty" minimum:"0" maximum:"300"`
		FirstReply int         `json:"first_reply_s,omitempty" minimum:"0" maximum:"86400"`
		Answer     int         `json:"answer_s,omitempty" minimum:"0" maximum:"86400"`
		AskCode    bool        `json:"ask_code,omitempty"`
		PassBack   int         `json:"pass_back_s,omitempty" minimum:"0" maximum:"3600"`
		Tickets    QueueLevels `json:"tickets,omitempty"`
		Version    string      `json:"version,omitempty" maxLength:"40" doc:"As read; absent makes a new queue and refuses to overwrite one."`
	}
}

var queueName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (s *Server) queueRoutes(g *registrar) {
	handle(g, "GET", "/queues", func(ctx context.Context, _ *empty) (*bodyOf[list[Queue]], error) {
		all, err := s.queues(ctx)
		if err != nil {
			return nil, err
		}
		able, err := s.Desk.Abilities(ctx, s.ws)
		if err != nil {
			return nil, err
		}
		out := list[Queue]{Items: []Queue{}}
		for _, q := range all {
			wire := queueOf(q)
			wire.Able = ableOf(able[q.ID])
			out.Items = append(out.Items, wire)
		}
		return &bodyOf[list[Queue]]{out}, nil
	})
	handle(g, "PUT", "/queues/{id}", s.putQueue)
	handle(g, "DELETE", "/queues/{id}", func(ctx context.Context, in *ByID) (*empty, error) {
		if err := s.Desk.DeleteQueue(ctx, s.ws, queueID(in.ID)); err != nil {
			return nil, err
		}
		s.log.Info("queue deleted", "queue", in.ID, "by", callOf(ctx).agentID())
		return nil, nil
	}, status(http.StatusNoContent))
}

func queueID(path string) bot.QueueID {
	if path == mainQueue {
		return ""
	}
	return bot.QueueID(path)
}

// queues lists the queues, the main one first, whether it was ever stored or not.
func (s *Server) queues(ctx context.Context) ([]handoff.Queue, error) {
	all, err := s.Desk.Queues(ctx, s.ws)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].ID != "" {
		all = slices.Insert(all, 0, handoff.Queue{Workspace: s.ws})
	}
	return all, nil
}

func (s *Server) putQueue(ctx context.Context, in *putQueueIn) (*bodyOf[Queue], error) {
	b, name := in.Body, queueID(in.ID)
	if name != "" && !queueName.MatchString(in.ID) {
		return nil, fault.New(fault.Invalid, "A queue's ID has lower-case letters, digits, “-” and “_”.").WithField("id", "1 to 64 of these, such as billing")
	}
	all, err := s.queues(ctx)
	if err != nil {
		return nil, err
	}
	q := handoff.Queue{Workspace: s.ws, ID: name}
	i := slices.IndexFunc(all, func(o handoff.Queue) bool { return o.ID == name })
	switch {
	case i < 0 && b.Version != "":
		return nil, fault.New(fault.Conflict, "Somebody deleted this queue meanwhile.")
	case i >= 0 && b.Version == "":
		return nil, fault.New(fault.Conflict, "There is a queue with this ID already. Choose another one.").WithField("id", "is taken")
	case i >= 0 && versionOf(all[i]) != b.Version:
		return nil, fault.New(fault.Conflict, "Somebody else changed this queue meanwhile. Load it again.")
	case i >= 0:
		q.Hours = all[i].Hours
	}
	if q.Name = strings.TrimSpace(b.Name); q.Name == "" && name != "" {
		return nil, fault.New(fault.Invalid, "A queue needs a name.").WithField("name", "write 1 to 80 characters")
	}
	if b.Hours != nil {
		h := b.Hours.hours()
		if name == "" && (h.Zone != q.Hours.Zone || !slices.Equal(h.Weeks, q.Hours.Weeks)) {
			return nil, fault.New(fault.Invalid, "The main queue's weekly hours are those of the inboxes. Change them there; holidays are set here.").
				WithField("hours", "as they are, or other holidays")
		}
		q.Hours = h
	}
	seconds := func(n int) time.Duration { return time.Duration(n) * time.Second }
	q.QueueSettings = handoff.QueueSettings{
		OfferFor: seconds(b.OfferFor), Skills: b.Skills, Priority: b.Priority, Strict: b.Strict, RoundRobin: b.RoundRobin,
		WrapUp: seconds(b.WrapUp), FirstReply: seconds(b.FirstReply), Answer: seconds(b.Answer), PassBack: seconds(b.PassBack), AskCode: b.AskCode,
		Tickets: handoff.Levels{
			First: seconds(b.Tickets.First), Next: seconds(b.Tickets.Next), Resolve: seconds(b.Tickets.Resolve), Reopen: seconds(b.Tickets.Reopen),
		},
	}
	for _, r := range b.Relax {
		q.Relax = append(q.Relax, handoff.Relax{After: seconds(r.After), Drop: r.Drop})
	}
	for _, o := range b.Overflow {
		q.Overflow = append(q.Overflow, handoff.Overflow{After: seconds(o.After), To: bot.QueueID(o.To)})
	}
	if err := s.Desk.PutQueue(ctx, q); err != nil {
		return nil, err
	}
	s.log.Info("queue changed", "queue", in.ID, "by", callOf(ctx).agentID())
	able, err := s.Desk.Abilities(ctx, s.ws)
	if err != nil {
		return nil, err
	}
	wire := queueOf(q)
	wire.Able = ableOf(able[q.ID])
	return &bodyOf[Queue]{wire}, nil
}

// hours reads hours; what means nothing is refused by the desk.
func (h QueueHours) hours() handoff.Hours {
	out := handoff.Hours{Zone: h.Zone}
	for _, w := range h.Weeks {
		out.Weeks = append(out.Weeks, handoff.Span{Day: time.Weekday(w.Day), Open: clock(w.Open), Close: clock(w.Close)})
	}
	for _, x := range h.Holidays {
		day := handoff.Holiday{Date: x.Date}
		for _, w := range x.Spans {
			day.Spans = append(day.Spans, handoff.Span{Open: clock(w.Open), Close: clock(w.Close)})
		}
		out.Holidays = append(out.Holidays, day)
	}
	return out
}

func queueOf(q handoff.Queue) Queue {
	seconds := func(d time.Duration) int { return int(d / time.Second) }
	out := Queue{
		ID: string(q.ID), Name: q.Name, Hours: queueHoursOf(q.Hours),
		OfferFor: seconds(q.OfferFor), Skills: some(q.Skills), Priority: q.Priority, Relax: []Relax{}, Strict: q.Strict,
		Overflow: []Overflow{}, RoundRobin: q.RoundRobin, WrapUp: seconds(q.WrapUp), FirstReply: seconds(q.FirstReply),
		Answer: seconds(q.Answer), PassBack: seconds(q.PassBack), AskCode: q.AskCode,
		Tickets: QueueLevels{seconds(q.Tickets.First), seconds(q.Tickets.Next), seconds(q.Tickets.Resolve), seconds(q.Tickets.Reopen)},
		Version: versionOf(q),
	}
	for _, r := range q.Relax {
		out.Relax = append(out.Relax, Relax{seconds(r.After), r.Drop})
	}
	for _, o := range q.Overflow {
		out.Overflow = append(out.Overflow, Overflow{seconds(o.After), string(o.To)})
	}
	return out
}

func queueHoursOf(h handoff.Hours) QueueHours {
	out := QueueHours{Zone: h.Zone, Weeks: []Span{}, Holidays: []Holiday{}}
	for _, w := range h.Weeks {
		out.Weeks = append(out.Weeks, Span{int(w.Day), clockOf(w.Open), clockOf(w.Close)})
	}
	for _, x := range h.Holidays {
		day := Holiday{Date: x.Date, Spans: []DaySpan{}}
		for _, w := range x.Spans {
			day.Spans = append(day.Spans, DaySpan{clockOf(w.Open), clockOf(w.Close)})
		}
		out.Holidays = append(out.Holidays, day)
	}
	return out
}
