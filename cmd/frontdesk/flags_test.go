package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "a command is missing"},
		{[]string{"bench"}, "a command is missing"},
		{[]string{"nothing"}, "invalid subcommand: nothing"},
		{[]string{"serve", "--adr", "x"}, "unknown argument --adr"},
		{[]string{"serve", "--addr"}, "missing value for --addr"},
		{[]string{"user", "add", "--email", "a@b.example", "--name", "A"}, "ROLE is required"},
		{[]string{"ask", "--language", "fr", "hi"}, "--language is one of en, zh"},
		{[]string{"evaluate", "--vectors", "paper"}, "--vectors is one of memory, postgres"},
		{[]string{"ingest", filepath.Join(t.TempDir(), "no.md")}, "no such file"},
		{[]string{"threshold", t.TempDir()}, "is a folder"},
		{[]string{"ready", "--timeout", "soon"}, "--timeout"},
	} {
		if _, said := command(t, 2, c.args...); !strings.Contains(said, c.says) {
			t.Errorf("frontdesk %s says %q, want %q", strings.Join(c.args, " "), said, c.says)
		}
	}
}

func TestHelpShowsAnExample(t *testing.T) {
	for _, args := range []string{"serve", "user add", "bench routing", "simulate", "compare"} {
		if out, _ := command(t, 0, append(strings.Fields(args), "--help")...); !strings.Contains(out, "Example") || !strings.Contains(out, "\n  frontdesk "+args) {
			t.Errorf("the help of %s has no example:\n%s", args, out)
		}
	}
	if out, _ := command(t, 0, "--help"); !strings.Contains(out, "check-config") || strings.Contains(out, "extract-child") {
		t.Errorf("the help is\n%s", out)
	}
}

func TestListFlag(t *testing.T) {
	var l list
	for _, v := range []string{"agent,editor", "supervisor"} {
		if err := l.UnmarshalText([]byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(l, " "); got != "agent editor supervisor" {
		t.Errorf("the list is %q", got)
	}
}
