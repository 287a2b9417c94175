package redis_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/frontdesk-chat/frontdesk/internal/redis"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a Redis that a test may kill, start again and order about.
type server struct {
	t    testing.TB
	port int
	args []string
	cmd  *exec.Cmd
}

// newServer names a port; start starts a Redis there.
func newServer(t testing.TB, args ...string) *server {
	t.Helper()
	if os.Getenv("FRONTDESK_TEST_REDIS") == "" {
		testenv.Redis(t) // skips or fails where there is none
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		testenv.Absent(t, "no redis-server on this machine that could be killed")
	}
	port, err := testenv.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, port: port, args: args}
	t.Cleanup(s.kill)
	return s
}

func (s *server) url() string { return fmt.Sprintf("redis://127.0.0.1:%d", s.port) }

// start returns when the server takes connections.
func (s *server) start() {
	s.t.Helper()
	args := append([]string{"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.t.TempDir()}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	wait(s.t, "redis-server", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// kill ends the server at once, as kill -9 does.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// do carries out a command as somebody else's client.
func (s *server) do(command ...string) {
	s.t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "%s\r\n", strings.Join(command, " ")); err != nil {
		s.t.Fatal(err)
	}
	if said, err := bufio.NewReader(c).ReadString('\n'); err != nil || said != "+OK\r\n" {
		s.t.Fatalf("%q: %q, %v", command, said, err)
	}
}

// wait polls what no signal tells of: another process's state.
func wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func logger(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// open opens a client that must be able to connect, or to be away.
func open(t testing.TB, url string) *redis.Client {
	t.Helper()
	c, _, err := redis.Open(url, "test", &redis.Options{Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// listener is a node that keeps what it hears.
type listener struct {
	*redis.Bus
	mu     sync.Mutex
	heard  []string
	signal chan struct{}
}

func join(t testing.TB, c *redis.Client) *listener {
	t.Helper()
	l := &listener{Bus: c.Bus(), signal: make(chan struct{}, 1)}
	t.Cleanup(l.Join(func(f []byte) {
		l.mu.Lock()
		l.heard = append(l.heard, string(f))
		l.mu.Unlock()
		select {
		case l.signal <- struct{}{}:
		default:
		}
	}))
	return l
}

// until waits for the bus to be well or not and returns how long that took.
func (l *listener) until(t testing.TB, well bool) time.Duration {
	t.Helper()
	begun := time.Now()
	late := time.After(20 * time.Second)
	for {
		ok, changed := l.State()
		if ok == well {
			return time.Since(begun)
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("the bus is still well=%v", ok)
		}
	}
}

// hears waits for a frame.
func (l *listener) hears(t testing.TB, want string) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		l.mu.Lock()
		n := len(l.heard)
		found := n > 0 && l.heard[n-1] == want
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-l.signal:
		case <-late:
			t.Fatalf("did not hear %q; last of %d frames: %q", want, n, l.heard[max(n-1, 0):])
		}
	}
}
