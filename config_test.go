package frontdesk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frontdesk.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfigLayers(t *testing.T) {
	path := write(t, "server:\n  addr: 0.0.0.0:1\n  trusted_proxies: [10.0.0.0/8]\nlog:\n  level: warn\ndesk:\n  offer_for: 10s\n")
	got, err := LoadConfig(path, []string{"FRONTDESK_LOG_LEVEL=error", "FRONTDESK_LLM_SECOND_URL=http://b/v1", "HOME=/x", "FRONTDESK_TEST_POSTGRES=x"},
		map[string]any{"server.addr": "127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.Server.Addr = "127.0.0.1:9"
	want.Server.TrustedProxies = []string{"10.0.0.0/8"}
	want.Log.Level = "error"
	want.LLM.Second = "http://b/v1"
	want.Desk.OfferFor = 10 * time.Second
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("layers (-want +got):\n%s", d)
	}
}

func TestLoadConfigReportsEverythingAtOnce(t *testing.T) {
	path := write(t, "server:\n  adr: x\nlog:\n  level: loud\n")
	_, err := LoadConfig(path, []string{"FRONTDESK_SPEED=9"}, map[string]any{"llm.url": "ftp://x"})
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("kind = %v (%v), want invalid", fault.KindOf(err), err)
	}
	var names []string
	for _, f := range fields(err) {
		names = append(names, f.Name)
	}
	want := []string{"server.adr", "FRONTDESK_SPEED", "llm.url", "llm.model", "log.level"}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
}

func TestLoadConfigNamesTheFile(t *testing.T) {
	_, err := LoadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("missing file: got %v, want its name", err)
	}
	_, err = LoadConfig(write(t, "server: [\n"), nil, nil)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("broken YAML: got %v, want invalid", err)
	}
}

func TestSecretHidesItself(t *testing.T) {
	if got := Secret("sk-1").String(); got != "[redacted]" {
		t.Errorf("Secret prints as %q", got)
	}
}

func fields(err error) []fault.Field {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	return f.Fields
}

func TestVectorsNeedAPlace(t *testing.T) {
	for _, c := range []struct{ vectors, postgres, says string }{
		{"memory", "", ""},
		{"memory", "postgres://db/x", ""},
		{"postgres", "postgres://db/x", ""},
		{"postgres", "", "needs storage.postgres"},
		{"disk", "postgres://db/x", "want memory or postgres"},
	} {
		config := Defaults()
		config.Search.Vectors, config.Storage.Postgres = c.vectors, Secret(c.postgres)
		got := ""
		for _, p := range config.Problems() {
			got += p.Name + ": " + p.Problem
		}
		if c.says == "" && got != "" || c.says != "" && (!strings.Contains(got, c.says) || !strings.HasPrefix(got, "search.vectors")) {
			t.Errorf("%+v: problems %q", c, got)
		}
	}
}

func TestMailConfig(t *testing.T) {
	for name, c := range map[string]struct {
		mail MailConfig
		want string
	}{
		"none":          {MailConfig{Poll: time.Second}, ""},
		"half":          {MailConfig{Poll: time.Second, From: "a@b.test"}, "mail.smtp"},
		"no poll":       {MailConfig{}, "mail.poll"},
		"wrong servers": {MailConfig{Poll: time.Second, SMTP: "x", IMAP: "y", From: "z", Key: "short"}, "mail.smtp mail.imap mail.from mail.key"},
	} {
		conf := Defaults()
		conf.Mail = c.mail
		var names []string
		for _, f := range conf.Problems() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: problems with %q, want %q", name, got, c.want)
		}
	}
}
