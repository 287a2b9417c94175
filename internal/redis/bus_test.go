package redis_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/redis"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func TestBusReachesTheOthersInOrder(t *testing.T) {
	url := testenv.Redis(t)
	a, b := join(t, open(t, url)), join(t, open(t, url))
	other, _, err := redis.Open(url, "another installation", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	c := join(t, other)
	for _, l := range []*listener{a, b, c} {
		l.until(t, true)
	}
	const n = 1000
	for i := range n {
		frame := []byte(fmt.Sprint("frame ", i))
		a.Publish(frame)
		clear(frame) // the bus keeps no reference
	}
	b.hears(t, fmt.Sprint("frame ", n-1))
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.heard {
		if f != fmt.Sprint("frame ", i) {
			t.Fatalf("frame %d of %d is %q", i, len(b.heard), f)
		}
	}
	for name, l := range map[string]*listener{"itself": a, "another installation": c} {
		if l != b && len(l.heard) > 0 {
			t.Errorf("%s heard %d frames", name, len(l.heard))
		}
	}
	if a.Alone() {
		t.Error("a node with Redis takes itself for alone")
	}
}

// TestBusComesBack: Redis is killed and started again; the bus is well within two
// seconds, without anybody's help (F-07).
func TestBusComesBack(t *testing.T) {
	s := newServer(t)
	s.start()
	a, b := join(t, open(t, s.url())), join(t, open(t, s.url()))
	a.until(t, true)
	b.until(t, true)
	for round := range 2 {
		s.kill()
		if took := a.until(t, false); took > 3*time.Second {
			t.Errorf("noticed after %v, want 3 s at most", took)
		}
		b.until(t, false)
		a.Publish([]byte("lost")) // neither blocks nor arrives
		s.start()
		for name, l := range map[string]*listener{"a": a, "b": b} {
			if took := l.until(t, true); took > 2*time.Second {
				t.Errorf("%s is back after %v, want 2 s at most", name, took)
			} else {
				t.Logf("%s is back after %v", name, took)
			}
		}
		want := fmt.Sprint("after outage ", round)
		a.Publish([]byte(want))
		b.hears(t, want)
	}
	if got := strings.Join(b.heard, "|"); strings.Contains(got, "lost") {
		t.Errorf("heard %q", got)
	}
}

// TestBusStartsWithoutRedis: a node that starts while Redis is away polls, and
// finds it when it comes.
func TestBusStartsWithoutRedis(t *testing.T) {
	s := newServer(t)
	c, away, err := redis.Open(s.url(), "test", &redis.Options{Logger: logger(t)})
	if err != nil || away == nil {
		t.Fatalf("away %v, error %v; want a reason and no error", away, err)
	}
	t.Cleanup(c.Close)
	l := join(t, c)
	if ok, _ := l.State(); ok {
		t.Error("the bus is well without a Redis")
	}
	s.start()
	if took := l.until(t, true); took > 2*time.Second {
		t.Errorf("found after %v, want 2 s at most", took)
	}
}

// TestBusNoticesSilence: Redis takes connections and says nothing (F-09).
func TestBusNoticesSilence(t *testing.T) {
	s := newServer(t)
	s.start()
	a, b := join(t, open(t, s.url())), join(t, open(t, s.url()))
	a.until(t, true)
	b.until(t, true)
	s.do("CLIENT", "PAUSE", "6000", "ALL")
	took := a.until(t, false)
	t.Logf("noticed after %v", took)
	if took > 3*time.Second {
		t.Errorf("noticed after %v, want 3 s at most", took)
	}
	b.until(t, false)
	a.until(t, true)
	b.until(t, true)
	a.Publish([]byte("after the silence"))
	b.hears(t, "after the silence")
}

// TestBusSurvivesFlush: FLUSHALL takes copies only (F-08).
func TestBusSurvivesFlush(t *testing.T) {
	s := newServer(t)
	s.start()
	a, b := join(t, open(t, s.url())), join(t, open(t, s.url()))
	a.until(t, true)
	b.until(t, true)
	s.do("FLUSHALL")
	a.Publish([]byte("after the flush"))
	b.hears(t, "after the flush")
	if ok, _ := a.State(); !ok {
		t.Error("the bus took a flush for an outage")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"localhost:6379", "http://127.0.0.1:6379", "redis://127.0.0.1:6379/x", "nonsense", "redis://127.0.0.1:port"} {
		c, _, err := redis.Open(url, "test", nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(fieldsOf(err)), "redis://HOST:PORT") {
			t.Errorf("%s: %v; want it refused with an example", url, err)
		}
		if c != nil {
			c.Close()
		}
	}
	s := newServer(t, "--requirepass", "right")
	s.start()
	host := net.JoinHostPort("127.0.0.1", fmt.Sprint(s.port))
	for url, want := range map[string]string{
		"redis://" + host:                "wants a password",
		"redis://:wrong@" + host:         "does not take this user and password",
		"redis://:right@" + host + "/99": "no database of this number",
	} {
		c, away, err := redis.Open(url, "test", nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(fieldsOf(err)), want) {
			t.Errorf("%s: %v, %v, fields %v; want %q", url, away, err, fieldsOf(err), want)
		}
		if strings.Contains(fmt.Sprint(err, fieldsOf(err)), "wrong@") {
			t.Errorf("the error tells the password: %v", err)
		}
		if c != nil {
			c.Close()
		}
	}
	c := open(t, "redis://:right@"+host)
	join(t, c).until(t, true)
}

func fieldsOf(err error) []fault.Field {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Fields
	}
	return nil
}
