package load

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// DeliveriesPlan is what the clients of a deliveries bench are told. Each seat's
// conversation is read by Readers sockets, one of which sends into it.
type DeliveriesPlan struct {
	Base    string        `json:"base"`
	Seats   []Seat        `json:"seats"`
	Readers int           `json:"readers"`
	Rate    float64       `json:"rate"` // deliveries a second over all readers, open loop
	Warm    time.Duration `json:"warm"` // under load before counting starts
	Seconds time.Duration `json:"seconds"`
}

// DeliveriesReport is what they saw after the warm-up.
type DeliveriesReport struct {
	Sent      int     `json:"sent"`
	Delivered int     `json:"delivered"` // while counting
	PerS      float64 `json:"per_s"`
	P50       float64 `json:"p50_ms"` // from the intended send time to the reader
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
	Lost      int     `json:"lost"`       // of those sent while counting, not there 10 s after the end
	LagP99    float64 `json:"lag_p99_ms"` // how late the clients sent: above a few, the machine is too small for them
}

// crowd is the readers and senders of a plan.
type crowd struct {
	plan  DeliveriesPlan
	start time.Time // of counting
	got   atomic.Int64

	mu    sync.Mutex // guards what follows
	delay []float64  // milliseconds
	late  []float64
	sent  int
}

// Deliveries runs the plan and returns what the clients saw.
func Deliveries(ctx context.Context, plan DeliveriesPlan) (*DeliveriesReport, error) {
	ctx, cancel := context.WithTimeout(ctx, plan.Warm+plan.Seconds+2*time.Minute)
	defer cancel()
	c := &crowd{plan: plan}
	senders, err := c.gather(ctx)
	if err != nil {
		return nil, err
	}
	c.start = time.Now().Add(500*time.Millisecond + plan.Warm)
	var wg sync.WaitGroup
	errs := make(chan error, len(senders))
	for i, s := range senders {
		wg.Go(func() {
			if err := c.send(ctx, s.client, plan.Seats[i].Conversation, i); err != nil {
				errs <- fmt.Errorf("seat %d: %w", i, err)
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
	}
	want := int64(c.sent * plan.Readers)
	for end := time.Now().Add(10 * time.Second); c.got.Load() < want && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	for _, s := range senders {
		for _, o := range s.all {
			o.Close()
			<-o.Done()
		}
	}
	c.collect(senders)
	r := &DeliveriesReport{Sent: c.sent, Delivered: len(c.delay), Lost: int(want) - len(c.delay)}
	// What arrives after the end was sent before it: the rate is over the time that
	// sending and the last delivery took.
	r.P50, r.P99, r.Max = Quantile(c.delay, .5), Quantile(c.delay, .99), Quantile(c.delay, 1)
	r.PerS = float64(r.Delivered) / (plan.Seconds.Seconds() + r.P50/1000)
	r.LagP99 = Quantile(c.late, .99)
	return r, nil
}

// seated is one conversation's sockets; client is the one that sends.
type seated struct {
	client *Client
	all    []*Client
	delays [][]float64 // by socket
}

// gather connects everybody and waits until all follow their conversation.
func (c *crowd) gather(ctx context.Context) ([]*seated, error) {
	out := make([]*seated, len(c.plan.Seats))
	errs := make(chan error, len(out))
	slots := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for i, seat := range c.plan.Seats {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s := &seated{delays: make([][]float64, c.plan.Readers)}
			out[i] = s
			for n := range c.plan.Readers {
				client, err := dial(ctx, c.plan.Base, seat.Token, []Cursor{{ID: seat.Conversation}}, dialerFrom(i*c.plan.Readers+n))
				if err != nil {
					errs <- fmt.Errorf("seat %d: %w", i, err)
					return
				}
				synced := make(chan struct{})
				go client.stream(c.reader(&s.delays[n], synced))
				select {
				case <-synced:
				case <-client.Done():
					errs <- fmt.Errorf("seat %d: socket ended: %w", i, client.Err())
					return
				}
				s.all = append(s.all, client)
			}
			s.client = s.all[0]
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return out, nil
	}
}

// What readers look for: a message's text is its intended send time, in
// microseconds since counting began. The conversation, which stands before the
// events, repeats the last text.
var (
	firstEvent = []byte(`"events":[`)
	mark       = []byte(`"text":"at `)
)

// reader returns what notes deliveries of one socket.
func (c *crowd) reader(delays *[]float64, synced chan<- struct{}) func([]byte) {
	joined := false
	return func(data []byte) {
		now := time.Now()
		if !joined {
			if isFrame(data, "synced") {
				joined = true
				close(synced)
			}
			return
		}
		at := bytes.Index(data, firstEvent)
		if !isFrame(data, "events") || at < 0 {
			return
		}
		data = data[at:]
		for {
			at := bytes.Index(data, mark)
			if at < 0 {
				return
			}
			data = data[at+len(mark):]
			us, err := strconv.ParseInt(string(data[:max(bytes.IndexByte(data, '"'), 0)]), 10, 64)
			if err != nil {
				continue
			}
			*delays = append(*delays, now.Sub(c.start.Add(time.Duration(us)*time.Microsecond)).Seconds()*1000)
			c.got.Add(1)
		}
	}
}

// send sends into one conversation at its share of the rate.
func (c *crowd) send(ctx context.Context, client *Client, conversation string, i int) error {
	gap := time.Duration(float64(time.Second) * float64(len(c.plan.Seats)*c.plan.Readers) / c.plan.Rate)
	at := -c.plan.Warm + gap*time.Duration(i)/time.Duration(len(c.plan.Seats))
	var late []float64
	sent := 0
	for ; at < c.plan.Seconds; at += gap {
		if wait := time.Until(c.start.Add(at)); wait > 0 {
			time.Sleep(wait)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		words := "warm-up"
		if at >= 0 {
			words = fmt.Sprintf("at %d", at.Microseconds())
		}
		late = append(late, time.Since(c.start.Add(at)).Seconds()*1000)
		if err := client.Send(id.New(), conversation, words); err != nil {
			return err
		}
		if at >= 0 {
			sent++
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late, c.sent = append(c.late, late...), c.sent+sent
	return nil
}

func (c *crowd) collect(all []*seated) {
	for _, s := range all {
		for _, d := range s.delays {
			c.delay = append(c.delay, d...)
		}
	}
}
