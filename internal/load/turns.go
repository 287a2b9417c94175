package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// TurnsPlan is what the visitors of a turns bench are told.
type TurnsPlan struct {
	Base      string        `json:"base"`
	Tokens    []string      `json:"tokens"` // one visitor each
	Questions []string      `json:"questions"`
	Seconds   time.Duration `json:"seconds"`
}

// TurnsReport is what they saw.
type TurnsReport struct {
	MS      []float64 `json:"ms"` // from send to the whole answer, each in a conversation of its own
	Seconds float64   `json:"seconds"`
}

// Turns has every visitor ask, wait for the answer, and ask again until the time
// is over. Questions are shared out, so none is asked twice.
func Turns(ctx context.Context, plan TurnsPlan) (*TurnsReport, error) {
	questions := make(chan string, len(plan.Questions))
	for _, q := range plan.Questions {
		questions <- q
	}
	close(questions)
	var (
		mu     sync.Mutex
		report TurnsReport
		wg     sync.WaitGroup
	)
	errs := make(chan error, len(plan.Tokens))
	start := time.Now()
	end := start.Add(plan.Seconds)
	for _, token := range plan.Tokens {
		wg.Add(1)
		go func() {
			defer wg.Done()
			answered := make(chan string, 16) // the conversation's ID
			refused := make(chan error, 1)
			c, err := Dial(ctx, plan.Base, token, nil, nil, func(f Frame) {
				if f.Type == "nack" || f.Type == "error" {
					select {
					case refused <- fmt.Errorf("refused: %s", f.Problem):
					default:
					}
				}
				for _, e := range f.Events {
					// A turn ends in words, in the end of a stream, or with the desk.
					if e.Author.Kind != "visitor" && (e.Kind == "message" || e.Kind == "finished" || e.Kind == "service") {
						answered <- string(f.Conversation)
					}
				}
			})
			if err != nil {
				errs <- err
				return
			}
			defer c.Close()
			for q := range questions {
				if time.Now().After(end) {
					return
				}
				began := time.Now()
				if err := c.Write(map[string]any{"type": "send", "id": id.New(), "client_conv_id": id.New(), "text": q}); err != nil {
					errs <- err
					return
				}
				select {
				case conv := <-answered:
					took := time.Since(began)
					mu.Lock()
					report.MS = append(report.MS, float64(took.Microseconds())/1000)
					mu.Unlock()
					// A visitor's socket follows few conversations; this one is done.
					if err := c.Write(map[string]any{"type": "unwatch", "conversation": conv}); err != nil {
						errs <- err
						return
					}
				case err := <-refused:
					errs <- err
					return
				case <-c.Done():
					errs <- fmt.Errorf("the socket ended: %w", c.Err())
					return
				case <-time.After(20 * time.Second):
					errs <- fmt.Errorf("no answer within 20 s to %q", q)
					return
				}
			}
		}()
	}
	wg.Wait()
	report.Seconds = time.Since(start).Seconds()
	select {
	case err := <-errs:
		return &report, err
	default:
		return &report, nil
	}
}
