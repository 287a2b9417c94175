package e5

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// Dim is the length of a vector.
	Dim = 384
	// MaxTokens is how many tokens of a text count, prefix and specials included;
	// what follows is cut off.
	MaxTokens = 512
	// ModelName identifies vectors made here: vectors of one name can be compared.
	ModelName = "multilingual-e5-small-en-zh-q4"
)

// The prefixes the model was trained with.
const (
	queryPrefix   = "query: "
	passagePrefix = "passage: "
)

// Encoder turns texts into vectors. It is safe for concurrent use; a process needs
// one.
type Encoder struct {
	tokens  *tokenizer
	weights *weights
	kernels *kernels
	// One place per thread. Queries have places of their own, so that a visitor's
	// question does not wait in line behind an ingest.
	queries, passages chan struct{}
	// Of *workspace; idle ones are left to the collector, so that an ingest's memory
	// does not stay for good.
	workspaces sync.Pool
	recent     recent
}

// Options of OpenWith; the zero value is right for a server.
type Options struct {
	// Threads is how many texts are computed at once, for queries and for passages
	// each; 0 is GOMAXPROCS.
	Threads int
	// Kernels names the inner loops: "portable", "avx2", "avx512vnni", or "" for the
	// best that this processor has. One it lacks is an error.
	Kernels string
}

// Open returns an encoder over the embedded model. It takes about a tenth of a second.
func Open() (*Encoder, error) { return OpenWith(nil) }

// OpenWith is Open with options; nil is none.
func OpenWith(o *Options) (*Encoder, error) {
	if o == nil {
		o = &Options{}
	}
	k, err := chooseKernels(o.Kernels)
	if err != nil {
		return nil, err
	}
	threads := o.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &Encoder{
		kernels:    k,
		queries:    make(chan struct{}, threads),
		passages:   make(chan struct{}, threads),
		workspaces: sync.Pool{New: func() any { return new(workspace) }},
	}
	if e.weights, e.tokens, err = loadModel(); err != nil {
		return nil, err
	}
	return e, nil
}

// Model returns ModelName.
func (e *Encoder) Model() string { return ModelName }

// Kernels returns the name of the inner loops in use, see Options.
func (e *Encoder) Kernels() string { return e.kernels.name }

// EmbedQueries returns the vectors of what people ask, [len(texts)][Dim] of unit
// length, in the order of texts. Any string is accepted, the empty one too. The only
// error is ctx's, which is looked at between texts.
func (e *Encoder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.queries, texts, func(text string) []float32 {
		vector, _ := e.query(text)
		return vector
	})
}

// EmbedPassages is EmbedQueries for texts that are stored to be found.
func (e *Encoder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.passages, texts, func(text string) []float32 {
		vector, _ := e.vector(passagePrefix, text)
		return vector
	})
}

// CountTokens returns how many tokens text has, without prefix (2 tokens) and
// specials (2); 0 for a blank text.
func (e *Encoder) CountTokens(text string) int { return e.tokens.count(text) }

func (e *Encoder) embed(ctx context.Context, places chan struct{}, texts []string, one func(text string) []float32) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var next atomic.Int64
	work := func() error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			i := int(next.Add(1)) - 1
			if i >= len(texts) {
				return nil
			}
			// A place is held for one text only, so that calls share the cores evenly.
			select {
			case <-ctx.Done():
				return ctx.Err()
			case places <- struct{}{}:
				out[i] = one(texts[i])
				<-places
			}
		}
	}
	workers := min(cap(places), len(texts))
	errs := make([]error, max(workers, 1))
	var group sync.WaitGroup
	for i := 1; i < workers; i++ {
		group.Go(func() { errs[i] = work() })
	}
	errs[0] = work()
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// vector computes one text's vector and its middle, see EmbedMiddles.
func (e *Encoder) vector(prefix, text string) (vector, middle []float32) {
	w := e.workspaces.Get().(*workspace)
	defer e.workspaces.Put(w)
	w.ids = e.tokens.encode(w.ids[:0], prefix, text, MaxTokens)
	return e.forward(w)
}
