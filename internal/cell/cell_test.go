package cell

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.FixedZone("east", 3600))
	for _, want := range []time.Time{{}, at} {
		if got := Time(Micros(want)); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%v came back as %v", want, got)
		}
	}
}

func TestEncode(t *testing.T) {
	type thing struct {
		Name  string
		Count int
		Tags  []string
		Facts map[string]string
	}
	for _, c := range []struct {
		v    thing
		want string
	}{
		{thing{}, "{}"},
		{thing{Tags: []string{}, Facts: map[string]string{}}, "{}"},
		{thing{Name: `a "b"`, Tags: []string{"x"}}, `{"Name":"a \"b\"","Tags":["x"]}`},
	} {
		got, err := Encode(c.v)
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v; want %s", c.v, got, err, c.want)
		}
		var back thing
		if err := Decode(got, &back); err != nil || back.Name != c.v.Name || !slices.Equal(back.Tags, c.v.Tags) {
			t.Errorf("%s came back as %+v, %v", got, back, err)
		}
	}
	if got, err := Encode([]string{"a"}); got != `["a"]` || err != nil {
		t.Errorf("a list: %s, %v", got, err)
	}
	if err := Decode("{", &thing{}); !fault.Is(err, fault.Internal) {
		t.Errorf("damaged text: %v", err)
	}
}

func TestPick(t *testing.T) {
	type inner struct{ Queue string }
	type some struct {
		Name  string
		Count int
		In    *inner
		Tags  []string
	}
	whole := struct {
		Name  string
		Long  []map[string]any
		Count int
		In    map[string]any
		Tags  []string
	}{"a \"b\" 汉", []map[string]any{{"Name": "not this"}}, 3, map[string]any{"Queue": "money", "Name": "nor this"}, []string{"x", "y"}}
	text, err := Encode(whole)
	if err != nil {
		t.Fatal(err)
	}
	var got some
	if err := Pick(text, &got); err != nil || got.Name != whole.Name || got.Count != 3 || got.In == nil || got.In.Queue != "money" || !slices.Equal(got.Tags, whole.Tags) {
		t.Errorf("%s was read as %+v, %v", text, got, err)
	}
	for _, s := range []string{"", "{}", `{"In":null,"Name":null}`} {
		var nothing some
		if err := Pick(s, &nothing); err != nil || nothing.In != nil || nothing.Name != "" {
			t.Errorf("%q was read as %+v, %v", s, nothing, err)
		}
	}
	for _, s := range []string{"{", "[]", `{"Name":3}`, `{"Count":"three"}`, `{"In":{"Queue":{}}}`} {
		if err := Pick(s, &some{}); !fault.Is(err, fault.Internal) {
			t.Errorf("damaged %q: %v", s, err)
		}
	}
}

func TestVectors(t *testing.T) {
	v := []float32{0, 1, -2.5, math.MaxFloat32}
	if got, err := UnpackVector(PackVector(v)); err != nil || !slices.Equal(got, v) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := UnpackVector(nil); err != nil || got != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
	if _, err := UnpackVector([]byte{1, 2, 3}); !fault.Is(err, fault.Internal) {
		t.Errorf("damaged: %v", err)
	}
}
