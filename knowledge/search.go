package knowledge

import (
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// Query asks for passages that answer a question.
type Query struct {
	Workspace id.Workspace
	Text      string    // the question, already rewritten to stand alone
	Vector    []float32 // query embedding of Text, unit length; nil: Search embeds it
	Language  string    // "en", "zh" or "": preferred, not demanded
	Audiences []string  // groups the reader belongs to; documents without an audience are for everybody
	At        time.Time // validity is judged at this time; zero: now
	Drafts    bool      // also search drafts (the editors' test bench)
	Limit     int       // candidates wanted; 0: 8
	Hints     Hints
}

// Hints are readings of the utterance that the confidence model looks at.
type Hints struct {
	OutOfScope float64 // 0…1, from intents.Reading
	FarTopic   float64 // 0…1
	Smalltalk  float64 // 0…1, probability of the best smalltalk intent
}

// Result is what a search found.
type Result struct {
	Candidates []Candidate // best first, at most one a document, ties broken by document ID
	Vector     []float32   // the query embedding that was used
	Meant      string      // the question as it was searched when some of its words were taken for others; "": as it was typed
	Timings    Timings
}

// Timings say where a search spent its time.
type Timings struct{ Embed, Lexical, Vector, Fuse time.Duration }

// Candidate is one document's best passage with its evidence.
type Candidate struct {
	Document   DocumentID
	Kind       Kind
	Path       string   // where the document came from: "help/returns.md", "faq.csv#12"
	Title      string   // page title, or the FAQ entry's question
	URL        string   // public address; "" when it has none
	Language   string   // of the document
	Version    int      // of the document
	Heading    []string // path of headings down to the passage; empty for FAQ entries
	Passage    string   // the text to quote: a section's text, or the FAQ answer
	Curated    bool     // Passage is an editor's own answer and may be given verbatim
	Matched    string   // the question or paraphrase that matched best, "" for pages
	Score      float64  // fused relevance, 0…1, comparable within one result only; the order of Chinese ones also weighs words
	Confidence float64  // 0…1: the share of answers with this value that are right
	Evidence   Evidence
}

// Evidence is what each arm saw of a candidate.
type Evidence struct {
	LexicalScore float64 // BM25 of the best chunk, ≥ 0; 0: not found by this arm
	LexicalRank  int     // from 1; 0: not found
	VectorScore  float64 // centred cosine of the best chunk, −1…1
	VectorRank   int     // from 1; 0: not found
	Coverage     float64 // share of the question's content words, by idf weight, that the document has, 0…1
	Margin       float64 // fused score less that of the next document, 0…1
}
