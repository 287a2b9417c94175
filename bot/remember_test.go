package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

func TestMemoryStaysSmall(t *testing.T) {
	var m Memory
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 60 {
		turn := &Turn{Memory: m, Chosen: -1}
		turn.Trace.Asked = fmt.Sprintf("question %d %s", i, strings.Repeat("长", 3000))
		turn.Trace.Question, turn.Trace.Answer, turn.Trace.Decision = turn.Trace.Asked, strings.Repeat("y ", 4000), DecideAnswer
		m.remember(turn, now)
	}
	if len(m.Turns) != maxTurns || utf8.RuneCountInString(m.Summary) > maxSummary || !utf8.ValidString(m.Summary) {
		t.Errorf("%d turns, summary of %d characters", len(m.Turns), utf8.RuneCountInString(m.Summary))
	}
	if !strings.Contains(m.Summary, "question 51") || strings.Contains(m.Summary, "question 0 ") {
		t.Errorf("the summary must keep the newest of what left: %q", m.Summary)
	}
	if n := utf8.RuneCountInString(m.Turns[0].Asked); n > maxExchangeText {
		t.Errorf("an exchange of %d characters", n)
	}
}

func TestSlotsExpire(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var m Memory
	keep := func(at time.Time, entities ...intents.Entity) {
		turn := &Turn{Memory: m, Chosen: -1, Messages: []Event{{ID: EventID(at.String())}}}
		turn.Trace.Reading.Entities = entities
		m.keepSlots(turn, at)
	}
	keep(now, intents.Entity{Type: intents.EntityOrder, Value: "AB1"}, intents.Entity{Type: intents.EntityEmail, Value: "a@b.example"}, intents.Entity{Type: intents.EntityDate, Value: "2026-01-02"})
	keep(now.Add(time.Minute), intents.Entity{Type: intents.EntityOrder, Value: "AB2"})
	if got := slotsOf(m); got != "email=a@b.example date=2026-01-02 order_number=AB2" {
		t.Errorf("slots %q: the newest value of a type counts", got)
	}
	if m.Slots[2].Source != EventID(now.Add(time.Minute).String()) {
		t.Errorf("source %q", m.Slots[2].Source)
	}
	keep(now.Add(2 * time.Hour))
	if got := slotsOf(m); got != "email=a@b.example order_number=AB2" {
		t.Errorf("slots after two hours %q", got)
	}
	keep(now.Add(48 * time.Hour))
	if got := slotsOf(m); got != "email=a@b.example" {
		t.Errorf("slots after two days %q", got)
	}
}

func slotsOf(m Memory) string {
	var out []string
	for _, s := range m.Slots {
		out = append(out, s.Name+"="+s.Value)
	}
	return strings.Join(out, " ")
}

func TestTrendDecays(t *testing.T) {
	trend := Trend(0, -1)
	if trend > -.3 || trend < -.5 {
		t.Errorf("one furious turn gives %v", trend)
	}
	for range 3 {
		trend = Trend(trend, .5)
	}
	if trend < 0 {
		t.Errorf("three friendly turns leave %v", trend)
	}
}

func TestSegmentsForgetHandingOver(t *testing.T) {
	m := Memory{
		Failed: 2, Refused: 1, Clarified: true, Offered: true, OfferedAt: 3, Low: true, Trend: -.8, Pending: true, Turn: 4,
		Turns: []Exchange{{Asked: "a", Decision: DecideAnswer}, {Asked: "b", Decision: DecideOffer}, {Asked: "c", Decision: DecideHandoff}},
		Slots: []Slot{{Name: "order_number", Value: "AB1"}},
	}
	m.Segment++ // as the desk does when a person hands back
	m.judge(intents.Reading{}, "", DefaultPolicy())
	if m.Failed != 0 || m.Refused != 0 || m.Clarified || m.Offered || m.OfferedAt != 0 || m.Low || m.Trend != 0 || len(m.Turns) != 1 {
		t.Errorf("%+v", m)
	}
	if m.Turn != 5 || len(m.Slots) != 1 {
		t.Errorf("facts and the number of turns stay: %+v", m)
	}
}

func TestFailedTurns(t *testing.T) {
	p := DefaultPolicy()
	answer := func(m Memory) Memory {
		turn := &Turn{Memory: m, Chosen: 0}
		turn.Trace.Decision, turn.Trace.Candidates = DecideAnswer, []knowledge.Candidate{{Document: "d", Passage: "p"}}
		turn.Reply.Sources = []Source{{Document: "d"}}
		m.remember(turn, time.Unix(0, 0))
		return m
	}
	m := answer(Memory{Failed: 1})
	m.judge(intents.Reading{Signals: intents.Signals{Rejects: .9}}, "", p)
	if m.Failed != 2 {
		t.Errorf("an answer that is rejected counts on top of those before: %d", m.Failed)
	}
	m = answer(Memory{Failed: 1})
	m.judge(intents.Reading{}, "", p)
	if m.Failed != 0 {
		t.Errorf("an answer that stands ends the row: %d", m.Failed)
	}
}
