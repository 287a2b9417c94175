package main

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-chat/frontdesk/internal/text"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// sample is texts of one source; every source counts the same in its mean.
type sample struct {
	key    string // "en query", "zh passage" …
	source string
	texts  []string
}

// perSource bounds a source: more texts do not move a mean.
const perSource = 400

// pick sorts, drops repeats and draws at most perSource, the same ones each time.
func pick(key, source string, texts []string, shortest int) sample {
	seen := map[string]bool{}
	var all []string
	for _, t := range texts {
		t = strings.TrimSpace(t)
		if utf8.RuneCountInString(t) >= shortest && !seen[t] {
			seen[t] = true
			all = append(all, t)
		}
	}
	sort.Strings(all)
	rng := rand.New(rand.NewPCG(1, 0))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return sample{key, source, all[:min(len(all), perSource)]}
}

// readPublic reads the public sets.
func readPublic(dir string) ([]sample, error) {
	banking, err := column(filepath.Join(dir, "banking77/train.csv"), "text")
	if err != nil {
		return nil, err
	}
	bitext, err := column(filepath.Join(dir, "bitext-customer-support/train.csv"), "utterance")
	if err != nil {
		return nil, err
	}
	var nlu []string
	folds, err := filepath.Glob(filepath.Join(dir, "nlupp/*/fold*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range folds {
		var lines []struct{ Text string }
		if err := readJSON(f, &lines); err != nil {
			return nil, err
		}
		for _, l := range lines {
			nlu = append(nlu, l.Text)
		}
	}
	askedEn, saidEn, err := chatter(filepath.Join(dir, "chatterbot-corpus/english"))
	if err != nil {
		return nil, err
	}
	askedZh, saidZh, err := chatter(filepath.Join(dir, "chatterbot-corpus/chinese"))
	if err != nil {
		return nil, err
	}
	askedWoz, saidWoz, err := crosswoz(filepath.Join(dir, "crosswoz-val-zh/val.json.zip"))
	if err != nil {
		return nil, err
	}
	guide, err := guidelines(filepath.Join(dir, "abcd-guidelines/guidelines.json"))
	if err != nil {
		return nil, err
	}
	return []sample{
		pick("en query", "banking77", banking, 3),
		pick("en query", "bitext", bitext, 3),
		pick("en query", "nlupp", nlu, 3),
		pick("en query", "chatterbot", askedEn, 3),
		pick("zh query", "chatterbot", askedZh, 3),
		pick("zh query", "crosswoz", askedWoz, 3),
		pick("en passage", "abcd", guide, 20),
		pick("en passage", "chatterbot", saidEn, 60),
		pick("zh passage", "chatterbot", saidZh, 20),
		pick("zh passage", "crosswoz", saidWoz, 25),
	}, nil
}

// ownTexts are the help centres and answerable questions of training/data/confidence.
func ownTexts(sets []set) []sample {
	passages, questions := map[string][]string{}, map[string][]string{}
	for _, s := range sets {
		for _, d := range s.docs {
			for _, c := range (knowledge.Cutter{}).Cut(d) {
				if c.Field == knowledge.FieldBody || c.Field == knowledge.FieldAnswer {
					passages[s.language] = append(passages[s.language], c.Indexed)
				}
			}
		}
		for _, q := range s.questions {
			if len(q.Relevant) > 0 {
				questions[s.language] = append(questions[s.language], q.Text)
			}
		}
	}
	var out []sample
	for _, l := range []string{"en", "zh"} {
		out = append(out, pick(l+" query", "own", questions[l], 2), pick(l+" passage", "own", passages[l], 2))
	}
	return out
}

// means embeds all texts and returns centres.json.
func means(ctx context.Context, e *memo, samples []sample) ([]byte, error) {
	sources := map[string]int{}
	for _, s := range samples {
		sources[s.key]++
	}
	sums := map[string][]float64{}
	for _, s := range samples {
		embed := e.EmbedPassages
		if strings.HasSuffix(s.key, "query") {
			embed = e.EmbedQueries
		}
		texts := make([]string, len(s.texts))
		for i, t := range s.texts {
			texts[i] = text.Mainland(t)
		}
		vectors, err := embed(ctx, texts)
		if err != nil {
			return nil, err
		}
		if sums[s.key] == nil {
			sums[s.key] = make([]float64, len(vectors[0]))
		}
		for _, v := range vectors {
			for i, f := range v {
				sums[s.key][i] += float64(f) / float64(len(vectors)) / float64(sources[s.key])
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %d texts of %s\n", s.key, len(texts), s.source)
	}
	out := struct {
		Model string            `json:"model"`
		Dim   int               `json:"dim"`
		Means map[string]string `json:"means"`
	}{Model: e.Model(), Means: map[string]string{}}
	for key, sum := range sums {
		raw := make([]byte, 4*len(sum))
		for i, f := range sum {
			binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(float32(f)))
		}
		out.Dim, out.Means[key] = len(sum), base64.StdEncoding.EncodeToString(raw)
	}
	b, err := json.MarshalIndent(out, "", " ")
	return append(b, '\n'), err
}

func column(path, name string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	at := -1
	for i, head := range rows[0] {
		if strings.TrimPrefix(head, "\ufeff") == name {
			at = i
		}
	}
	if at < 0 {
		return nil, fmt.Errorf("%s has no column %q", path, name)
	}
	var out []string
	for _, r := range rows[1:] {
		out = append(out, r[at])
	}
	return out, nil
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

var (
	chatterAsked = regexp.MustCompile(`(?m)^- - (.*)$`)
	chatterSaid  = regexp.MustCompile(`(?m)^  - (.*)$`)
)

// chatter reads the questions and the answers of a folder of conversations.
func chatter(dir string) (asked, said []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range chatterAsked.FindAllStringSubmatch(string(b), -1) {
			asked = append(asked, strings.Trim(m[1], "\"' \r"))
		}
		for _, m := range chatterSaid.FindAllStringSubmatch(string(b), -1) {
			said = append(said, strings.Trim(m[1], "\"' \r"))
		}
	}
	return asked, said, nil
}

// crosswoz reads what users and the wizard say.
func crosswoz(path string) (asked, said []string, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, err
	}
	defer z.Close()
	f, err := z.Open("val.json")
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var talks map[string]struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(f).Decode(&talks); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, t := range talks {
		for _, m := range t.Messages {
			if m.Role == "usr" {
				asked = append(asked, m.Content)
			} else {
				said = append(said, m.Content)
			}
		}
	}
	return asked, said, nil
}

// guidelines reads the steps of the agent guidelines.
func guidelines(path string) ([]string, error) {
	var flows map[string]struct {
		Subflows map[string]struct {
			Actions []struct {
				Text    string
				Subtext []string
			}
		}
	}
	if err := readJSON(path, &flows); err != nil {
		return nil, err
	}
	var out []string
	for _, f := range flows {
		for _, s := range f.Subflows {
			for _, a := range s.Actions {
				out = append(out, a.Text+" "+strings.Join(a.Subtext, " "))
			}
		}
	}
	return out, nil
}
