package frontdesk

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/handoff"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// wecom is WeCom's interface for applications, and the heartbeat service.
type wecom struct {
	*httptest.Server
	notices chan string // texts as people would read them
	beats   chan struct{}
}

func newWecom(t *testing.T) *wecom {
	w := &wecom{notices: make(chan string, 100), beats: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cgi-bin/gettoken", func(rw http.ResponseWriter, r *http.Request) {
		if r.FormValue("corpid") == "" || r.FormValue("corpsecret") == "" {
			t.Errorf("a token was asked for without corpid and corpsecret: %v", r.URL)
		}
		io.WriteString(rw, `{"errcode":0,"errmsg":"ok","access_token":"token","expires_in":7200}`)
	})
	mux.HandleFunc("POST /cgi-bin/message/send", func(rw http.ResponseWriter, r *http.Request) {
		var m struct {
			MsgType string `json:"msgtype"`
			AgentID string `json:"agentid"`
			Text    struct{ Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.MsgType != "text" || m.AgentID == "" || r.FormValue("access_token") != "token" {
			t.Errorf("not a message to WeCom: %+v, %v", m, err)
		}
		if len(m.Text.Content) > 2048 {
			t.Errorf("a notice of %d bytes is cut at 2,048", len(m.Text.Content))
		}
		w.notices <- m.Text.Content
		io.WriteString(rw, `{"errcode":0,"errmsg":"ok"}`)
	})
	mux.HandleFunc("POST /heartbeat", func(http.ResponseWriter, *http.Request) {
		select {
		case w.beats <- struct{}{}:
		default:
		}
	})
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w
}

// until returns the first notice that holds all words.
func (w *wecom) until(t *testing.T, words ...string) string {
	t.Helper()
	limit := time.After(90 * time.Second)
	for {
		select {
		case n := <-w.notices:
			t.Logf("WeCom shows:\n%s", n)
			all := true
			for _, word := range words {
				all = all && strings.Contains(n, word)
			}
			if all {
				return n
			}
		case <-limit:
			t.Fatalf("no notice with %q came", words)
		}
	}
}

// adapted copies a shipped file into dir with other addresses and shorter times.
func adapted(t *testing.T, dir, file string, replace ...string) {
	t.Helper()
	text := string(read(t, file))
	for i := 0; i < len(replace); i += 2 {
		re := regexp.MustCompile(replace[i])
		if !re.MatchString(text) {
			t.Fatalf("%s has nothing like %s any more", file, replace[i])
		}
		text = re.ReplaceAllString(text, replace[i+1])
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freeAddress is one that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// background runs a program until the test ends; what it says is shown when the
// test fails.
func background(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait() // it was told to end
		if t.Failed() {
			t.Logf("%s said:\n%s", name, read(t, log.Name()))
		}
		log.Close()
	})
}

// A backlog on a running node reaches people through Prometheus and Alertmanager
// with the files that ship, and so does its end. Only addresses and times differ.
func TestBacklogReachesWeCom(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	prometheus, alertmanager := program(t, "prometheus"), program(t, "alertmanager", "prometheus-alertmanager")
	var ahead atomic.Int64 // of the node's clock
	s := serveDemo(t, nil, WithClock(func() time.Time {
		return time.Now().Add(time.Duration(ahead.Load())).UTC().Truncate(time.Microsecond)
	}))
	wecom := newWecom(t)
	manager, monitor := freeAddress(t), freeAddress(t)
	dir := t.TempDir()
	adapted(t, dir, "deploy/prometheus/rules.yml", `for: \d+[sm]`, "for: 1s")
	adapted(t, dir, "deploy/prometheus/prometheus.yml",
		`_interval: 15s`, "_interval: 1s", `alertmanager:9093`, manager, `"node1:8080", "node2:8080"`, `"`+strings.TrimPrefix(s.base, "http://")+`"`, `localhost:9090`, monitor)
	adapted(t, dir, "deploy/alertmanager/alertmanager.yml",
		`group_wait: \d+s`, "group_wait: 1s", `group_interval: 1m`, "group_interval: 1s", `https://qyapi.weixin.qq.com`, wecom.URL,
		`https://heartbeat.example.com/frontdesk`, wecom.URL+"/heartbeat")
	adapted(t, dir, "deploy/alertmanager/wecom.tmpl")
	background(t, alertmanager, "--config.file="+dir+"/alertmanager.yml", "--storage.path="+dir+"/alerts", "--web.listen-address="+manager, "--cluster.listen-address=")
	background(t, prometheus, "--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/series", "--web.listen-address="+monitor, "--rules.alert.resend-delay=1s")

	// The only agent has as many chats as allowed; the next visitor waits.
	who := s.agent()
	one, err := s.app.desk.PutAgent(t.Context(), handoff.Agent{Workspace: id.DefaultWorkspace, ID: who, Name: "Lin", Capacity: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.visitor().ask("I want to talk to a person")
	s.accept(one.ID)
	s.visitor().ask("I want to talk to a person, please")
	stop := keepAlive(t, s, who)
	defer stop()
	for range 24 { // six minutes in steps in which nobody takes the agent for gone
		ahead.Add(int64(15 * time.Second))
		if err := s.app.desk.Beat(t.Context(), id.DefaultWorkspace, []bot.AgentID{who}); err != nil {
			t.Fatal(err)
		}
	}
	wecom.until(t, "[PAGE]", "FrontdeskQueueOld", "A visitor waits for")
	select {
	case <-wecom.beats:
	case <-time.After(30 * time.Second):
		t.Error("the watchdog is silent")
	}

	// Somebody has time: the chat is accepted, and the notice of the end follows.
	if _, err := s.app.desk.PutAgent(t.Context(), handoff.Agent{Workspace: id.DefaultWorkspace, ID: who, Name: "Lin", Capacity: 5}); err != nil {
		t.Fatal(err)
	}
	s.accept(who)
	wecom.until(t, "[RESOLVED]", "FrontdeskQueueOld")
}

// keepAlive gives an agent's signs of life until it is stopped.
func keepAlive(t *testing.T, s *served, who bot.AgentID) (stop func()) {
	t.Helper()
	beat := func(ctx context.Context) {
		if err := s.app.desk.Beat(ctx, id.DefaultWorkspace, []bot.AgentID{who}); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}
	beat(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				beat(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}
