package testenv

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// Redis returns the URL of a Redis of the test's own that ends with it, or of the
// one that FRONTDESK_TEST_REDIS names.
func Redis(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("FRONTDESK_TEST_REDIS"); url != "" {
		return url
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		Absent(t, "no redis-server on this machine; run `make setup`, or name one in FRONTDESK_TEST_REDIS")
	}
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // killed below
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for deadline := time.Now().Add(20 * time.Second); !pong(address); {
		select {
		case <-ended:
			t.Fatalf("redis-server ended at once on port %d", port)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
	return "redis://" + address
}

// pong reports whether a Redis answers there.
func pong(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && line == "+PONG\r\n"
}
