// Package simulate runs the desk's own routing in simulated time: arrivals,
// patience and shifts are drawn, everything else is package handoff itself over a
// store in memory. It shows what a change of staff or settings would do, and the
// desk is tested against queueing theory with it.
package simulate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Plan is what is simulated. Times of day are written "09:30", other times are
// numbers of seconds.
type Plan struct {
	Name         string    `json:"name"`
	Seed         uint64    `json:"seed"`
	Days         int       `json:"days"`           // 1 to 30; 0: 1
	Most         int       `json:"most,omitempty"` // arrivals after which no more come; 0: as many as come
	Visitors     []Visitor `json:"visitors"`       // kinds of them
	Staff        []Staff   `json:"staff"`          // kinds of agents
	Queues       []Queue   `json:"queues,omitempty"`
	Handling     float64   `json:"handling_s"`       // mean; exponential unless spread says otherwise
	Spread       float64   `json:"spread,omitempty"` // coefficient of variation of a lognormal; 0: exponential
	Patience     float64   `json:"patience_s"`       // mean of an exponential; 0: nobody leaves
	Accept       float64   `json:"accept_s"`         // mean until an agent accepts an offer, exponential; 0: at once
	Sort         float64   `json:"sort_s"`           // how long an agent who lacks what is needed takes to see it and pass the chat on; 0: 90
	ServiceLevel float64   `json:"service_level_s"`  // waits should be shorter; 0: 60
	WhatIf       []WhatIf  `json:"what_if,omitempty"`
	Theory       bool      `json:"theory,omitempty"` // compare with Erlang-A: one kind of visitor and agent, no hours
}

// Visitor is a kind of visitors who come by chance at rates of their own.
type Visitor struct {
	Name     string   `json:"name,omitempty"`
	Language string   `json:"language,omitempty"`
	Skills   []string `json:"skills,omitempty"` // as needs
	Queue    string   `json:"queue,omitempty"`
	Priority int      `json:"priority,omitempty"`
	Slots    float64  `json:"slots,omitempty"` // of an agent's capacity that a chat takes, 0.5 to 10 in halves; 0: 1
	Rates    []Rate   `json:"rates"`
}

// share is what a chat takes of a place, in hundredths.
func (v Visitor) share() int { return int(100 * cmp.Or(v.Slots, 1)) }

// inbox stands for the kind's channel: kinds of one share have one.
func (v Visitor) inbox() bot.InboxID { return bot.InboxID(strconv.Itoa(v.share())) }

// Rate is how many visitors come an hour in a part of the day.
type Rate struct {
	From    string  `json:"from,omitempty"` // "": midnight
	To      string  `json:"to,omitempty"`   // "": midnight
	PerHour float64 `json:"per_hour"`
}

// Staff is a kind of agents.
type Staff struct {
	Name     string      `json:"name"`
	Count    int         `json:"count"`
	Capacity int         `json:"capacity,omitempty"` // 0: 1
	Skills   []string    `json:"skills,omitempty"`
	Weight   int         `json:"weight,omitempty"`
	Ramp     float64     `json:"ramp_s,omitempty"`
	Shifts   [][2]string `json:"shifts,omitempty"` // none: all day
}

// Queue is a queue's settings.
type Queue struct {
	ID       string     `json:"id"`
	Skills   []string   `json:"skills,omitempty"`
	Priority int        `json:"priority,omitempty"`
	Relax    []Relax    `json:"relax,omitempty"`
	Strict   bool       `json:"strict,omitempty"`
	Overflow []Overflow `json:"overflow,omitempty"`
	Robin    bool       `json:"round_robin,omitempty"`
	WrapUp   float64    `json:"wrap_up_s,omitempty"`
}

// Relax is a time at which a queue gives way.
type Relax struct {
	After float64 `json:"after_s"`
	Drop  string  `json:"drop"`
}

// Overflow is a time from which another queue helps.
type Overflow struct {
	After float64 `json:"after_s"`
	To    string  `json:"to"`
}

// WhatIf is a change that is compared with the plan as it is.
type WhatIf struct {
	Name  string  `json:"name"`
	Staff []Staff `json:"staff"` // who comes besides
}

// Read reads a plan from a JSON file. Error: Invalid, with the file and the field.
func Read(path string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fault.Wrap(fault.Invalid, err, "The plan %s cannot be read.", path)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		line := 1 + bytes.Count(text[:min(int(d.InputOffset()), len(text))], []byte("\n"))
		return Plan{}, fault.Wrap(fault.Invalid, err, "%s:%d: this is not a plan.", path, line)
	}
	return p, p.check()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// clock reads a time of day as time since midnight.
func clock(s string, absent time.Duration) (time.Duration, error) {
	switch s {
	case "":
		return absent, nil
	case "24:00":
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fault.Wrap(fault.Invalid, err, "%q is not a time of day.", s).WithField("from, to, shifts", "such as 09:30")
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// check refuses what cannot be simulated.
func (p Plan) check() error {
	bad := func(field, hint, text string, args ...any) error {
		return fault.New(fault.Invalid, text, args...).WithField(field, hint)
	}
	switch {
	case p.Days < 0 || p.Days > 30:
		return bad("days", "1 to 30", "A plan is for 1 to 30 days, not %d.", p.Days)
	case p.Handling <= 0:
		return bad("handling_s", "above 0", "Chats take some time.")
	case p.Patience < 0 || p.Accept < 0 || p.Spread < 0 || p.Sort < 0 || p.ServiceLevel < 0 || p.Most < 0:
		return bad("patience_s, accept_s, spread, sort_s, service_level_s, most", "0 or more", "Nothing in a plan can be negative.")
	case len(p.Visitors) == 0 || len(p.Staff) == 0:
		return bad("visitors, staff", "at least one of each", "A plan needs visitors and staff.")
	case p.Theory && (len(p.Visitors) != 1 || len(p.Staff) != 1 || p.Patience == 0 || len(p.Visitors[0].Rates) != 1):
		return bad("theory", "one kind of visitor at one rate, one kind of agent, patience", "Erlang-A knows one kind of visitors and agents.")
	}
	for i, v := range p.Visitors {
		if halves := 2 * v.Slots; v.Slots != 0 && (halves < 1 || halves > 20 || halves != math.Trunc(halves)) {
			return bad("visitors["+strconv.Itoa(i)+"].slots", "0.5 to 10, in halves", "A chat takes 0.5 to 10 slots, not %g.", v.Slots)
		}
		for j, r := range v.Rates {
			from, err := clock(r.From, 0)
			if err != nil {
				return err
			}
			to, err := clock(r.To, 24*time.Hour)
			if err != nil {
				return err
			}
			if r.PerHour < 0 || from >= to {
				return bad("visitors["+strconv.Itoa(i)+"].rates["+strconv.Itoa(j)+"]", "from before to, 0 or more an hour", "This rate means nothing.")
			}
		}
		for _, s := range v.Skills {
			if _, err := handoff.ParseNeed(s); err != nil {
				return err
			}
		}
	}
	return checkStaff(p.Staff, "staff")
}

func checkStaff(all []Staff, field string) error {
	for i, s := range all {
		if s.Count < 0 || s.Count > 5000 {
			return fault.New(fault.Invalid, "There are 0 to 5,000 agents of a kind, not %d.", s.Count).WithField(field+"["+strconv.Itoa(i)+"].count", "0 to 5,000")
		}
		for _, x := range s.Shifts {
			from, err := clock(x[0], 0)
			if err != nil {
				return err
			}
			to, err := clock(x[1], 24*time.Hour)
			if err != nil {
				return err
			}
			if from >= to {
				return fault.New(fault.Invalid, "A shift ends after it begins.").WithField(field+"["+strconv.Itoa(i)+"].shifts", "split one that goes past midnight")
			}
		}
	}
	return nil
}
