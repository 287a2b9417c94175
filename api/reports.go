package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Report is what became of conversations and tickets in a stretch of days. What each
// figure means is in docs/operations.md.
type Report struct {
	From    string        `json:"from" doc:"First day."`
	To      string        `json:"to" doc:"Last day."`
	Zone    string        `json:"zone" doc:"In which days begin."`
	MadeAt  Time          `json:"made_at" doc:"A report is shown again for a minute."`
	Past    bool          `json:"past" doc:"The days are over."`
	Backlog Backlog       `json:"backlog"`
	Total   Figures       `json:"total"`
	Days    []ReportGroup `json:"days" doc:"Every day."`
	Queues  []ReportGroup `json:"queues"`
	Agents  []ReportGroup `json:"agents" doc:"Of whom only what they did is counted."`
	Inboxes []ReportGroup `json:"inboxes"`
	Codes   []CodeCount   `json:"codes" doc:"Of talks with people that ended; the most frequent first."`
	Before  *ReportBefore `json:"before,omitempty" doc:"Absent: nothing happened then, or more than a report holds."`
}

// ReportBefore is what became of conversations and tickets in as many days directly
// before.
type ReportBefore struct {
	From  string  `json:"from" doc:"First day."`
	To    string  `json:"to" doc:"Last day."`
	Until *Time   `json:"until,omitempty" doc:"While the days asked for go on: the moment until which those before are counted, the same time of day as made_at."`
	Total Figures `json:"total"`
}

// Backlog counts the tickets that are unfinished now, whenever they were made.
type Backlog struct {
	Open int `json:"open"`
	Late int `json:"late" doc:"Of them, past a service level."`
}

// ReportGroup is the figures of one day, queue, agent or inbox.
type ReportGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Figures
}

// Figures count what happened.
type Figures struct {
	Begun      int     `json:"begun"`
	Bot        int     `json:"bot" doc:"Settled by the bot alone."`
	Handed     int     `json:"handed"`
	Handled    int     `json:"handled"`
	Handle     Spread  `json:"handle"`
	Transfers  int     `json:"transfers"`
	Reply      Spread  `json:"first_reply"`
	Wait       Spread  `json:"wait"`
	InTime     int     `json:"in_time" doc:"Of those who waited and got an agent."`
	Abandoned  int     `json:"abandoned"`
	Messages   int     `json:"messages"`
	OfBot      Ratings `json:"bot_ratings" doc:"Asked: the chats that the bot settled alone."`
	OfPeople   Ratings `json:"ratings" doc:"Asked: the talks with people that ended."`
	Made       int     `json:"tickets_made"`
	Solved     int     `json:"tickets_solved"`
	Reopened   int     `json:"tickets_reopened"`
	FirstKept  Kept    `json:"first_kept"`
	NextKept   Kept    `json:"next_kept"`
	SolvedKept Kept    `json:"resolve_kept"`
}

// Spread is how durations are distributed.
type Spread struct {
	N   int `json:"n"`
	P50 int `json:"p50_s"`
	P90 int `json:"p90_s"`
}

// Ratings are how content visitors were.
type Ratings struct {
	N     int     `json:"n"`
	Asked int     `json:"asked"`
	Good  int     `json:"good" doc:"4 or 5 of 5."`
	Mean  float64 `json:"mean" doc:"1 to 5; 0 without one."`
}

// Kept is how often a service level was kept.
type Kept struct {
	N    int `json:"n"`
	Kept int `json:"kept"`
}

// CodeCount is how often a wrap-up code was given.
type CodeCount struct {
	Code string `json:"code" doc:"Empty: none was given."`
	Name string `json:"name"`
	N    int    `json:"n"`
}

// How long a report is shown again as it was made, and how many are kept.
const (
	reportFor   = time.Minute
	reportsKept = 20
)

// madeReports are the reports made a moment ago. They are made one at a time: each
// reads much.
type madeReports struct {
	mu   sync.Mutex // guards made, and lets one be made at a time
	made map[reportIn]madeReport
}

type madeReport struct {
	handoff.Report
	at time.Time
}

// read returns a report that was made a moment ago, or makes it.
func (m *madeReports) read(in reportIn, now time.Time, make func() (handoff.Report, error)) (madeReport, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x, ok := m.made[in]; ok && now.Sub(x.at) < reportFor && !now.Before(x.at) {
		return x, nil
	}
	r, err := make()
	if err != nil {
		return madeReport{}, err
	}
	if m.made == nil || len(m.made) >= reportsKept {
		m.made = map[reportIn]madeReport{}
	}
	m.made[in] = madeReport{r, now}
	return m.made[in], nil
}

type reportIn struct {
	From  string `query:"from" maxLength:"10" doc:"First day, such as 2026-03-04; absent: six days before the last."`
	To    string `query:"to" maxLength:"10" doc:"Last day; absent: today. At most 92 days."`
	Queue string `query:"queue" maxLength:"64" doc:"Only of this queue, main for the main one; absent: of all."`
	Agent string `query:"agent" maxLength:"64" doc:"Only what this agent did."`
	Inbox string `query:"inbox" maxLength:"64" doc:"Only of this inbox."`
}

func (s *Server) reportRoutes(g *registrar) {
	handle(g, "GET", "/report", func(ctx context.Context, in *reportIn) (*bodyOf[Report], error) {
		r, err := s.report(ctx, in)
		return &bodyOf[Report]{r}, err
	})
	handle(g, "GET", "/report/csv", s.reportCSV, func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{
			Description: "A table: the whole, the same of the days before, then days, queues, agents, inboxes and codes.",
			Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}
	})
}

func (s *Server) report(ctx context.Context, in *reportIn) (Report, error) {
	q := handoff.ReportQuery{Workspace: s.ws, From: in.From, To: in.To, Agent: bot.AgentID(in.Agent), Inbox: in.Inbox}
	if in.Queue != "" {
		id := queueID(in.Queue)
		q.Queue = &id
	}
	r, err := s.reports.read(*in, s.Now(), func() (handoff.Report, error) { return s.Desk.Report(ctx, q) })
	if err != nil {
		return Report{}, err
	}
	queues, err := s.queues(ctx)
	if err != nil {
		return Report{}, err
	}
	inboxes, err := s.Accounts.Inboxes(ctx, s.ws)
	if err != nil {
		return Report{}, err
	}
	name := map[string]string{}
	for _, x := range queues {
		name["queue "+string(x.ID)] = x.Name
	}
	for _, x := range inboxes {
		name["inbox "+x.ID] = x.Name
	}
	named := func(kind string, groups []handoff.Group) []ReportGroup {
		out := []ReportGroup{}
		for _, g := range groups {
			n := name[kind+g.ID]
			if kind == "agent " {
				n = s.names.agent(s.ws, bot.AgentID(g.ID))
			}
			out = append(out, ReportGroup{g.ID, cmp.Or(n, g.ID), figuresOf(g.Figures)})
		}
		return out
	}
	out := Report{
		From: r.Days[0].ID, To: r.Days[len(r.Days)-1].ID, Zone: cmp.Or(r.Zone, "UTC"), MadeAt: Time{r.at}, Past: r.Past, Backlog: Backlog(r.Backlog), Total: figuresOf(r.Total),
		Days: named("day ", r.Days), Queues: named("queue ", r.Queues), Agents: named("agent ", r.Agents), Inboxes: named("inbox ", r.Inboxes),
		Codes: []CodeCount{},
	}
	for _, c := range r.Codes {
		out.Codes = append(out.Codes, CodeCount(c))
	}
	if b := r.Before; b != nil {
		out.Before = &ReportBefore{From: b.From.Format(time.DateOnly), To: b.From.AddDate(0, 0, len(r.Days)-1).Format(time.DateOnly), Total: figuresOf(b.Figures)}
		if !r.Past {
			out.Before.Until = timeOf(b.To)
		}
	}
	return out, nil
}

func figuresOf(f handoff.Figures) Figures {
	spread := func(s handoff.Spread) Spread { return Spread{s.N, seconds(s.P50), seconds(s.P90)} }
	ratings := func(r handoff.Ratings, asked int) Ratings {
		return Ratings{N: r.N, Asked: asked, Good: r.Good, Mean: float64(r.Sum) / float64(max(r.N, 1))}
	}
	return Figures{
		Begun: f.Begun, Bot: f.Bot, Handed: f.Handed, Handled: f.Handled, Handle: spread(f.Handle), Transfers: f.Transfers,
		Reply: spread(f.Reply), Wait: spread(f.Wait), InTime: f.InTime, Abandoned: f.Abandoned, Messages: f.Messages,
		OfBot: ratings(f.OfBot, f.Bot), OfPeople: ratings(f.OfPeople, f.Handled),
		Made: f.Made, Solved: f.Solved, Reopened: f.Reopened, FirstKept: Kept(f.First), NextKept: Kept(f.Next), SolvedKept: Kept(f.Resolve),
	}
}

// csvWait bounds the writing of a table to a slow reader.
const csvWait = time.Minute

func (s *Server) reportCSV(ctx context.Context, in *reportIn) (*huma.StreamResponse, error) {
	r, err := s.report(ctx, in)
	if err != nil {
		return nil, err
	}
	data, err := r.table()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "The table cannot be written.")
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		w := humagin.Unwrap(hc).Writer
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(csvWait))
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="report-`+r.From+"-"+r.To+`.csv"`)
		h.Set("Cache-Control", "private, no-store")
		if _, err := w.Write(data); err != nil {
			s.log.Debug("a report was cut short", "error", err)
		}
	}}, nil
}

// table writes the report for spreadsheets, with the mark that tells them that it is
// UTF-8.
func (r Report) table() ([]byte, error) {
	b := bytes.NewBufferString("\uFEFF")
	w := csv.NewWriter(b)
	_ = w.Write([]string{ // the writer keeps its first error
		"kind", "id", "name", "begun", "bot", "handed", "handled", "handle_p50_s", "handle_p90_s", "transfers", "first_reply_n",
		"first_reply_p50_s", "first_reply_p90_s", "wait_n", "wait_p50_s", "wait_p90_s", "in_time", "abandoned", "messages", "bot_ratings", "bot_asked",
		"bot_good", "bot_mean", "ratings", "asked", "good", "mean", "tickets_made", "tickets_solved", "tickets_reopened",
		"first_n", "first_kept", "next_n", "next_kept", "resolve_n", "resolve_kept", "tickets_open", "tickets_late",
	})
	row := func(kind, id, name string, f Figures, now ...string) {
		out := []string{kind, harmless(id), harmless(name)}
		number := func(all ...int) {
			for _, n := range all {
				out = append(out, strconv.Itoa(n))
			}
		}
		rated := func(x Ratings) {
			number(x.N, x.Asked, x.Good)
			out = append(out, strconv.FormatFloat(x.Mean, 'f', 2, 64))
		}
		number(f.Begun, f.Bot, f.Handed, f.Handled, f.Handle.P50, f.Handle.P90, f.Transfers, f.Reply.N, f.Reply.P50, f.Reply.P90,
			f.Wait.N, f.Wait.P50, f.Wait.P90, f.InTime, f.Abandoned, f.Messages)
		rated(f.OfBot)
		rated(f.OfPeople)
		number(f.Made, f.Solved, f.Reopened, f.FirstKept.N, f.FirstKept.Kept, f.NextKept.N, f.NextKept.Kept, f.SolvedKept.N, f.SolvedKept.Kept)
		if now == nil {
			now = []string{"", ""}
		}
		_ = w.Write(append(out, now...))
	}
	row("total", "", "", r.Total, strconv.Itoa(r.Backlog.Open), strconv.Itoa(r.Backlog.Late))
	if r.Before != nil {
		row("before", r.Before.From+"/"+r.Before.To, "", r.Before.Total)
	}
	for _, x := range []struct {
		kind   string
		groups []ReportGroup
	}{{"day", r.Days}, {"queue", r.Queues}, {"agent", r.Agents}, {"inbox", r.Inboxes}} {
		for _, g := range x.groups {
			row(x.kind, g.ID, g.Name, g.Figures)
		}
	}
	for _, c := range r.Codes {
		row("code", c.Code, c.Name, Figures{Handled: c.N})
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// harmless keeps a spreadsheet from reading a name as a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
