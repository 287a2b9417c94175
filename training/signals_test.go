package training

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestShippedSignalExamplesAreSound(t *testing.T) {
	examples, err := ReadSignals(os.DirFS("data/signals"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[intents.Signal]int{}
	wants := map[string]bool{}
	for _, e := range examples {
		if strings.ContainsAny(e.Text, "{}") {
			t.Errorf("an unfilled slot: %q", e.Text)
		}
		want := false
		for _, s := range e.Signals {
			count[s]++
			want = want || s == intents.SignalWantsPerson
		}
		if before, ok := wants[e.Text]; ok && before != want && !e.Repeated {
			t.Errorf("%q both asks for a person and does not", e.Text)
		}
		wants[e.Text] = want
	}
	for _, s := range intents.AllSignals() {
		if count[s] < 20 {
			t.Errorf("signal %s has %d examples, want 20 or more", s, count[s])
		}
	}
}

func TestReadSignalsNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"version: 1\ngroups:\n - {name: g, signals: [nonsense], examples: a}", `signal "nonsense"`},
		{"version: 2\n", "version 2"},
		{"version: 1\ngroups:\n - {name: g, exampels: a}", "exampels"},
		{"version: 1\ngroups:\n - {name: g, draws: 3, templates: 'a {b}'}", "{b} is not filled"},
		{"version: 1\ngroups:\n - {name: g}", "neither examples nor templates"},
	} {
		_, err := ReadSignals(fstest.MapFS{"x.yaml": {Data: []byte(c.yaml)}})
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.yaml") {
			t.Errorf("error %v, want invalid naming x.yaml and %q", err, c.want)
		}
	}
}

func TestShippedHeadsAreFresh(t *testing.T) {
	examples, err := ReadSignals(os.DirFS("data/signals"))
	if err != nil {
		t.Fatal(err)
	}
	heads, err := intents.ShippedHeads()
	if err != nil {
		t.Fatal(err)
	}
	if heads.Source != intents.SignalsHash(examples) {
		t.Error("heads.bin is older than the examples in data/signals: run `go run ./internal/shipped -data DIR heads`")
	}
}
