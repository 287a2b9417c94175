package load

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Voice is a socket that reads what its group says and may say something itself.
type Voice interface {
	// Say sends words; the server need not have acknowledged them on return.
	Say(words string) error
	// Done is closed when the socket has ended and its reader with it.
	Done() <-chan struct{}
	Close() error
}

// Fanout is groups of sockets, in each of which one sends what all of them read.
// It knows no protocol, so that servers of others can be measured by it as well.
type Fanout struct {
	Groups  int
	Readers int           // sockets of a group; the first of them sends
	Rate    float64       // deliveries a second over all readers, open loop
	Warm    time.Duration // under load before counting starts
	Seconds time.Duration
	// Join connects one socket and returns once it reads its group. From then on saw
	// is given, from one goroutine, the bytes in which messages may be: JSON with the
	// words of each as a member "text". The bytes are valid during the call.
	Join func(ctx context.Context, group, reader int, saw func(data []byte)) (Voice, error)
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
	plan  Fanout
	start time.Time // of counting
	got   atomic.Int64

	mu    sync.Mutex // guards what follows
	delay []float64  // milliseconds
	late  []float64
	sent  int
}

// Run connects everybody, sends, and returns what the sockets saw.
func (plan Fanout) Run(ctx context.Context) (*DeliveriesReport, error) {
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
			if err := c.send(ctx, s.all[0], i); err != nil {
				errs <- fmt.Errorf("group %d: %w", i, err)
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

// seated is one group's sockets.
type seated struct {
	all    []Voice
	delays [][]float64 // by socket
}

// gather connects everybody and waits until all read their group.
func (c *crowd) gather(ctx context.Context) ([]*seated, error) {
	out := make([]*seated, c.plan.Groups)
	errs := make(chan error, len(out))
	slots := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s := &seated{delays: make([][]float64, c.plan.Readers)}
			out[i] = s
			for n := range c.plan.Readers {
				voice, err := c.plan.Join(ctx, i, n, c.reader(&s.delays[n]))
				if err != nil {
					errs <- fmt.Errorf("group %d: %w", i, err)
					return
				}
				s.all = append(s.all, voice)
			}
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

// mark begins what readers look for: a message's text is its intended send time,
// in microseconds since counting began.
var mark = []byte(`"text":"at `)

// reader returns what notes deliveries of one socket.
func (c *crowd) reader(delays *[]float64) func([]byte) {
	return func(data []byte) {
		now := time.Now()
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

// send sends into one group at its share of the rate.
func (c *crowd) send(ctx context.Context, voice Voice, i int) error {
	gap := time.Duration(float64(time.Second) * float64(c.plan.Groups*c.plan.Readers) / c.plan.Rate)
	at := -c.plan.Warm + gap*time.Duration(i)/time.Duration(c.plan.Groups)
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
		if err := voice.Say(words); err != nil {
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
