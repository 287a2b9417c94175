package frontdesk

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/testenv"
)

// busCheck is what /readyz says of the bus.
func busCheck(t *testing.T, a *App) string {
	t.Helper()
	for _, c := range a.ready(t.Context()) {
		if c.Name == "bus" {
			if c.Needed || c.Err != nil {
				t.Errorf("%+v: a node without its bus is ready all the same", c)
			}
			return c.Detail
		}
	}
	t.Fatal("readiness says nothing of the bus")
	return ""
}

func TestRedisMayBeAwayAtTheStart(t *testing.T) {
	port, err := testenv.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	c.Storage.Dir = t.TempDir()
	c.Redis.URL = Secret(fmt.Sprintf("redis://:secret@127.0.0.1:%d", port))
	a, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	want := fmt.Sprintf("polling: Redis at 127.0.0.1:%d does not answer", port)
	if got := busCheck(t, a); got != want {
		t.Errorf("bus: %q, want %q", got, want)
	}
}

func TestWrongRedisStopsTheStart(t *testing.T) {
	c := Defaults()
	c.Storage.Dir = t.TempDir()
	c.Redis.URL = "localhost"
	_, err := Open(t.Context(), c)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "redis.url" || !strings.Contains(f.Fields[0].Problem, "redis://HOST:PORT") {
		t.Errorf("%v; want it to name redis.url, with an example", err)
	}
}
