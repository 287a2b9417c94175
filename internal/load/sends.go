package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Seat is one visitor's place: a session and a conversation that a person serves,
// so that the bot does not answer what the bench sends.
type Seat struct {
	Token        string `json:"token"`
	Conversation string `json:"conversation"`
}

// SendsPlan is what the clients of a sends bench are told.
type SendsPlan struct {
	Base    string        `json:"base"`
	Seats   []Seat        `json:"seats"`
	Rate    float64       `json:"rate"`   // sends a second over all seats, open loop; 0: as fast as it goes
	Window  int           `json:"window"` // sends in flight a seat when Rate is 0
	Seconds time.Duration `json:"seconds"`
}

// SendsReport is what they saw.
type SendsReport struct {
	AckMS     []float64 `json:"ack_ms"`     // from the intended send time to the acknowledgement
	DeliverMS []float64 `json:"deliver_ms"` // from the commit to another socket of the same visitor
	Seconds   float64   `json:"seconds"`
	Refused   int       `json:"refused"`
	Lost      int       `json:"lost"`    // acknowledged, and not there in the final read or never delivered
	Doubled   int       `json:"doubled"` // there twice, or delivered twice to a reader
	Gaps      int       `json:"gaps"`    // numbers that are missing in the final read
}

// sender is one seat under load: a socket that sends and another that reads.
type sender struct {
	plan         SendsPlan
	seat         Seat
	i            int
	talk, listen *Client

	mu      sync.Mutex
	started map[string]time.Time // intended send time; guarded by mu
	acks    map[string]bool      // acknowledged; guarded by mu
	got     map[string]int       // times delivered to the reader; guarded by mu

	report *SendsReport
	lock   *sync.Mutex // guards report
	slots  chan struct{}
}

// Sends runs the plan and returns what the clients saw. Latency counts from the
// intended send time, so a stalled server cannot hide its stalls. All connect before
// the first sends, and all have sent before the first reads: neither is measured.
func Sends(ctx context.Context, plan SendsPlan) (*SendsReport, error) {
	report := &SendsReport{Seconds: plan.Seconds.Seconds()}
	var lock sync.Mutex
	ctx, cancel := context.WithTimeout(ctx, plan.Seconds+3*time.Minute)
	defer cancel()
	senders := make([]*sender, len(plan.Seats))
	for i, seat := range plan.Seats {
		s := &sender{
			plan: plan, seat: seat, i: i, report: report, lock: &lock,
			started: map[string]time.Time{}, acks: map[string]bool{}, got: map[string]int{},
		}
		if plan.Rate == 0 {
			s.slots = make(chan struct{}, plan.Window)
		}
		senders[i] = s
	}
	defer func() {
		for _, s := range senders {
			s.close()
		}
	}()
	if err := together(senders, func(s *sender) error { return s.connect(ctx) }); err != nil {
		return report, err
	}
	start := time.Now().Add(100 * time.Millisecond)
	err := together(senders, func(s *sender) error { return s.send(ctx, start, start.Add(plan.Seconds)) })
	if err != nil {
		return report, err
	}
	return report, together(senders, func(s *sender) error { return s.check(ctx, plan.Base) })
}

// together runs one step of all senders and waits for them; the error is the first.
func together(senders []*sender, step func(*sender) error) error {
	var g errgroup.Group
	for _, s := range senders {
		g.Go(func() error {
			if err := step(s); err != nil {
				return fmt.Errorf("seat %d: %w", s.i, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (s *sender) connect(ctx context.Context) (err error) {
	cursor := []Cursor{{ID: s.seat.Conversation}}
	if s.listen, err = dial(ctx, s.plan.Base, s.seat.Token, cursor, nil); err != nil {
		return err
	}
	if s.talk, err = dial(ctx, s.plan.Base, s.seat.Token, cursor, nil); err != nil {
		return err
	}
	go s.listen.only(s.deliver, "events")
	go s.talk.only(s.acked, "ack", "nack")
	return nil
}

func (s *sender) close() {
	for _, c := range []*Client{s.talk, s.listen} {
		if c != nil {
			c.Close()
		}
	}
}

// send sends until the end, and waits until every send was answered and delivered.
func (s *sender) send(ctx context.Context, start, end time.Time) error {
	seats := time.Duration(len(s.plan.Seats))
	gap := time.Duration(0)
	if s.plan.Rate > 0 {
		gap = time.Duration(float64(time.Second) * float64(seats) / s.plan.Rate)
	}
	at := start.Add(gap * time.Duration(s.i) / seats)
	for n := 0; ; n++ {
		if s.slots != nil {
			select {
			case s.slots <- struct{}{}:
				at = time.Now()
			case <-s.talk.Done():
				return fmt.Errorf("socket ended: %w", s.talk.Err())
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if at.After(end) {
			return s.drain(ctx)
		}
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		}
		msg := id.New()
		s.mu.Lock()
		s.started[msg] = at
		s.mu.Unlock()
		if err := s.talk.Send(msg, s.seat.Conversation, fmt.Sprintf("message %d of seat %d", n, s.i)); err != nil {
			return err
		}
		at = at.Add(gap)
	}
}

// check compares what was acknowledged with a final read, and with what the other
// socket was told.
func (s *sender) check(ctx context.Context, base string) error {
	stored, gaps, err := readAll(ctx, base, s.seat)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lock.Lock()
	defer s.lock.Unlock()
	s.report.Gaps += gaps
	for msg := range s.acks {
		switch {
		case stored[msg] == 0 || s.got[msg] == 0:
			s.report.Lost++
		case stored[msg] > 1 || s.got[msg] > 1:
			s.report.Doubled++
		}
	}
	return nil
}

// readAll pages through a conversation from its end and counts messages by
// client_msg_id, and holes in the numbers.
func readAll(ctx context.Context, base string, seat Seat) (stored map[string]int, gaps int, err error) {
	stored = map[string]int{}
	for below := int64(0); ; {
		var page struct {
			Events []Event `json:"events"`
			Top    int64   `json:"top"`
		}
		url := fmt.Sprintf("%s/api/v1/visitor/conversations/%s/events?limit=200", base, seat.Conversation)
		if below > 0 {
			url += fmt.Sprintf("&before=%d", below)
		}
		if err := get(ctx, url, base, seat.Token, &page); err != nil {
			return nil, 0, err
		}
		if below == 0 {
			below = page.Top + 1
		}
		for _, e := range slices.Backward(page.Events) {
			if e.N != below-1 {
				gaps++
			}
			below = e.N
			if e.ClientMsgID != "" {
				stored[e.ClientMsgID]++
			}
		}
		if len(page.Events) == 0 || below <= 1 {
			if below > 1 {
				gaps++
			}
			return stored, gaps, nil
		}
	}
}

// drain waits until every send was answered and delivered, for ten seconds at most.
func (s *sender) drain(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		s.mu.Lock()
		open, behind := len(s.started), 0
		for msg := range s.acks {
			if s.got[msg] == 0 {
				behind++
			}
		}
		s.mu.Unlock()
		if open == 0 && behind == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			if open > 0 {
				return fmt.Errorf("%d sends were never answered", open)
			}
			return nil // check counts what is behind as lost
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.talk.Done():
			return fmt.Errorf("socket ended with %d sends unanswered: %w", open, s.talk.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// acked handles the frames of the sending socket.
func (s *sender) acked(f Frame) {
	now := time.Now()
	s.mu.Lock()
	began, ok := s.started[f.ID]
	delete(s.started, f.ID)
	if ok && f.Type == "ack" {
		s.acks[f.ID] = true
	}
	s.mu.Unlock()
	if s.slots != nil && ok {
		<-s.slots
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if f.Type == "nack" {
		s.report.Refused++
		return
	}
	if ok {
		s.report.AckMS = append(s.report.AckMS, float64(now.Sub(began).Microseconds())/1000)
	}
}

// deliver handles the frames of the reading socket.
func (s *sender) deliver(f Frame) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, e := range f.Events {
		if e.Kind != "message" || e.ClientMsgID == "" {
			continue
		}
		s.got[e.ClientMsgID]++
		if f.Mode == "live" {
			s.report.DeliverMS = append(s.report.DeliverMS, float64(now.Sub(e.At).Microseconds())/1000)
		}
	}
}
