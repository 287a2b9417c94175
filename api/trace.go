package api

import (
	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Trace is what one turn saw and did.
type Trace struct {
	Conversation string                 `json:"conversation,omitempty"`
	Event        string                 `json:"event" doc:"The bot's event that it explains; empty in the test bench."`
	At           Time                   `json:"at"`
	Asked        string                 `json:"asked"`
	Question     string                 `json:"question" doc:"Rewritten to stand alone."`
	Rewritten    bool                   `json:"rewritten"`
	Carried      []string               `json:"carried" doc:"What the rewrite carried over."`
	Meant        string                 `json:"meant,omitempty" doc:"What was looked up where words were taken for others: misspelled, or Chinese in pinyin."`
	Language     string                 `json:"language"`
	Intents      []Intent               `json:"intents" doc:"Best first, calibrated."`
	OutOfScope   float64                `json:"out_of_scope"`
	Entities     []Entity               `json:"entities"`
	Sentiment    Sentiment              `json:"sentiment"`
	Candidates   []Candidate            `json:"candidates" doc:"Best first."`
	Signals      map[string]float64     `json:"signals" doc:"Every signal that the policy looked at."`
	Thresholds   map[string][]Threshold `json:"thresholds" doc:"Where the policy's rules cut each signal."`
	Decision     string                 `json:"decision"`
	Rule         string                 `json:"rule"`
	Because      string                 `json:"because"`
	Reason       string                 `json:"reason,omitempty"`
	Answer       string                 `json:"answer"`
	Sources      []Source               `json:"sources"`
	Suggestions  []string               `json:"suggestions"`
	Confidence   float64                `json:"confidence"`
	Failed       bool                   `json:"failed"`
	Model        string                 `json:"model,omitempty"`
	Fallback     string                 `json:"fallback,omitempty" doc:"Why the model was not used although there is one."`
	Timings      map[string]float64     `json:"timings_ms"`
	Placing      *Placing               `json:"placing,omitempty" doc:"Which rules put a hand-off in line."`
	Helpful      *bool                  `json:"helpful,omitempty"`
	Why          string                 `json:"why,omitempty"`
}

// Intent is a scored intent.
type Intent struct {
	Name       string  `json:"name"`
	Class      string  `json:"class"`
	Confidence float64 `json:"confidence"`
}

// Entity is a value found in the words.
type Entity struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	Text  string `json:"text"`
}

// Sentiment is how the visitor feels, from -1 to 1.
type Sentiment struct {
	Turn  float64 `json:"turn"`
	Trend float64 `json:"trend"`
}

// Threshold is where a rule cuts a signal.
type Threshold struct {
	Rule  string  `json:"rule"`
	Op    string  `json:"op" enum:">=,<"`
	Value float64 `json:"value"`
}

// Candidate is a document's best passage with its evidence.
type Candidate struct {
	Document   string   `json:"document"`
	Kind       string   `json:"kind"`
	Path       string   `json:"path"`
	Title      string   `json:"title"`
	URL        string   `json:"url"`
	Language   string   `json:"language"`
	Heading    []string `json:"heading"`
	Passage    string   `json:"passage"`
	Curated    bool     `json:"curated"`
	Matched    string   `json:"matched,omitempty"`
	Score      float64  `json:"score"`
	Confidence float64  `json:"confidence"`
	Evidence   Evidence `json:"evidence"`
}

// Evidence is what each arm saw.
type Evidence struct {
	LexicalScore float64 `json:"lexical_score"`
	LexicalRank  int     `json:"lexical_rank"`
	VectorScore  float64 `json:"vector_score"`
	VectorRank   int     `json:"vector_rank"`
	Coverage     float64 `json:"coverage"`
	Margin       float64 `json:"margin"`
}

func (s *Server) traceOf(t bot.Trace) Trace {
	out := Trace{
		Conversation: string(t.Conversation), Event: string(t.Event), At: Time{t.At}, Asked: t.Asked, Question: t.Question,
		Rewritten: t.Rewritten, Carried: some(t.Carried), Meant: t.Meant, Language: t.Reading.Language, Intents: []Intent{}, OutOfScope: t.Reading.OutOfScope,
		Entities: []Entity{}, Sentiment: Sentiment{t.Reading.Sentiment, t.Trend}, Candidates: []Candidate{}, Signals: t.Signals,
		Thresholds: make(map[string][]Threshold), Decision: string(t.Decision), Rule: t.Rule, Because: t.Because, Reason: string(t.Reason),
		Answer: t.Answer, Sources: sourcesOf(t.Sources), Suggestions: some(t.Suggest), Confidence: t.Confidence, Failed: t.Failed,
		Model: t.Model, Fallback: t.Fallback, Timings: make(map[string]float64), Helpful: t.Helpful, Why: t.Why, Placing: placingOf(t.Placing),
	}
	if out.Signals == nil {
		out.Signals = map[string]float64{}
	}
	for _, i := range t.Reading.Intents {
		out.Intents = append(out.Intents, Intent{i.Name, string(i.Class), i.Confidence})
	}
	for _, e := range t.Reading.Entities {
		out.Entities = append(out.Entities, Entity{string(e.Type), e.Value, e.Text})
	}
	for _, c := range t.Candidates {
		out.Candidates = append(out.Candidates, candidateOf(c))
	}
	for _, r := range append(s.Policy.Promises(), s.Policy.Rules...) {
		for _, c := range r.When {
			out.Thresholds[c.Signal] = append(out.Thresholds[c.Signal], Threshold{r.Name, c.Op, c.Value})
		}
	}
	for name, d := range t.Timings {
		out.Timings[name] = float64(d.Microseconds()) / 1000
	}
	return out
}

func candidateOf(c knowledge.Candidate) Candidate {
	e := c.Evidence
	return Candidate{
		Document: string(c.Document), Kind: string(c.Kind), Path: c.Path, Title: c.Title, URL: c.URL, Language: c.Language,
		Heading: some(c.Heading), Passage: c.Passage, Curated: c.Curated, Matched: c.Matched, Score: c.Score, Confidence: c.Confidence,
		Evidence: Evidence{e.LexicalScore, e.LexicalRank, e.VectorScore, e.VectorRank, e.Coverage, e.Margin},
	}
}
