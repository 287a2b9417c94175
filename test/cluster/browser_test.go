package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// TestBrowser walks the path of test/browser on two nodes behind the shipped
// nginx, on Postgres and Redis, and lets it kill one in the middle.
func TestBrowser(t *testing.T) {
	if os.Getenv("FRONTDESK_TEST_BROWSER") == "" {
		t.Skip("browsers run with make test-browser")
	}
	dir, public := t.TempDir(), loopback(freePort(t))
	p := &pair{base: "https://" + public, files: filepath.Join(dir, "files")}
	o := nodeOptions{dir: p.files, postgres: testenv.Postgres(t), redis: testenv.Redis(t), public: p.base}
	for i := range p.nodes {
		o.name = string(rune('a' + i))
		n := newNode(t, dir, binary(t), o)
		n.args = []string{"--demo"}
		n.start(t)
		p.nodes[i] = n
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("node %s said:\n%s", n.name, n.proc.tail())
			}
		})
	}
	testenv.Nginx(t, "../../deploy/nginx", public, [2]string{p.nodes[0].addr, p.nodes[1].addr})
	inBrowsers(t, "cluster.test.mjs", p.control())
}

// inBrowsers runs a file of test/browser, which asks control for what it cannot do
// by itself. It knows env besides.
func inBrowsers(t *testing.T, file string, control http.Handler, env ...string) {
	t.Helper()
	server := httptest.NewServer(control)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	// In one process, so that its end is the end of the browser too.
	walk := exec.CommandContext(ctx, "node", "--test-reporter=spec", file)
	walk.Dir = "../browser"
	walk.Env = append(append(os.Environ(), "FRONTDESK_TEST_CONTROL="+server.URL), env...)
	walk.Stdout, walk.Stderr = t.Output(), t.Output()
	walk.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	walk.Cancel = func() error { return walk.Process.Signal(syscall.SIGTERM) }
	walk.WaitDelay = 10 * time.Second
	if err := walk.Run(); err != nil {
		t.Error(errors.Join(err, ctx.Err()))
	}
}

// pair is two nodes that browsers see as one.
type pair struct {
	base  string // URL of nginx
	files string // data folder of both
	nodes [2]*node
	dead  *node // the one that was killed; nil: none
}

// control is what the walk asks for, one request at a time.
func (p *pair) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", p.describe)
	mux.HandleFunc("POST /kill/{kind}", func(w http.ResponseWriter, r *http.Request) { answer(w, p.kill(r.PathValue("kind"))) })
	mux.HandleFunc("POST /restart", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.restart()) })
	return mux
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// describe says where the shop is and who may sign in.
func (p *pair) describe(w http.ResponseWriter, _ *http.Request) {
	people, err := os.ReadFile(filepath.Join(p.files, "demo-sign-ins.json"))
	if err == nil {
		err = json.NewEncoder(w).Encode(map[string]any{"url": p.base, "people": json.RawMessage(people)})
	}
	answer(w, err)
}

// kill ends the node that has the socket of the only visitor or agent.
func (p *pair) kill(kind string) error {
	if p.dead != nil {
		return fmt.Errorf("node %s was killed and is not back", p.dead.name)
	}
	var has *node
	if !until(10*time.Second, func() bool {
		sockets := 0.0
		for _, n := range p.nodes {
			if own := n.metric("frontdesk_sockets", fmt.Sprintf("kind=%q", kind)); own > 0 {
				has, sockets = n, sockets+own
			}
		}
		return sockets == 1
	}) {
		return fmt.Errorf("there is not one socket of kind %s", kind)
	}
	has.proc.kill()
	p.dead = has
	return nil
}

// restart starts the killed node and waits until nginx gives it requests again.
func (p *pair) restart() error {
	n := p.dead
	n.launch()
	if !until(60*time.Second, n.ready) {
		return fmt.Errorf("node %s is not ready:\n%s", n.name, n.proc.tail())
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // signed a moment ago by the test
		DisableKeepAlives: true,
	}}
	if !until(30*time.Second, func() bool {
		time.Sleep(100 * time.Millisecond) // nginx leaves it alone for ten seconds
		res, err := client.Get(p.base + "/healthz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return n.metric("frontdesk_http_requests_total", `"/healthz"`) > 0
	}) {
		return fmt.Errorf("node %s gets no requests", n.name)
	}
	p.dead = nil
	return nil
}
