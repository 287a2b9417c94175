package main

import (
	"path/filepath"
	"sort"
	"strings"

	"github.com/frontdesk-chat/frontdesk/intents"
)

// readLabelled reads the sets whose labels the space is learned from.
func readLabelled(dir string) ([]intents.Labelled, error) {
	var out []intents.Labelled
	for _, set := range []struct{ name, path, text, label string }{
		{"banking77", "banking77/train.csv", "text", "category"},
		{"bitext", "bitext-customer-support/train.csv", "utterance", "intent"},
	} {
		all, err := rows(filepath.Join(dir, set.path))
		if err != nil {
			return nil, err
		}
		l := intents.Labelled{Name: set.name}
		for _, r := range all {
			l.Texts, l.Intents = append(l.Texts, r[set.text]), append(l.Intents, r[set.label])
		}
		out = append(out, l)
	}
	for _, domain := range []string{"banking", "hotels"} {
		l, err := readCombined(dir, domain)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	starter, err := intents.Starter()
	if err != nil {
		return nil, err
	}
	own := intents.Labelled{Name: "starter"}
	for _, e := range starter.Examples {
		own.Texts, own.Intents = append(own.Texts, e.Text), append(own.Intents, e.Intent)
	}
	return append(out, own), nil
}

// readCombined reads a domain of nlupp, where an utterance has several intents: all of
// them together are its label, if three utterances or more have the same.
func readCombined(dir, domain string) (intents.Labelled, error) {
	l := intents.Labelled{Name: "nlupp " + domain}
	lines, err := nluLines(dir, domain)
	if err != nil {
		return l, err
	}
	labels, count := make([]string, len(lines)), map[string]int{}
	for i, line := range lines {
		sort.Strings(line.Intents)
		labels[i] = strings.Join(line.Intents, "+")
		count[labels[i]]++
	}
	for i, label := range labels {
		if count[label] >= 3 {
			l.Texts, l.Intents = append(l.Texts, lines[i].Text), append(l.Intents, label)
		}
	}
	return l, nil
}
