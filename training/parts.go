package training

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Parts is what evaluation needs from the wiring. A nil part makes the kinds
// that need it fail with a message that says so; the others run.
type Parts struct {
	Version string // of the program, for the report

	// Embedder encodes; intents, knowledge and engine share it.
	Embedder Embedder

	// NewReader makes a reader with the shipped heads and the shipped starting set,
	// no workspace's own model.
	NewReader func(ctx context.Context) (Reader, error)

	// NewLibrary opens an empty knowledge library with the shipped defaults.
	NewLibrary func(ctx context.Context) (Library, error)

	// NewEngine makes an engine over a store in memory that answers from lib.
	NewEngine func(ctx context.Context, lib Library) (Engine, error)

	// Without names the parts that are switched off; see PartNames. The wiring
	// makes the factories above honour what concerns them.
	Without []string
}

// Off reports whether a part is switched off.
func (p Parts) Off(part string) bool { return slices.Contains(p.Without, part) }

// Embedder encodes texts into unit vectors, one a text, in order.
type Embedder interface {
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
}

// Reader reads one utterance.
type Reader interface {
	Read(ctx context.Context, in intents.Input) (intents.Reading, error)
}

// Library is a knowledge base that documents can be put into.
type Library interface {
	bot.Retriever
	// Add indexes documents; they are searchable when it returns.
	Add(ctx context.Context, docs []knowledge.Document) error
	Close() error
}

// Engine runs one visitor turn on the live code path. What it remembers travels
// through the caller: the zero Memory is a new conversation.
type Engine interface {
	Turn(ctx context.Context, m bot.Memory, text string) (bot.Trace, bot.Memory, error)
}

// Part is one switch of an ablation.
type Part struct{ Name, What string }

// PartNames lists what --without can switch off.
func PartNames() []Part {
	return []Part{
		{"intents-embedding", "the intent classifier on sentence embeddings"},
		{"intents-ngrams", "the intent classifier on character and word n-grams"},
		{"intents-neighbours", "nearest neighbours of the intent classifier"},
		{"intents-calibration", "calibration of intent probabilities"},
		{"sentiment-lexicon", "lexicon, punctuation and emoji features of the sentiment head"},
		{"lexical", "the lexical arm of retrieval"},
		{"vector", "the vector arm of retrieval"},
		{"confidence", "the confidence model: raw relevance instead"},
		{"rewrite", "rewriting of follow-ups"},
		{"intents", "intents and signals in the decision"},
		{"sentiment", "sentiment in the decision"},
		{"clarify", "asking back"},
		{"offer", "offering a person"},
	}
}

// CheckParts refuses names that PartNames does not list. Error: Invalid.
func CheckParts(names []string) error {
	var known []string
	for _, p := range PartNames() {
		known = append(known, p.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fault.New(fault.Invalid, "there is no part %q to leave out; known parts: %s", n, strings.Join(known, ", "))
		}
	}
	return nil
}
