package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/faultproxy"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// services are what a cluster has around its nodes.
type services struct {
	primary, standby *testenv.Server
	database         string
	nginx            *proc
	redis            *proc
	redisPort        int
	owner            testing.TB
	toPrimary        []*faultproxy.Proxy // by node
	toStandby        []*faultproxy.Proxy
	toRedis          []*faultproxy.Proxy
	disk             string // mount point of the small filesystem
}

// clusterOptions shape a cluster.
type clusterOptions struct {
	nodes   int
	standby bool
	extra   string   // more lines of every node's configuration
	binary  []string // by node; "": the program under test
	args    [][]string
	share   *bed // use its Postgres and Redis, with a database of our own
	small   bool // the database lies on a filesystem of its own that can be filled
	bare    bool // no proxy on any line: what is measured is not to be the proxies
}

// require skips where a service is absent, or fails where everything has to be there.
func require(t testing.TB, err error, what string) {
	t.Helper()
	if err == nil {
		return
	}
	testenv.Absent(t, "%s: %v", what, err)
}

// newCluster is two nodes behind nginx on Postgres with a synchronous standby
// and Redis, with a proxy on every line.
func newCluster(t testing.TB, full bool) *bed {
	t.Helper()
	return startCluster(t, full, clusterOptions{nodes: 2, standby: true})
}

func startCluster(t testing.TB, full bool, o clusterOptions) *bed {
	t.Helper()
	b := newBed(t, full)
	b.services = &services{database: fmt.Sprintf("bed_%d", os.Getpid()), owner: t}
	for _, program := range []string{"nginx", "redis-server"} {
		_, err := exec.LookPath(program)
		require(t, err, program)
	}
	if o.share != nil {
		b.primary, b.standby, b.redisPort = o.share.primary, o.share.standby, o.share.redisPort
		b.database += fmt.Sprintf("_%d", freePort(t))
	} else {
		b.startPostgres(t, o.standby)
		b.redisPort = freePort(t)
		b.startRedis()
	}
	create := "CREATE DATABASE " + b.database
	if o.small {
		create += " TABLESPACE " + b.smallDisk(t)
	}
	if err := b.primary.Exec(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	listen := loopback(freePort(t))
	for i := range o.nodes {
		name := string(rune('a' + i))
		hosts, redis := b.lines(t, o.bare)
		program := b.binary
		if i < len(o.binary) && o.binary[i] != "" {
			program = o.binary[i]
		}
		n := newNode(t, b.dir, program, nodeOptions{
			name: name, model: b.model.URL(), extra: o.extra, redis: "redis://" + redis,
			postgres: fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable&target_session_attrs=read-write", hosts, b.database),
		})
		if i < len(o.args) {
			n.args = o.args[i]
		}
		b.nodes = append(b.nodes, n)
	}
	b.nodes[0].start(t, "--demo")
	for _, n := range b.nodes[1:] {
		n.start(t)
	}
	b.startNginx(t, listen)
	b.front = listen
	if !o.bare {
		b.openDoors(t, listen)
	}
	return b
}

// lines returns where the next node finds the database and Redis.
func (b *bed) lines(t testing.TB, bare bool) (hosts, redis string) {
	t.Helper()
	if bare {
		hosts = loopback(b.primary.Port)
		if b.standby != nil {
			hosts += "," + loopback(b.standby.Port)
		}
		return hosts, loopback(b.redisPort)
	}
	line := proxy(t, loopback(b.primary.Port))
	b.toPrimary = append(b.toPrimary, line)
	hosts = line.Addr()
	if b.standby != nil {
		line = proxy(t, loopback(b.standby.Port))
		b.toStandby = append(b.toStandby, line)
		hosts += "," + line.Addr()
	}
	line = proxy(t, loopback(b.redisPort))
	b.toRedis = append(b.toRedis, line)
	return hosts, line.Addr()
}

func (b *bed) startPostgres(t testing.TB, standby bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	p, err := testenv.StartPostgres(ctx, testenv.Options{Durable: true})
	if errors.Is(err, testenv.ErrNoPostgres) {
		require(t, err, "Postgres")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, p) })
	b.primary = p
	if standby {
		b.follow(ctx, t, true)
	}
}

// follow gives the primary a standby.
func (b *bed) follow(ctx context.Context, t testing.TB, synchronous bool) {
	t.Helper()
	s, err := b.primary.Standby(ctx, testenv.Options{Durable: true}, synchronous)
	if err != nil {
		t.Fatal(err)
	}
	b.owner.Cleanup(func() { closeServer(b.owner, s) })
	b.standby = s
}

func closeServer(t testing.TB, s *testenv.Server) {
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func (b *bed) startRedis() {
	b.redis = spawn(b.owner, b.dir, "redis", nil, "redis-server", "--port", fmt.Sprint(b.redisPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", b.dir)
	if !until(10*time.Second, func() bool { return b.redisSays("PING") == "+PONG" }) {
		b.owner.Fatalf("Redis does not answer:\n%s", b.redis.tail())
	}
}

// redisSays sends one inline command to Redis itself and returns the first line.
func (b *bed) redisSays(command string) string {
	c, err := net.DialTimeout("tcp", loopback(b.redisPort), time.Second)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err.Error()
	}
	if _, err := c.Write([]byte(command + "\r\n")); err != nil {
		return err.Error()
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(line)
}

func (b *bed) startNginx(t testing.TB, listen string) {
	t.Helper()
	text, err := os.ReadFile("testdata/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, "nginx.conf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	for _, n := range b.nodes {
		nodes = append(nodes, n.addr)
	}
	err = template.Must(template.New("nginx").Parse(string(text))).Execute(f, map[string]any{"Dir": b.dir, "Nodes": nodes, "Listen": listen})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	b.nginx = spawn(t, b.dir, "nginx", nil, "nginx", "-c", path, "-p", b.dir, "-g", userOf())
	t.Cleanup(func() { // its workers would survive a SIGKILL of their master
		b.nginx.signal(syscall.SIGTERM)
		b.nginx.ended(10 * time.Second)
	})
	if !until(10*time.Second, func() bool {
		c, err := net.DialTimeout("tcp", listen, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	}) {
		t.Fatalf("nginx does not listen:\n%s", b.nginx.tail())
	}
}

// userOf keeps nginx's workers able to read the bed's folder.
func userOf() string {
	if os.Geteuid() == 0 {
		return "user root;"
	}
	return ""
}

// query asks Postgres itself for rows of text.
func (b *bed) query(t testing.TB, sql string, args ...any) [][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, b.primary.DSN(b.database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([]string, error) {
		values, err := r.Values()
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = fmt.Sprint(v)
		}
		return line, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// smallDisk mounts a small filesystem and makes a tablespace on it. The log of
// writes stays where it is: without room for that Postgres stops altogether.
func (b *bed) smallDisk(t testing.TB) (tablespace string) {
	t.Helper()
	info, err := os.Stat(b.primary.Dir)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	b.disk = b.primary.Dir + "-small"
	if err := os.Mkdir(b.disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", b.disk, "tmpfs", 0, "size=128m"); err != nil {
		require(t, err, "a small filesystem")
	}
	t.Cleanup(func() {
		// Runs before the server ends, which still holds files of it.
		if err := errors.Join(b.primary.Kill(), syscall.Unmount(b.disk, syscall.MNT_DETACH), os.Remove(b.disk)); err != nil {
			t.Error(err)
		}
	})
	data := filepath.Join(b.disk, "data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Chown(data, int(owner.Uid), int(owner.Gid))); err != nil {
		t.Fatal(err)
	}
	root, err := testenv.DataRoot()
	if err != nil {
		t.Fatal(err)
	}
	inside := data
	if root != os.TempDir() { // an unpacked system: its programs see its root as /
		inside = strings.TrimPrefix(data, filepath.Dir(root))
	}
	if err := b.primary.Exec(t.Context(), fmt.Sprintf("CREATE TABLESPACE small LOCATION '%s'", inside)); err != nil {
		t.Fatal(err)
	}
	return "small"
}

// fill leaves no room on the small filesystem; removing the file it returns
// makes room again.
func (b *bed) fill(t testing.TB) string {
	t.Helper()
	path := filepath.Join(b.disk, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			if len(block) == 1<<10 {
				return path
			}
			block = block[:len(block)/2]
		}
	}
}
