package testenv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options of StartPostgres. The zero value is a fast server on a free port.
type Options struct {
	Dir      string            // new data folder in DataRoot; "": one that Close removes
	Port     int               // 0: a free one
	Durable  bool              // a commit is on disk when it returns; false: fast, and a power cut loses data
	Settings map[string]string // of postgresql.conf, over ours
}

// Server is a PostgreSQL of a test's own. Its methods are for one goroutine.
type Server struct {
	Dir  string // data folder, as this process sees it
	Port int

	in     install
	temp   bool
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
}

// superuser is the role that initdb makes; local connections need no password.
const superuser = "postgres"

// StartPostgres makes a data folder and starts a server on it; Close ends it.
// Error: ErrNoPostgres when the machine has none.
func StartPostgres(ctx context.Context, o Options) (_ *Server, err error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	args := []string{"-D", "", "-U", superuser, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"}
	if !o.Durable {
		args = append(args, "--no-sync")
	}
	if args[1], err = s.in.inside(s.Dir); err != nil {
		return nil, err
	}
	if err := s.run(ctx, "initdb", args...); err != nil {
		return nil, err
	}
	if err := s.configure(o); err != nil {
		return nil, err
	}
	return s, s.Start(ctx)
}

// newServer makes the empty folder of a server.
func newServer(o Options) (*Server, error) {
	in, err := findInstall()
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: o.Dir, Port: o.Port, in: in}
	if s.Dir == "" {
		if s.Dir, err = os.MkdirTemp(in.dataRoot(), "frontdesk-"); err != nil {
			return nil, err
		}
		s.temp = true
	} else if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	if in.cred != nil {
		if err := os.Chown(s.Dir, int(in.cred.Uid), int(in.cred.Gid)); err != nil {
			return nil, err
		}
	}
	if s.Port == 0 {
		if s.Port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	s.name = "s" + strconv.Itoa(s.Port)
	return s, nil
}

// FreePort is a TCP port of 127.0.0.1 that nobody listens on now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// configure appends settings to postgresql.conf; later lines win.
func (s *Server) configure(o Options) error {
	inside, err := s.in.inside(s.Dir)
	if err != nil {
		return err
	}
	on := "off"
	if o.Durable {
		on = "on"
	}
	settings := map[string]string{
		"port": strconv.Itoa(s.Port), "listen_addresses": "127.0.0.1", "unix_socket_directories": inside,
		"fsync": on, "synchronous_commit": on, "full_page_writes": on,
		"max_connections": "300", "shared_buffers": "128MB", "max_wal_size": "1GB", "wal_level": "replica",
		"dynamic_shared_memory_type": "mmap", "cluster_name": s.name, "log_checkpoints": "off", "autovacuum_naptime": "15s",
	}
	for k, v := range o.Settings {
		settings[k] = v
	}
	var b strings.Builder
	for k, v := range settings {
		fmt.Fprintf(&b, "%s = '%s'\n", k, v)
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}

// run runs one of the server's programs to its end.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.in.bin, program), args...)
	cmd.SysProcAttr, cmd.Dir, cmd.Env = s.in.attributes(), "/", []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, said.String())
	}
	return nil
}

// command is the server process itself, its log in the data folder.
func (s *Server) command() (*exec.Cmd, error) {
	inside, err := s.in.inside(s.Dir)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.in.bin, "postgres"), "-D", inside)
	cmd.SysProcAttr, cmd.Dir, cmd.Env = s.in.attributes(), "/", []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, cmd.Start()
}

// Log is the file that the server logs to.
func (s *Server) Log() string { return s.Dir + ".log" }

// Start starts a stopped server and waits until it answers.
func (s *Server) Start(ctx context.Context) error {
	cmd, err := s.command()
	if err != nil {
		return err
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		_ = cmd.Wait() // how it ended is in its log
	}(s.exited)
	return s.await(ctx)
}

// await waits until the server takes connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w; see %s", err, s.Log())
		case <-s.exited:
			text, _ := os.ReadFile(s.Log())
			return fmt.Errorf("the server ended: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// DSN connects to a database of the server as its superuser.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, s.Port, database)
}

// Exec runs one statement as the superuser in the database postgres.
func (s *Server) Exec(ctx context.Context, query string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, query)
	return errors.Join(err, conn.Close(ctx))
}

// Kill ends the server at once, as `pg_ctl stop -m immediate`: nothing is
// flushed, connections break, the next start recovers.
func (s *Server) Kill() error { return s.signal(syscall.SIGQUIT) }

// Stop ends the server in order, breaking connections.
func (s *Server) Stop() error { return s.signal(syscall.SIGINT) }

func (s *Server) signal(sig syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	if err == nil {
		<-s.exited
		s.cmd = nil
	}
	return err
}

// Restart kills the server and starts it again on the same data and port.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Kill(); err != nil {
		return err
	}
	return s.Start(ctx)
}

// Standby starts a streaming copy of the server and waits until it follows. With
// synchronous set, the server acknowledges a commit only when the copy has it.
func (s *Server) Standby(ctx context.Context, o Options, synchronous bool) (_ *Server, err error) {
	c, err := newServer(o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	inside, err := c.in.inside(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := c.run(ctx, "pg_basebackup", "-D", inside, "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-d", fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s", s.Port, superuser, c.name)); err != nil {
		return nil, err
	}
	if o.Settings == nil {
		o.Settings = map[string]string{}
	}
	if err := c.configure(o); err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	want := "streaming"
	if synchronous {
		if err := s.Exec(ctx, fmt.Sprintf(`ALTER SYSTEM SET synchronous_standby_names = '%s'`, c.name)); err != nil {
			return nil, err
		}
		if err := s.Exec(ctx, `SELECT pg_reload_conf()`); err != nil {
			return nil, err
		}
		want = "sync"
	}
	return c, s.awaitRow(ctx, fmt.Sprintf(
		`SELECT 1 FROM pg_stat_replication WHERE application_name = '%s' AND '%s' IN (state, sync_state)`, c.name, want))
}

// Promote makes a standby a server of its own that takes writes. It waits for no
// copy: the server it followed is taken for dead.
func (s *Server) Promote(ctx context.Context) error {
	if err := s.Exec(ctx, `SELECT pg_promote()`); err != nil {
		return err
	}
	if err := s.awaitRow(ctx, `SELECT 1 WHERE NOT pg_is_in_recovery()`); err != nil {
		return err
	}
	// The setting was copied from the old primary's data folder.
	if err := s.Exec(ctx, `ALTER SYSTEM RESET synchronous_standby_names`); err != nil {
		return err
	}
	return s.Exec(ctx, `SELECT pg_reload_conf()`)
}

// awaitRow waits until a query returns a row.
func (s *Server) awaitRow(ctx context.Context, query string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // only read
	for {
		var one int
		err := conn.QueryRow(ctx, query).Scan(&one)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("in vain: %s: %w", query, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close kills the server and removes a folder that was made for it.
func (s *Server) Close() error {
	err := s.Kill()
	if s.temp {
		err = errors.Join(err, os.RemoveAll(s.Dir), os.RemoveAll(s.Log()))
	}
	return err
}
