package handoff

import "testing"

func TestZonesAreReadOnce(t *testing.T) {
	var z zones
	h := Hours{Zone: "Asia/Shanghai"}
	first := z.of(h)
	if first.String() != h.Zone || z.of(h) != first {
		t.Errorf("%v was read again", first)
	}
	if other := z.of(Hours{Zone: "Europe/Berlin"}); other.String() != "Europe/Berlin" {
		t.Errorf("read %v", other)
	}
	if h.location() == first {
		t.Error("package time keeps zones by itself now: zones is not needed any more")
	}
	if kept := (*zones)(nil); kept.of(h).String() != h.Zone {
		t.Errorf("without a keeper %v", kept.of(h))
	}
}
