package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Seat is one visitor's place: a session and a conversation that a person serves,
// so that the bot does not answer what the bench sends.
type Seat struct {
	Token        string `json:"token"`
	Conversation string `json:"conversation"`
	Epoch        string `json:"epoch"`
	N            int64  `json:"n"`
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
	Acked     map[string]string `json:"acked"` // client_msg_id → conversation
	AckMS     []float64         `json:"ack_ms"`
	DeliverMS []float64         `json:"deliver_ms"`
	Seconds   float64           `json:"seconds"`
	Refused   int               `json:"refused"`
	Repeats   int               `json:"repeats"` // events that a reader saw twice
}

// sender is one seat under load: a socket that sends and another that reads.
type sender struct {
	mu      sync.Mutex
	started map[string]time.Time // intended send time
	report  *SendsReport
	lock    *sync.Mutex // guards report
	slots   chan struct{}
	seen    map[int64]bool
}

// Sends runs the plan and returns what the clients saw. Latency counts from the
// intended send time, so a stalled server cannot hide its stalls.
func Sends(ctx context.Context, plan SendsPlan) (*SendsReport, error) {
	report := &SendsReport{Acked: map[string]string{}}
	var lock sync.Mutex
	ctx, cancel := context.WithTimeout(ctx, plan.Seconds+30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, len(plan.Seats))
	start := time.Now().Add(500 * time.Millisecond)
	end := start.Add(plan.Seconds)
	for i, seat := range plan.Seats {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := &sender{started: map[string]time.Time{}, report: report, lock: &lock, seen: map[int64]bool{}}
			if plan.Rate == 0 {
				s.slots = make(chan struct{}, plan.Window)
			}
			if err := s.run(ctx, plan, seat, i, start, end); err != nil {
				errs <- err
			}
		}()
	}
	wg.Wait()
	report.Seconds = time.Since(start).Seconds()
	select {
	case err := <-errs:
		return report, err
	default:
		return report, nil
	}
}

func (s *sender) run(ctx context.Context, plan SendsPlan, seat Seat, i int, start, end time.Time) error {
	cursor := []Cursor{{ID: seat.Conversation, Epoch: seat.Epoch, N: seat.N}}
	reader, err := Dial(ctx, plan.Base, seat.Token, cursor, nil, s.deliver)
	if err != nil {
		return fmt.Errorf("seat %d: %w", i, err)
	}
	defer reader.Close()
	c, err := Dial(ctx, plan.Base, seat.Token, cursor, nil, s.acked)
	if err != nil {
		return fmt.Errorf("seat %d: %w", i, err)
	}
	defer c.Close()
	gap := time.Duration(0)
	if plan.Rate > 0 {
		gap = time.Duration(float64(time.Second) * float64(len(plan.Seats)) / plan.Rate)
	}
	at := start.Add(gap * time.Duration(i) / time.Duration(len(plan.Seats)))
	for n := 0; ; n++ {
		if s.slots != nil {
			select {
			case s.slots <- struct{}{}:
				at = time.Now()
			case <-c.Done():
				return fmt.Errorf("seat %d: socket ended: %w", i, c.Err())
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if at.After(end) {
			break
		}
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		}
		msg := id.New()
		s.mu.Lock()
		s.started[msg] = at
		s.mu.Unlock()
		if err := c.Send(msg, seat.Conversation, fmt.Sprintf("message %d of seat %d", n, i)); err != nil {
			return fmt.Errorf("seat %d: %w", i, err)
		}
		at = at.Add(gap)
	}
	return s.drain(ctx, c)
}

// drain waits until every send was answered, for ten seconds at most.
func (s *sender) drain(ctx context.Context, c *Client) error {
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		s.mu.Lock()
		open := len(s.started)
		s.mu.Unlock()
		if open == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.Done():
			return fmt.Errorf("socket ended with %d sends unanswered: %w", open, c.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("%d sends were never answered", len(s.started))
}

// acked handles the frames of the sending socket.
func (s *sender) acked(f Frame) {
	if f.Type != "ack" && f.Type != "nack" {
		return
	}
	now := time.Now()
	s.mu.Lock()
	began, ok := s.started[f.ID]
	delete(s.started, f.ID)
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
		s.report.Acked[f.ID] = string(f.Conversation)
	}
}

// deliver handles the frames of the reading socket.
func (s *sender) deliver(f Frame) {
	if f.Type != "events" {
		return
	}
	now := time.Now()
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, e := range f.Events {
		if s.seen[e.N] {
			s.report.Repeats++
		}
		s.seen[e.N] = true
		if e.Kind == "message" && e.ClientMsgID != "" {
			s.report.DeliverMS = append(s.report.DeliverMS, float64(now.Sub(e.At).Microseconds())/1000)
		}
	}
}
