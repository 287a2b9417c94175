package yamlfile

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

func TestParseNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "x.yml: the file is empty"},
		{"list", "\n- a\n", "x.yml:2: a mapping"},
		{"broken", "a: [\n", "x.yml: not YAML: line"},
		{"second document", "a: b\n---\nc: d\n", "x.yml:2: a second YAML document"},
		{"control character", "a: b\nc: \x00d\n", "x.yml:2: the control character U+0000"},
		{"not UTF-8", "a: b\nc: d\ne: \xe4\n", "x.yml:3: not UTF-8"},
		{"too large", "a: " + strings.Repeat("b", MaxBytes), "x.yml: larger than 16 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Parse("x.yml", []byte(c.text)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want invalid with %q", err, c.want)
			}
		})
	}
}

func TestPairsFollowAliasesAndRefuseDoubles(t *testing.T) {
	f, root, err := Parse("x.yml", []byte("one: &a {k: v}\ntwo: *a\nthree:\n  k: 1\n  k: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(key string) (out string, err error) {
		err = f.Pairs(root, func(k string, v *yaml.Node) error {
			if k != key {
				return nil
			}
			return f.Pairs(v, func(_ string, v *yaml.Node) (err error) {
				out, err = f.Word(v, "k")
				return err
			})
		})
		return out, err
	}
	if got, err := read("two"); got != "v" || err != nil {
		t.Errorf("an alias reads %q, %v; want v", got, err)
	}
	if _, err := read("three"); err == nil || !strings.Contains(err.Error(), "x.yml:5: the key \"k\" stands twice") {
		t.Errorf("error %v, want one that names line 5", err)
	}
	if KeyLine(root, "three") != 3 || KeyLine(root, "four") != 0 || Has(root, "four") {
		t.Error("the lines of keys are wrong")
	}
}
