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
	recent     recent // of questions
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

// Open returns an encoder over the embedded model. It takes a millisecond or two:
// the model is used where it lies in the program.
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
	if e.weights, e.tokens, err = loadModel(modelFile); err != nil {
		return nil, err
	}
	return e, nil
}

// Model returns ModelName.
func (e *Encoder) Model() string { return ModelName }

// Kernels returns the name of the inner loops in use, see Options.
func (e *Encoder) Kernels() string { return e.kernels.name }

// EmbedQueries returns the vectors of what people ask, [len(texts)][Dim] of unit
// length, in the order of texts. Any string is accepted, the empty one too. Those asked
// lately are not computed again. The only error is ctx's, which is looked at between
// texts.
func (e *Encoder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.queries, queryPrefix, texts, &e.recent, func(p pooled) []float32 { return p.vector })
}

// EmbedPassages is EmbedQueries for texts that are stored to be found.
func (e *Encoder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.embed(ctx, e.passages, passagePrefix, texts, nil, func(p pooled) []float32 { return p.vector })
}

// CountTokens returns how many tokens text has, without prefix (2 tokens) and
// specials (2); 0 for a blank text.
func (e *Encoder) CountTokens(text string) int { return e.tokens.count(text) }

// embed computes what of the texts is wanted, or takes it from those kept.
func (e *Encoder) embed(ctx context.Context, places chan struct{}, prefix string, texts []string, kept *recent, want func(pooled) []float32) ([][]float32, error) {
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
			if p, ok := kept.get(texts[i]); ok {
				out[i] = want(p)
				continue // known ones need not stand in line
			}
			// A place is held for one text only, so that calls share the cores evenly.
			select {
			case <-ctx.Done():
				return ctx.Err()
			case places <- struct{}{}:
				p := e.pool(prefix, texts[i])
				<-places
				kept.put(texts[i], p)
				out[i] = want(p)
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

// pool computes a text's vector and middle.
func (e *Encoder) pool(prefix, text string) pooled {
	w := e.workspaces.Get().(*workspace)
	defer e.workspaces.Put(w)
	w.ids = e.tokens.encode(w.ids[:0], prefix, text, MaxTokens)
	vector, middle := e.forward(w)
	return pooled{vector, middle}
}
