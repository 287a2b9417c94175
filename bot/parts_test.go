package bot

import (
	"context"

	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Parts for tests that set what they would return themselves.
type (
	noReader    struct{}
	noRetriever struct{}
	noEmbedder  struct{}
)

func (noReader) Read(context.Context, intents.Input) (intents.Reading, error) {
	return intents.Reading{}, nil
}

func (noRetriever) Search(context.Context, knowledge.Query) (knowledge.Result, error) {
	return knowledge.Result{}, nil
}

func (noEmbedder) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	return make([][]float32, len(texts)), nil
}
