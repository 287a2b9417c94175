package frontdesk

import (
	"context"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/load"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// RetrievalFigures are what MeasureRetrieval found. Times are of one client, both
// arms and fusion, without embedding the question.
type RetrievalFigures struct {
	Documents, Chunks     int
	RecallAt10            float64 // of the vector arm against exact search, 0…1
	P50, P99              time.Duration
	LexicalP99, VectorP99 time.Duration
	Load                  time.Duration // from the store into the index, as at every start
	RSS                   int64         // bytes of this process, after the questions
}

// retrievalQueries is how many distinct questions are asked, after some to warm up.
const retrievalQueries = 1000

// RetrievalBench says what MeasureRetrieval measures.
type RetrievalBench struct {
	Seed     uint64
	Chunks   int
	Share    float64 // of the chunks that are of the workspace asked about, above 0 to 1; the others are of another
	Postgres string  // DSN of an empty database; "": a fresh embedded store in Dir
	Outside  bool    // vectors are searched in the Postgres, not in memory
	Dir      string
}

// MeasureRetrieval fills an empty store with so many made-up documents of one chunk
// each, loads the index from it as a start does, and asks. progress is told how
// many documents are stored; it may be nil.
func MeasureRetrieval(ctx context.Context, b RetrievalBench, progress func(done, all int)) (f RetrievalFigures, err error) {
	corpus, vectors := load.NewCorpus(b.Seed), load.NewVectors(b.Seed)
	var docs knowledge.Store
	var o knowledge.LocalOptions
	if b.Postgres != "" {
		var po postgres.Options
		if b.Outside {
			if po.Vectors, err = knowledge.NewCentring(vectors.Model(), load.Dim); err != nil {
				return f, err
			}
		}
		db, err := postgres.Open(ctx, b.Postgres, &po)
		if err != nil {
			return f, err
		}
		defer db.Close()
		docs = db.Knowledge()
		if b.Outside {
			o.Vectors = db.Knowledge()
		}
	} else {
		db, err := sqlite.Open(ctx, b.Dir, nil)
		if err != nil {
			return f, err
		}
		defer db.Close()
		docs = db.Knowledge()
	}
	if old, err := docs.Documents(ctx, knowledge.DocumentQuery{Workspace: id.DefaultWorkspace, Limit: 1}); err != nil {
		return f, err
	} else if len(old) > 0 {
		return f, fault.New(fault.Invalid, "The database has documents already; name an empty one")
	}
	ids, err := fillStore(ctx, docs, corpus, vectors, b, progress)
	if err != nil {
		return f, err
	}
	index, err := knowledge.NewLocal(vectors, load.Dim, &o)
	if err != nil {
		return f, err
	}
	start := time.Now()
	loaded, err := knowledge.NewLibrary(docs, vectors, index, time.Now, nil, nil).Load(ctx)
	if err != nil {
		return f, err
	}
	f.Load, f.Documents, f.Chunks = time.Since(start), loaded.Documents, loaded.Chunks
	queries := make([]string, retrievalQueries)
	for i := range queries {
		queries[i] = corpus.Query() + " " + strconv.Itoa(i)
	}
	var whole, lexical, vector []time.Duration
	found := make([][]knowledge.DocumentID, len(queries))
	asked := make([][]float32, len(queries))
	for i := -100; i < len(queries); i++ {
		text := queries[max(i, 0)]
		if i < 0 {
			text = corpus.Query() // to warm up
		}
		q := knowledge.Query{Workspace: id.DefaultWorkspace, Text: text, Vector: vectors.Of(text), Limit: 50}
		start := time.Now()
		r, err := index.Search(ctx, q)
		took := time.Since(start)
		if err != nil {
			return f, err
		}
		if i < 0 {
			continue
		}
		asked[i] = r.Vector // of the words as the search folds them
		whole, lexical, vector = append(whole, took-r.Timings.Embed), append(lexical, r.Timings.Lexical), append(vector, r.Timings.Vector)
		for _, c := range r.Candidates {
			if c.Evidence.VectorRank > 0 && c.Evidence.VectorRank <= 10 {
				found[i] = append(found[i], c.Document)
			}
		}
	}
	debug.FreeOSMemory() // what filling the store left behind is not the index's
	f.RSS = rss()
	quantile := func(d []time.Duration, q float64) time.Duration {
		slices.Sort(d)
		return d[int(q*float64(len(d)-1))]
	}
	f.P50, f.P99 = quantile(whole, .5), quantile(whole, .99)
	f.LexicalP99, f.VectorP99 = quantile(lexical, .99), quantile(vector, .99)
	f.RecallAt10 = recall(asked[:200], found, ids, load.NewCorpus(b.Seed), vectors)
	return f, ctx.Err()
}

// bodyText is a document's one chunk: what is embedded and compared.
func bodyText(d knowledge.Document) string { return d.Title + "\n" + d.Sections[0].Text }

// fillStore stores documents and returns their identifiers by number, "" for those of
// the other workspace. It keeps no texts: they would count as the index's memory.
func fillStore(ctx context.Context, docs knowledge.Store, corpus *load.Corpus, vectors *load.Vectors, b RetrievalBench, progress func(done, all int)) ([]knowledge.DocumentID, error) {
	const batch = 200
	ids := make([]knowledge.DocumentID, b.Chunks)
	var pending []knowledge.Revision
	asked := 0 // documents of the workspace asked about
	for i := range b.Chunks {
		d := corpus.Document(i)
		d.Workspace, d.ID, d.Version, d.Hash = "another", knowledge.DocumentID(id.New()), 1, strconv.Itoa(i)
		if float64(asked) <= b.Share*float64(i) {
			d.Workspace, ids[i] = id.DefaultWorkspace, d.ID
			asked++
		}
		d.CreatedAt = time.Now().UTC()
		d.UpdatedAt = d.CreatedAt
		text := bodyText(d)
		r := knowledge.Revision{Document: d, Model: vectors.Model(), Chunks: []knowledge.Chunk{{
			Field: knowledge.FieldBody, Heading: d.Sections[0].Heading, Text: d.Sections[0].Text, Indexed: text, Tokens: len(text) / 4,
			Hash: d.Hash, Vector: vectors.Of(text),
		}}}
		if pending = append(pending, r); len(pending) == batch || i+1 == b.Chunks {
			if err := docs.Save(ctx, pending); err != nil {
				return nil, err
			}
			pending = pending[:0]
			if progress != nil {
				progress(i+1, b.Chunks)
			}
		}
	}
	return ids, nil
}

// recall is the share of the ten nearest documents by exact search that were found.
// corpus is a fresh one of the same seed, ids are fillStore's.
func recall(asked [][]float32, found [][]knowledge.DocumentID, ids []knowledge.DocumentID, corpus *load.Corpus, vectors *load.Vectors) float64 {
	type near struct {
		cosine   float32
		document knowledge.DocumentID
	}
	best := make([][]near, len(asked))
	for n, document := range ids {
		d := corpus.Document(n) // those of the other workspace too: the texts come in order
		if document == "" {
			continue
		}
		v := vectors.Of(bodyText(d))
		for i, q := range asked {
			var dot float32
			for k, x := range q {
				dot += x * v[k]
			}
			if len(best[i]) == 10 && dot <= best[i][9].cosine {
				continue
			}
			best[i] = append(best[i], near{dot, document})
			slices.SortFunc(best[i], func(a, b near) int {
				if a.cosine > b.cosine {
					return -1
				}
				return 1
			})
			best[i] = best[i][:min(len(best[i]), 10)]
		}
	}
	hit, all := 0, 0
	for i := range best {
		for _, n := range best[i] {
			all++
			if slices.Contains(found[i], n.document) {
				hit++
			}
		}
	}
	return float64(hit) / float64(max(all, 1))
}

// rss is this process's resident memory in bytes, 0 where it cannot be told.
func rss() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
