package testenv

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MailServer is a mail server of a test's own: Exim takes mails for support, ann
// and bob at any domain, with or without +SUFFIX, and Dovecot lets them be read. It
// refuses the address refused.
type MailServer struct {
	SMTP, IMAP string // HOST:PORT, without TLS; every name signs in with MailPassword

	dir string
}

// MailPassword opens every mailbox of a MailServer.
const MailPassword = "secret"

const eximConfig = `
primary_hostname = mail.test
exim_user = USER
exim_group = GROUP
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
pid_file_path = DIR/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = PORT
host_lookup =
tls_advertise_hosts =
rfc1413_query_timeout = 0s
keep_environment =
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
begin acl
rcpt:
  deny local_parts = refused
       message = no such mailbox
  accept
begin routers
all:
  driver = accept
  local_parts = support : ann : bob
  local_part_suffix = +*
  local_part_suffix_optional
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = DIR/mail/$local_part_data
  create_directory
  envelope_to_add
  return_path_add
  user = USER
  group = GROUP
begin retry
* * F,1h,1s
`

// dovecotConfig is of Dovecot 2.3; newer ones are configured otherwise.
const dovecotConfig = `
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log/dovecot
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = USER
default_login_user = USER
default_internal_group = GROUP
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:DIR/mail/%n
passdb {
  driver = static
  args = password=` + MailPassword + `
}
userdb {
  driver = static
  args = uid=USER gid=GROUP home=DIR/mail/%n
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = PORT
  }
  inet_listener imaps {
    port = 0
  }
}
`

// Mail starts a mail server that ends with the test.
func Mail(t testing.TB) *MailServer {
	t.Helper()
	exim, err1 := findProgram("exim4")
	dovecot, err2 := findProgram("dovecot")
	if err1 != nil || err2 != nil {
		Absent(t, "exim4 or dovecot-imapd is not installed; run make setup")
	}
	if said, err := exec.Command(dovecot, "--version").Output(); err != nil || !strings.HasPrefix(string(said), "2.3.") {
		Absent(t, "Dovecot 2.3 is needed, this is %q, %v", said, err)
	}
	me, cred, err := mailUser()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "frontdesk-mail-") // not the test's own, whose path is too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &MailServer{dir: dir}
	for _, sub := range []string{"", "spool", "mail", "run", "state", "log"} {
		path := filepath.Join(dir, sub)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if cred != nil {
			if err := os.Chown(path, int(cred.Uid), int(cred.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := func(name, text, program string, args ...string) string {
		t.Helper()
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".conf")
		text = strings.NewReplacer("DIR", dir, "USER", me.Username, "GROUP", groupOf(me), "PORT", fmt.Sprint(port)).Replace(text)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for i, a := range args {
			args[i] = strings.ReplaceAll(a, "FILE", file)
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		m.run(t, name, address, cred, program, args...)
		return address
	}
	m.SMTP = start("exim", eximConfig, exim, "-C", "FILE", "-bdf", "-q1m")
	m.IMAP = start("dovecot", dovecotConfig, dovecot, "-F", "-c", "FILE")
	return m
}

// findProgram looks in PATH and where daemons are, which not everybody's PATH has.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name)
	}
	return path, err
}

// mailUser is whom the servers run as: nobody in place of root, whom they refuse.
func mailUser() (*user.User, *syscall.Credential, error) {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		return u, nil, err
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, nil, err
	}
	cred, err := credentialOf(u.Uid, u.Gid)
	return u, cred, err
}

func groupOf(u *user.User) string {
	if g, err := user.LookupGroupId(u.Gid); err == nil {
		return g.Name
	}
	return u.Gid
}

// run runs one of the servers until the test ends, and returns when it listens.
func (m *MailServer) run(t testing.TB, name, address string, cred *syscall.Credential, program string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(m.dir, name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM, Credential: cred}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its log
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		<-ended
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(m.dir, "log", "*"))
			for _, path := range append(logs, log.Name()) {
				said, err := os.ReadFile(path)
				t.Logf("%s (%v):\n%s", filepath.Base(path), err, said)
			}
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended at once", name)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen", name)
		}
	}
}

// Deliver hands a mail to the server. raw is the whole mail; its line ends may be
// of either kind.
func (m *MailServer) Deliver(t testing.TB, from, to, raw string) {
	t.Helper()
	if err := m.Send(from, to, raw); err != nil {
		t.Fatalf("deliver: %v", err)
	}
}

// Send is Deliver for other goroutines than the test's.
func (m *MailServer) Send(from, to, raw string) error {
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
	return smtp.SendMail(m.SMTP, nil, from, []string{to}, []byte(raw))
}

// Mails returns the mails in somebody's mailbox, the oldest first, and for each its
// Maildir flags, such as "S" for one that was seen.
func (m *MailServer) Mails(t testing.TB, name string) (raw, flags []string) {
	t.Helper()
	raw, flags, err := m.box(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw, flags
}

// Letter is a mail as its reader sees it.
type Letter struct {
	Header mail.Header
	Text   string // decoded, with line ends "\n"
}

// Letters returns the mails in somebody's mailbox, the oldest first.
func (m *MailServer) Letters(name string) ([]Letter, error) {
	raw, _, err := m.box(name)
	if err != nil {
		return nil, err
	}
	var out []Letter
	for _, text := range raw {
		l, err := letter(text)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func letter(raw string) (Letter, error) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Letter{}, err
	}
	body := m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	return Letter{m.Header, strings.ReplaceAll(string(text), "\r\n", "\n")}, err
}

func (m *MailServer) box(name string) (raw, flags []string, err error) {
	var files []string
	for _, sub := range []string{"new", "cur"} {
		got, err := filepath.Glob(filepath.Join(m.dir, "mail", name, sub, "*"))
		if err != nil {
			return nil, nil, err
		}
		files = append(files, got...)
	}
	age := func(path string) time.Time {
		if i, err := os.Stat(path); err == nil {
			return i.ModTime()
		}
		return time.Time{} // it moved meanwhile, and is left out below
	}
	slices.SortFunc(files, func(a, b string) int { return age(a).Compare(age(b)) })
	for _, f := range files {
		text, err := os.ReadFile(f)
		if os.IsNotExist(err) {
			continue // it moved meanwhile
		}
		if err != nil {
			return nil, nil, err
		}
		raw = append(raw, string(text))
		_, flag, _ := strings.Cut(filepath.Base(f), ":2,")
		flags = append(flags, flag)
	}
	return raw, flags, nil
}
