package frontdesk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// program returns the path of a program of another project, the first that there
// is of several names. Without it the test is skipped, or fails where everything
// must be there.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	testenv.Absent(t, "%s is not installed; run make setup", names[0])
	return ""
}

// succeeds runs a program in a folder and shows what it said when it fails.
func succeeds(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	if said, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, said)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rules are the files of rules as far as tests read them.
type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Record, Alert, Expr string
			Labels, Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) rules {
	t.Helper()
	var r rules
	if err := yaml.Unmarshal(read(t, "deploy/prometheus/rules.yml"), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// expressions are the queries of a dashboard, wherever they stand in it.
func expressions(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "expr" {
				out = append(out, s)
			}
			out = append(out, expressions(x)...)
		}
	case []any:
		for _, x := range v {
			out = append(out, expressions(x)...)
		}
	}
	return out
}

func dashboards(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("deploy/grafana/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("dashboards %v, %v", files, err)
	}
	out := map[string][]string{}
	uids := map[string]bool{}
	for _, f := range files {
		var d map[string]any
		if err := json.Unmarshal(read(t, f), &d); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		uid, _ := d["uid"].(string)
		if title, _ := d["title"].(string); uid == "" || uids[uid] || title == "" {
			t.Errorf("%s: uid %q and title %q must be there and be its own", f, uid, title)
		}
		uids[uid] = true
		if out[f] = expressions(d); len(out[f]) == 0 {
			t.Errorf("%s asks for nothing", f)
		}
	}
	return out
}

// registered lists the metrics of a running program and their labels, also those
// without a value yet.
func registered(t *testing.T, app *App) map[string][]string {
	t.Helper()
	descs := make(chan *prometheus.Desc, 1000)
	app.registry.Describe(descs)
	close(descs)
	// A description shows its name and labels only as text.
	shape := regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{(.*?)\}, variableLabels: \{(.*?)\}`)
	out := map[string][]string{"up": nil}
	for d := range descs {
		m := shape.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("a description has another shape: %s", d)
		}
		labels := []string{"job", "instance", "le", "quantile"}
		for _, l := range strings.Split(m[2]+","+m[3], ",") {
			name, _, _ := strings.Cut(l, "=")
			labels = append(labels, name)
		}
		out[m[1]] = labels
	}
	return out
}

var (
	metricName = regexp.MustCompile(`\b(frontdesk[_:][a-z0-9_:]+|go_[a-z0-9_]+|process_[a-z0-9_]+|up\b)(\{[^}]*\})?`)
	labelName  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
)

func TestRulesAndDashboardsAskForWhatThereIs(t *testing.T) {
	s := serveDemo(t, nil)
	known := registered(t, s.app)
	asked := map[string]string{} // by the place of the expression
	for _, g := range readRules(t).Groups {
		for _, r := range g.Rules {
			asked["rule "+r.Record+r.Alert] = r.Expr
			if r.Record != "" {
				known[r.Record] = nil
			}
		}
	}
	for file, list := range dashboards(t) {
		for i, e := range list {
			asked[fmt.Sprintf("%s, query %d", file, i+1)] = e
		}
	}
	used := map[string]bool{}
	for place, expr := range asked {
		found := metricName.FindAllStringSubmatch(expr, -1)
		if len(found) == 0 && !strings.Contains(expr, "vector(1)") {
			t.Errorf("%s asks for no metric: %s", place, expr)
		}
		for _, m := range found {
			name := m[1]
			if _, ok := known[name]; !ok {
				name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
			}
			labels, ok := known[name]
			if !ok {
				t.Errorf("%s asks for %s, which is not registered", place, m[1])
				continue
			}
			used[name] = true
			for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
				if name != "up" && !slices.Contains(labels, l[1]) {
					t.Errorf("%s asks for the label %s of %s, which has %v", place, l[1], name, labels)
				}
			}
		}
	}
	doc := string(read(t, "docs/operations.md"))
	for name := range known {
		if !strings.HasPrefix(name, "frontdesk_") {
			continue
		}
		if !used[name] {
			t.Errorf("%s stands on no dashboard and in no rule", name)
		}
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("%s is not in docs/operations.md", name)
		}
	}
}

func TestAlertsAreExplained(t *testing.T) {
	doc := string(read(t, "docs/operations.md"))
	seen := map[string]bool{}
	for _, g := range readRules(t).Groups {
		for _, r := range g.Rules {
			if r.Alert == "" {
				continue
			}
			if seen[r.Alert] {
				t.Errorf("%s is there twice", r.Alert)
			}
			seen[r.Alert] = true
			if !slices.Contains([]string{"page", "ticket", "none"}, r.Labels["severity"]) || r.Labels["area"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s lacks severity, area or summary: %v %v", r.Alert, r.Labels, r.Annotations)
			}
			if !strings.Contains(doc, "`"+r.Alert+"`") {
				t.Errorf("%s is not in docs/operations.md", r.Alert)
			}
		}
	}
	// Names in Alertmanager's configuration are those of rules.
	for _, name := range regexp.MustCompile(`Frontdesk[A-Za-z]+`).FindAllString(string(read(t, "deploy/alertmanager/alertmanager.yml")), -1) {
		if !seen[name] {
			t.Errorf("alertmanager.yml speaks of %s, which is no alert", name)
		}
	}
}

func TestPrometheusTakesRulesAndQueries(t *testing.T) {
	promtool := program(t, "promtool")
	succeeds(t, "deploy/prometheus", promtool, "check", "config", "prometheus.yml")
	succeeds(t, "deploy/prometheus", promtool, "test", "rules", "rules.test.yml")
	// The queries of dashboards, as rules of their own: promtool then reads them.
	var queries struct {
		Groups []map[string]any `yaml:"groups"`
	}
	n := 0
	for file, list := range dashboards(t) {
		var recorded []map[string]string
		for _, e := range list {
			n++
			recorded = append(recorded, map[string]string{"record": fmt.Sprintf("query:%d", n), "expr": strings.ReplaceAll(e, "$__rate_interval", "5m")})
		}
		queries.Groups = append(queries.Groups, map[string]any{"name": filepath.Base(file), "rules": recorded})
	}
	text, err := yaml.Marshal(queries)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "queries.yml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	succeeds(t, ".", promtool, "check", "rules", path)
}

func TestAlertmanagerTakesItsConfiguration(t *testing.T) {
	amtool := program(t, "amtool")
	succeeds(t, "deploy/alertmanager", amtool, "check-config", "alertmanager.yml")
	for _, c := range [][]string{
		{"wecom", "alertname=FrontdeskQueueOld", "severity=page", "area=desk"},
		{"wecom", "alertname=FrontdeskPolling", "severity=ticket", "area=transport"},
		{"watchdog", "alertname=FrontdeskWatchdog", "severity=none", "area=watchdog"},
	} {
		succeeds(t, "deploy/alertmanager", amtool, append([]string{"config", "routes", "test", "--config.file=alertmanager.yml", "--verify.receivers=" + c[0]}, c[1:]...)...)
	}
}

// WeCom takes 20 messages a minute. Alertmanager speaks once a group_interval and
// group, however many alerts are in it.
func TestNoticesStayBelowTheLimitOfWeCom(t *testing.T) {
	var c struct {
		Route struct {
			GroupBy       []string `yaml:"group_by"`
			GroupInterval string   `yaml:"group_interval"`
		}
	}
	if err := yaml.Unmarshal(read(t, "deploy/alertmanager/alertmanager.yml"), &c); err != nil {
		t.Fatal(err)
	}
	every, err := time.ParseDuration(c.Route.GroupInterval)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]bool{}
	for _, g := range readRules(t).Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Labels["severity"] == "none" {
				continue
			}
			key := ""
			for _, l := range c.Route.GroupBy {
				key += r.Labels[l] + " "
			}
			groups[key] = true
		}
	}
	if most := float64(len(groups)) * float64(time.Minute) / float64(every); len(groups) < 5 || most > 20 {
		t.Errorf("%v notices a minute from %d groups", most, len(groups))
	}
}

// nginx reads the shipped files; only names that need the network, and the
// folders of an installation, are others.
func TestNginxTakesItsConfiguration(t *testing.T) {
	nginx := program(t, "nginx", "/usr/sbin/nginx")
	dir := t.TempDir()
	for _, name := range []string{"nginx.conf", "proxy.conf", "upstream.conf"} {
		text := string(read(t, "deploy/nginx/"+name))
		for _, r := range [][2]string{{"node1:8080", "127.0.0.1:1"}, {"node2:8080", "127.0.0.1:2"}, {"/run/nginx.pid", dir + "/nginx.pid"}, {"/dev/stdout", dir + "/access.log"}} {
			text = strings.ReplaceAll(text, r[0], r[1])
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mime, err := os.ReadFile("/etc/nginx/mime.types")
	if err != nil {
		mime = []byte("types { text/html html; }\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "mime.types"), mime, 0o600); err != nil {
		t.Fatal(err)
	}
	testenv.SelfSigned(t, filepath.Join(dir, "tls"))
	succeeds(t, dir, nginx, "-t", "-q", "-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
}

// composed is the compose file as far as tests read it.
type composed struct {
	Services map[string]struct {
		Image   string
		Build   struct{ Context, Dockerfile string }
		Volumes []string
		Depends any      `yaml:"depends_on"`
		Nets    []string `yaml:"networks"`
	}
	Networks, Volumes map[string]any
}

func TestComposeNamesWhatThereIs(t *testing.T) {
	var c composed
	if err := yaml.Unmarshal(read(t, "deploy/compose.yaml"), &c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nginx", "node1", "node2", "postgres", "redis", "prometheus", "alertmanager"} {
		if _, ok := c.Services[want]; !ok {
			t.Errorf("there is no service %s", want)
		}
	}
	exists := func(service, path string) {
		if _, err := os.Stat(filepath.Join("deploy", path)); err != nil {
			t.Errorf("%s names %s, which is not there", service, path)
		}
	}
	for name, s := range c.Services {
		if s.Image == "" || strings.HasSuffix(s.Image, ":latest") {
			t.Errorf("%s: image %q names no version", name, s.Image)
		}
		if s.Build.Context != "" {
			exists(name, filepath.Join(s.Build.Context, s.Build.Dockerfile))
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(source, ".") {
				exists(name, source)
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("%s: the volume %s is not declared", name, source)
			}
		}
		for _, n := range s.Nets {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s: the network %s is not declared", name, n)
			}
		}
		var needs []string
		switch d := s.Depends.(type) {
		case []any:
			for _, x := range d {
				needs = append(needs, fmt.Sprint(x))
			}
		case map[string]any:
			needs = slices.Collect(maps.Keys(d))
		}
		for _, n := range needs {
			if _, ok := c.Services[n]; !ok {
				t.Errorf("%s depends on %s, which is no service", name, n)
			}
		}
	}
	// Every variable of the compose file is in the example.
	example := read(t, "deploy/example.env")
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)`).FindAllSubmatch(read(t, "deploy/compose.yaml"), -1) {
		if !bytes.Contains(example, append(m[1], '=')) {
			t.Errorf("%s is not in example.env", m[1])
		}
	}
}

// The file and the environment of the nodes are a configuration.
func TestShippedConfigurationIsValid(t *testing.T) {
	var c struct {
		Env map[string]string `yaml:"x-env"`
	}
	if err := yaml.Unmarshal(read(t, "deploy/compose.yaml"), &c); err != nil {
		t.Fatal(err)
	}
	environ := []string{"FRONTDESK_SERVER_NODE=node1"}
	for k, v := range c.Env {
		environ = append(environ, k+"="+os.Expand(v, func(name string) string { return strings.ToLower(strings.TrimSuffix(name, ":-")) }))
	}
	got, err := LoadConfig("deploy/frontdesk.yaml", environ, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Storage.Postgres == "" || got.Redis.URL == "" || len(got.Server.TrustedProxies) == 0 || got.Server.PublicURL == "" {
		t.Errorf("the nodes of the compose file lack something: %+v", got)
	}
}

func TestSystemdTakesItsUnits(t *testing.T) {
	analyze := program(t, "systemd-analyze")
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	units, err := filepath.Glob("deploy/systemd/*")
	if err != nil || len(units) == 0 {
		t.Fatalf("units %v, %v", units, err)
	}
	args := []string{"verify", "--man=no"}
	for _, u := range units {
		path := filepath.Join(dir, filepath.Base(u))
		text := strings.ReplaceAll(string(read(t, u)), "/usr/local/bin/frontdesk", self)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	succeeds(t, dir, analyze, args...)
}
