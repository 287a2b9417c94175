package testenv

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Nginx serves https://PUBLIC from two nodes, each HOST:PORT, with the files of
// the folder deploy/nginx; only addresses and the places of an installation
// differ. It ends with the test.
func Nginx(t testing.TB, shipped, public string, nodes [2]string) {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/nginx") // not everybody's PATH has it
	}
	if err != nil {
		Absent(t, "nginx is not installed; run make setup")
	}
	dir := t.TempDir()
	nginxFiles(t, shipped, dir, public, nodes)
	log, err := os.Create(filepath.Join(dir, "error.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-g", "daemon off;")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its log
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // not SIGKILL, which its workers would survive
		<-ended
		if said, err := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("nginx said (%v):\n%s", err, said)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		if c, err := net.DialTimeout("tcp", public, time.Second); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("nginx ended at once")
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not listen")
		}
	}
}

// nginxFiles writes the shipped files as they are on this machine.
func nginxFiles(t testing.TB, shipped, dir, public string, nodes [2]string) {
	t.Helper()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	temporary := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += fmt.Sprintf("    %s_temp_path %s/%s;\n", kind, dir, kind)
	}
	replaced := map[string][]string{
		"proxy.conf":    nil,
		"upstream.conf": {"node1:8080", nodes[0], "node2:8080", nodes[1]},
		"nginx.conf": {
			"listen [::]:80 default_server;", "", "listen [::]:443 ssl default_server;", "",
			"listen 80 ", fmt.Sprintf("listen 127.0.0.1:%d ", port), "listen 443 ", "listen " + public + " ",
			"/run/nginx.pid", dir + "/nginx.pid", "/dev/stdout", dir + "/access.log", "worker_processes auto", "worker_processes 1",
			"    include mime.types;\n", temporary,
		},
	}
	for name, pairs := range replaced {
		text, err := os.ReadFile(filepath.Join(shipped, name))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(string(text), pairs[i]) {
				t.Fatalf("%s has no %q any more", name, pairs[i])
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	SelfSigned(t, filepath.Join(dir, "tls"))
}
