package api

import (
	"context"
	"testing"
	"time"
)

// RoutesOf lists what the router has, for the test of the description.
func RoutesOf(s *Server) []string {
	var out []string
	for _, r := range s.router.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// Right is a row of the table of routes, for the test of rights.
type Right struct {
	Method, Path                                        string
	Everyone, Visitor, Agent, Editor, Supervisor, Admin bool
}

// Rights returns the table of routes.
func Rights() []Right {
	var out []Right
	for _, r := range routes() {
		out = append(out, Right{r.method, r.path, r.who == everyone, r.who&visitor != 0, r.who&agent != 0, r.who&editor != 0, r.who&supervisor != 0, r.who&administrator != 0})
	}
	return out
}

// DecodeFrame is the frame decoder, for its fuzz test.
func DecodeFrame(data []byte) (any, error) { return decodeFrame(data) }

// Door admits connections, for its test: it returns whether one was admitted and
// how long to wait otherwise.
func Door(perSecond int, now func() time.Time) func() time.Duration {
	return newDoor(perSecond, now).enter
}

// Pace limits one socket's frames, for its test.
func Pace(every time.Duration, burst int) func(at time.Duration) (wait time.Duration) {
	p := new(pace)
	return func(at time.Duration) time.Duration { return p.take(at, every, burst) }
}

// CheckSessions is one turn of the look at sessions, for its test.
func CheckSessions(ctx context.Context, s *Server, turn int) { s.checkSessions(ctx, turn) }

// SessionTurns is how many turns go round all visitors.
const SessionTurns = sessionTurns

// Meter counts on all nodes by a counter, and alone without, for its test.
func Meter(n int, per time.Duration, burst int, now func() time.Time, kind string, all Counter) func(key string) time.Duration {
	m := newMeter(n, per, burst, now)
	m.kind, m.all = kind, all
	return m.take
}

// Chinese says a problem's sentence in Chinese, for the test that all are there.
func Chinese(t testing.TB) func(string) string {
	zh, err := readTongue(problemsZH)
	if err != nil {
		t.Fatal(err)
	}
	return zh.say
}
