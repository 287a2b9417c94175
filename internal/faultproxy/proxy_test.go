package faultproxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that sends back what it gets, and the proxy before it.
func echo(t *testing.T) *faultproxy.Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	p, err := faultproxy.Listen(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); l.Close(); <-ended })
	return p
}

func dial(t *testing.T, p *faultproxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != want {
		t.Fatalf("got %q, %v; want %q", buf[:n], err, want)
	}
}

// broken waits until the connection's end is seen.
func broken(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Fatalf("got %v, want a broken connection", err)
	}
}

// refused waits until a new connection's end is seen. The reset may come before
// the dialler has looked at its connection: then dialling itself reports it.
func refused(t *testing.T, p *faultproxy.Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if errors.Is(err, syscall.ECONNRESET) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	broken(t, c)
}

func TestForwardsAndPassesTheEndOn(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	big := bytes.Repeat([]byte("0123456789abcdef"), 40<<10)
	go func() {
		_, _ = c.Write(big)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d bytes of %d came back, %v", len(got), len(big), err)
	}
	if p.Total() != 1 {
		t.Errorf("%d connections counted", p.Total())
	}
}

func TestCutAndRefuse(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	say(t, c, "one")
	hear(t, c, "one")
	p.Cut()
	broken(t, c)
	p.Refuse(true)
	refused(t, p)
	p.Refuse(false)
	c = dial(t, p)
	say(t, c, "two")
	hear(t, c, "two")
}

func TestHoldIsSilentAndThenGoesOn(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	say(t, c, "one")
	hear(t, c, "one")
	for _, d := range []faultproxy.Direction{faultproxy.Up, faultproxy.Down} {
		p.Hold(d, true)
		say(t, c, "two")
		if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 8)); !os.IsTimeout(err) {
			t.Fatalf("direction %d: %d bytes, %v; want silence", d, n, err)
		}
		p.Hold(d, false)
		hear(t, c, "two")
	}
	// A held connection can still be cut.
	p.Hold(faultproxy.Up, true)
	say(t, c, "three")
	p.Cut()
	broken(t, c)
}

func TestDelayKeepsOrderAndThroughput(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	const by = 200 * time.Millisecond
	p.Delay(faultproxy.Down, by)
	start := time.Now()
	for range 20 {
		say(t, c, "0123456789")
	}
	hear(t, c, string(bytes.Repeat([]byte("0123456789"), 20)))
	if took := time.Since(start); took < by || took > 10*by {
		t.Errorf("took %v, want one delay of %v for all", took, by)
	}
}

func TestPace(t *testing.T) {
	p := echo(t)
	c := dial(t, p)
	p.Pace(faultproxy.Down, 100)
	start := time.Now()
	say(t, c, "0123456789012345678901234567890123456789")
	hear(t, c, "0123456789012345678901234567890123456789")
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("40 bytes at 100 a second took %v", took)
	}
}

func TestTapDropsTheNthWriteAndCuts(t *testing.T) {
	p := echo(t)
	p.Watch(func() faultproxy.Tap {
		n := 0
		return func(d faultproxy.Direction, chunk []byte) ([]byte, bool) {
			if d == faultproxy.Down {
				return chunk, false
			}
			n++
			switch n {
			case 2:
				return nil, false
			case 4:
				return chunk, true // it arrives, its answer does not
			}
			return chunk, false
		}
	})
	c := dial(t, p)
	say(t, c, "one")
	hear(t, c, "one")
	say(t, c, "two") // is dropped: the next thing heard is three
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 3)); !os.IsTimeout(err) {
		t.Fatalf("got %v, want silence", err)
	}
	say(t, c, "three")
	hear(t, c, "three")
	say(t, c, "four")
	broken(t, c)
}
