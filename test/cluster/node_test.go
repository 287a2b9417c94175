package cluster

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
)

// node is one frontdesk process, and what it needs to be started again.
type node struct {
	name   string
	addr   string
	dir    string // of its data
	config string // path of its file
	env    []string
	binary string
	owner  testing.TB // the processes end with this test, not with the fault that restarts them
	args   []string   // of every start
	proc   *proc
	front  *faultproxy.Proxy // between clients and this node
}

// nodeOptions are what differs from node to node.
type nodeOptions struct {
	name     string
	dir      string // of its data, where nodes share one; "": one of its own
	model    string // URL of the model's endpoint; "": none
	postgres string // DSN; "": SQLite
	redis    string // URL; "": none
	public   string // address under which browsers see it
	extra    string // more lines of the configuration
}

func newNode(t testing.TB, dir, binary string, o nodeOptions) *node {
	t.Helper()
	n := &node{name: o.name, addr: loopback(freePort(t)), dir: filepath.Join(dir, o.name), binary: binary, owner: t}
	if o.dir != "" {
		n.dir = o.dir
	}
	var c strings.Builder
	fmt.Fprintf(&c, "server:\n  addr: %s\n  trusted_proxies: [127.0.0.1]\n", n.addr)
	if o.public != "" {
		fmt.Fprintf(&c, "  public_url: %s\n", o.public)
	}
	if o.postgres != "" {
		fmt.Fprintf(&c, "  node: %s\n", n.name)
	}
	fmt.Fprintf(&c, "storage:\n  dir: %s\n", n.dir)
	if o.postgres != "" {
		fmt.Fprintf(&c, "  postgres: %s\n", o.postgres)
	}
	if o.redis != "" {
		fmt.Fprintf(&c, "redis:\n  url: %s\n", o.redis)
	}
	if o.model != "" {
		fmt.Fprintf(&c, "llm:\n  url: %s\n  model: scripted\n", o.model)
	}
	// One machine plays everybody: limits by visitor and address are not what is under test.
	c.WriteString("limits:\n  messages_per_minute: 100000\n  sockets_per_address: 20000\n  conversations_per_hour: 100000\n")
	c.WriteString(o.extra)
	n.config = filepath.Join(dir, o.name+".yaml")
	if err := os.WriteFile(n.config, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

// start starts the node and waits until it is ready.
func (n *node) start(t testing.TB, args ...string) {
	t.Helper()
	n.launch(args...)
	if !until(60*time.Second, func() bool { return n.ready() || !n.proc.alive() }) || !n.proc.alive() {
		t.Fatalf("node %s is not ready:\n%s", n.name, n.proc.tail())
	}
}

// launch starts the node.
func (n *node) launch(args ...string) {
	n.proc = spawn(n.owner, filepath.Dir(n.config), n.name, n.env, n.binary, append(append([]string{"serve", "--config", n.config}, n.args...), args...)...)
}

// ready reports whether the node says so.
func (n *node) ready() bool {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get("http://" + n.addr + "/readyz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// metric sums the samples of a metric whose labels contain all of with.
func (n *node) metric(name string, with ...string) float64 {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get("http://" + n.addr + "/metrics")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	sum := 0.0
lines:
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, name) || len(line) == len(name) || line[len(name)] != '{' && line[len(name)] != ' ' {
			continue
		}
		for _, w := range with {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		if v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64); err == nil {
			sum += v
		}
	}
	return sum
}

// rss is the resident memory of the node in bytes.
func (n *node) rss() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", n.proc.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// edit changes the node's configuration; it counts from the next start.
func edit(t testing.TB, n *node, change func(text string) string) {
	t.Helper()
	text, err := os.ReadFile(n.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.config, []byte(change(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}
