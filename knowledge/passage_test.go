package knowledge

import (
	"fmt"
	"strings"
	"testing"
)

func TestPassages(t *testing.T) {
	var steps []string
	for i := range 12 {
		steps = append(steps, fmt.Sprintf("1. Step number %d asks you to press the button with the number %d on it and to wait a while.", i, i))
	}
	list := strings.Join(steps, "\n")
	long := strings.Repeat("A sentence of a long section that nobody would quote whole in a chat. ", 40)
	d := Document{Kind: KindPage, Title: "T", Sections: []Section{
		{Heading: []string{"How"}, Text: list},
		{Heading: []string{"Why"}, Text: long},
		{Heading: []string{"How"}, Text: "Short."},
	}}
	chunks := Cutter{}.Cut(d)
	got := passages(d, chunks)
	parts := 0
	for i, c := range chunks {
		want := c.Text
		switch {
		case c.Field == FieldTitle:
		case c.Text == "Short.":
		case c.Heading[0] == "How":
			want = list
			parts++
		}
		if got[i] != want {
			t.Errorf("chunk %d %.40q: passage %.60q, want %.60q", i, c.Text, got[i], want)
		}
	}
	if parts < 2 {
		t.Errorf("the steps are %d chunk, want several", parts)
	}
}
