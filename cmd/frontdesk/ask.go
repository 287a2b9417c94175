package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/bot"
)

type askCmd struct {
	configFlags
	Text     string `arg:"positional,required" help:"The question." placeholder:"TEXT"`
	Language string `help:"en or zh; default: by the words."`
	Drafts   bool   `help:"Also answer from drafts."`
	JSON     bool   `help:"Print one JSON object with the decision, sources, signals and timings."`
}

func (c *askCmd) Help() string {
	return "Example:\n  frontdesk ask --data data --json \"how do I change my email address\""
}

// Run asks and prints the answer, or the whole turn as JSON.
func (c *askCmd) Run(ctx context.Context, s streams) error {
	if err := oneOf("--language", c.Language, "en", "zh"); err != nil {
		return err
	}
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err))
	if err != nil {
		return err
	}
	defer app.Close()
	tr, err := app.Ask(ctx, bot.Question{Text: c.Text, Language: c.Language, Drafts: c.Drafts})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(turnReport(tr))
	}
	fmt.Fprintln(s.out, tr.Answer)
	for _, src := range tr.Sources {
		fmt.Fprintf(s.out, "  %s  %s\n", src.Path, src.Title)
	}
	for _, q := range tr.Suggest {
		fmt.Fprintf(s.out, "  ? %s\n", q)
	}
	fmt.Fprintf(s.out, "[%s by rule %s, confidence %.2f] %s\n", tr.Decision, tr.Rule, tr.Confidence, tr.Because)
	return nil
}

// askReport is the JSON form of a turn. Scores and confidences lie in 0…1,
// sentiment in −1…1, times are milliseconds.
type askReport struct {
	Decision    bot.Decision       `json:"decision"`
	Answer      string             `json:"answer"`
	Sources     []askSource        `json:"sources"`
	Confidence  float64            `json:"confidence"`
	Suggestions []string           `json:"suggestions"`
	Intent      *askIntent         `json:"intent"`
	Sentiment   askSentiment       `json:"sentiment"`
	Language    string             `json:"language"`
	Question    string             `json:"question"`
	Rule        string             `json:"rule"`
	Because     string             `json:"because"`
	Reason      bot.Reason         `json:"reason,omitempty"`
	Model       string             `json:"model,omitempty"`
	Fallback    string             `json:"fallback,omitempty"`
	Signals     map[string]float64 `json:"signals"`
	TimingsMS   map[string]float64 `json:"timings_ms"`
}

type askSource struct {
	Path    string   `json:"path"`
	Title   string   `json:"title"`
	Heading []string `json:"heading"`
	URL     string   `json:"url,omitempty"`
	Score   float64  `json:"score"`
}

type askIntent struct {
	Name       string  `json:"name"`
	Confidence float64 `json:"confidence"`
}

type askSentiment struct {
	Turn  float64 `json:"turn"`
	Trend float64 `json:"trend"`
}

func turnReport(tr bot.Trace) askReport {
	r := askReport{
		Decision: tr.Decision, Answer: tr.Answer, Sources: []askSource{}, Confidence: tr.Confidence, Suggestions: []string{},
		Sentiment: askSentiment{Turn: tr.Reading.Sentiment, Trend: tr.Trend}, Language: tr.Reading.Language, Question: tr.Question,
		Rule: tr.Rule, Because: tr.Because, Reason: tr.Reason, Model: tr.Model, Fallback: tr.Fallback,
		Signals: tr.Signals, TimingsMS: map[string]float64{},
	}
	for _, s := range tr.Sources {
		heading := s.Heading
		if heading == nil {
			heading = []string{}
		}
		r.Sources = append(r.Sources, askSource{Path: s.Path, Title: s.Title, Heading: heading, URL: s.URL, Score: s.Score})
	}
	r.Suggestions = append(r.Suggestions, tr.Suggest...)
	if len(tr.Reading.Intents) > 0 {
		top := tr.Reading.Intents[0]
		r.Intent = &askIntent{Name: top.Name, Confidence: top.Confidence}
	}
	for name, d := range tr.Timings {
		r.TimingsMS[name] = float64(d) / float64(time.Millisecond)
	}
	return r
}
