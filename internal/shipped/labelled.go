package main

import (
	"encoding/json"
	"fmt"
	"os"
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
	files, err := filepath.Glob(filepath.Join(dir, "nlupp", domain, "*.json"))
	if err != nil || len(files) == 0 {
		return l, fmt.Errorf("nlupp/%s holds no files: %w", domain, err)
	}
	sort.Strings(files)
	var texts, labels []string
	count := map[string]int{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return l, err
		}
		var lines []struct {
			Text    string
			Intents []string
		}
		if err := json.Unmarshal(data, &lines); err != nil {
			return l, fmt.Errorf("%s: %w", name, err)
		}
		for _, line := range lines {
			sort.Strings(line.Intents)
			label := strings.Join(line.Intents, "+")
			texts, labels = append(texts, line.Text), append(labels, label)
			count[label]++
		}
	}
	for i, label := range labels {
		if count[label] >= 3 {
			l.Texts, l.Intents = append(l.Texts, texts[i]), append(l.Intents, label)
		}
	}
	return l, nil
}
