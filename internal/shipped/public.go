package main

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/frontdesk-chat/frontdesk/intents"
)

// Weights keep sets of thousands from drowning a few hundred lines of our own.
const (
	weightBanking  = .12
	weightBitext   = .25
	weightNLU      = .5
	weightCrossWOZ = .4
	weightChatter  = .5
)

// readPublic reads the public sets and says what each of their lines tells.
func readPublic(dir string) ([]intents.SignalExample, error) {
	var out []intents.SignalExample
	for _, read := range []func(string) ([]intents.SignalExample, error){readAmazon, readBanking, readBitext, readNLU, readChatter, readCrossWOZ} {
		more, err := read(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// readAmazon: product reviews with the mean rating of twenty people, −4…4.
func readAmazon(dir string) ([]intents.SignalExample, error) {
	data, err := os.ReadFile(filepath.Join(dir, "vader-amazon-en/amazonReviewSnippets_GroundTruth.txt"))
	if err != nil {
		return nil, err
	}
	var out []intents.SignalExample
	for line := range strings.Lines(strings.ToValidUTF8(string(data), "")) {
		f := strings.SplitN(strings.TrimRight(line, "\r\n"), "\t", 3)
		if len(f) != 3 {
			continue
		}
		v, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			return nil, fmt.Errorf("vader-amazon-en: rating %q", f[1])
		}
		v /= 4
		out = append(out, intents.SignalExample{Text: f[2], Sentiment: &v, NoSignals: true})
	}
	return out, nil
}

func rows(path string) ([]map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return nil, err
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	var out []map[string]string
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		m := map[string]string{}
		for i, h := range head {
			m[h] = rec[i]
		}
		out = append(out, m)
	}
}

// readBanking: questions of a bank's customers; none asks for a person.
func readBanking(dir string) ([]intents.SignalExample, error) {
	all, err := rows(filepath.Join(dir, "banking77/train.csv"))
	if err != nil {
		return nil, err
	}
	var out []intents.SignalExample
	for i, r := range all {
		if i%3 != 0 { // sorted by intent: every third keeps them all
			continue
		}
		out = append(out, intents.SignalExample{
			Text: r["text"], Weight: weightBanking,
			Unsure: []intents.Signal{intents.SignalAccountAction, intents.SignalRejects, intents.SignalFraud, intents.SignalDeletion, intents.SignalWantsPerson}[:4],
		})
	}
	return out, nil
}

var askingHours = regexp.MustCompile(`(?i)hour|time|when|open`)

// readBitext: templated customer talk with intents.
func readBitext(dir string) ([]intents.SignalExample, error) {
	all, err := rows(filepath.Join(dir, "bitext-customer-support/train.csv"))
	if err != nil {
		return nil, err
	}
	var out []intents.SignalExample
	for i, r := range all {
		e := intents.SignalExample{
			Text: r["utterance"], Weight: weightBitext, Repeated: true,
			Unsure: []intents.Signal{intents.SignalAccountAction, intents.SignalAbuse, intents.SignalRejects, intents.SignalDeletion, intents.SignalFraud},
		}
		switch r["intent"] {
		case "contact_human_agent":
			e.Signals = []intents.Signal{intents.SignalWantsPerson}
		case "contact_customer_service":
			if askingHours.MatchString(e.Text) {
				continue
			}
			e.Signals = []intents.Signal{intents.SignalWantsPerson}
		case "complaint":
			e.Unsure = append(e.Unsure, intents.SignalWantsPerson, intents.SignalLegal)
		default:
			if i%3 != 0 {
				continue
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// nluLine is an utterance with several intents.
type nluLine struct {
	Text    string
	Intents []string
}

// nluLines reads a domain of nlupp: banking or hotels.
func nluLines(dir, domain string) ([]nluLine, error) {
	files, err := filepath.Glob(filepath.Join(dir, "nlupp", domain, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("nlupp/%s holds no files", domain)
	}
	sort.Strings(files)
	var out []nluLine
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var lines []nluLine
		if err := json.Unmarshal(data, &lines); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, lines...)
	}
	return out, nil
}

// readNLU: bank and hotel utterances with several intents each, among them
// "handoff".
func readNLU(dir string) ([]intents.SignalExample, error) {
	var out []intents.SignalExample
	for _, domain := range []string{"banking", "hotels"} {
		lines, err := nluLines(dir, domain)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			e := intents.SignalExample{
				Text: l.Text, Weight: weightNLU,
				Unsure: []intents.Signal{intents.SignalAccountAction, intents.SignalRejects, intents.SignalFraud, intents.SignalClosing, intents.SignalAbuse},
			}
			if slices.Contains(l.Intents, "handoff") {
				if slices.Contains(l.Intents, "deny") {
					e.Unsure = append(e.Unsure, intents.SignalWantsPerson, intents.SignalRefusesPerson)
				} else {
					e.Signals = append(e.Signals, intents.SignalWantsPerson)
				}
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// readChatter: first turns of small talk. Its topics of knowledge are far from
// any business; the rest tells only that nobody asks for a person.
func readChatter(dir string) ([]intents.SignalExample, error) {
	far := []string{"coding", "computers", "food", "health", "history", "humor", "literature", "money", "movies", "politics", "psychology", "science", "sports", "trivia", "gossip"}
	var out []intents.SignalExample
	seen := map[string]bool{}
	for _, language := range []string{"english", "chinese", "traditionalchinese"} {
		files, err := filepath.Glob(filepath.Join(dir, "chatterbot-corpus", language, "*.yml"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("chatterbot-corpus/%s holds no files", language)
		}
		sort.Strings(files)
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			var doc struct {
				Conversations [][]any `yaml:"conversations"`
			}
			if err := yaml.Unmarshal(data, &doc); err != nil {
				continue // a few files of the set are not YAML
			}
			topic := strings.TrimSuffix(filepath.Base(name), ".yml")
			for _, c := range doc.Conversations {
				s, ok := first(c)
				if !ok || seen[s] {
					continue
				}
				seen[s] = true
				e := intents.SignalExample{Text: s, Weight: weightChatter, Unsure: []intents.Signal{intents.SignalRejects, intents.SignalAbuse, intents.SignalClosing}}
				if slices.Contains(far, topic) {
					e.Signals = []intents.Signal{intents.SignalFarTopic}
				} else {
					e.Unsure = append(e.Unsure, intents.SignalFarTopic, intents.SignalSafety)
				}
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func first(conversation []any) (string, bool) {
	if len(conversation) == 0 {
		return "", false
	}
	s, ok := conversation[0].(string)
	return strings.TrimSpace(s), ok && strings.TrimSpace(s) != ""
}

// readCrossWOZ: what people ask a travel assistant in Chinese.
func readCrossWOZ(dir string) ([]intents.SignalExample, error) {
	z, err := zip.OpenReader(filepath.Join(dir, "crosswoz-val-zh/val.json.zip"))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var dialogues map[string]struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(f).Decode(&dialogues); err != nil {
		return nil, fmt.Errorf("crosswoz-val-zh: %w", err)
	}
	ids := make([]string, 0, len(dialogues))
	for id := range dialogues {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	var out []intents.SignalExample
	n := 0
	for _, id := range ids {
		for _, m := range dialogues[id].Messages {
			if m.Role != "usr" {
				continue
			}
			if n++; n%3 != 0 {
				continue
			}
			out = append(out, intents.SignalExample{
				Text: m.Content, Weight: weightCrossWOZ,
				Unsure: []intents.Signal{intents.SignalAccountAction, intents.SignalClosing, intents.SignalRejects, intents.SignalFarTopic},
			})
		}
	}
	return out, nil
}
