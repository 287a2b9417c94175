package frontdesk

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/extract"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// EvaluationParts wires what `frontdesk evaluate` measures: the product's own
// code with its defaults, each library on an empty store: in a temporary folder, or
// in a workspace of its own of the configured Postgres, which keeps what it was given.
// The returned function gives everything back. Errors: Invalid for an unknown
// part in without; Unavailable when an endpoint cannot be reached.
func EvaluationParts(ctx context.Context, c Config, without []string, version string) (training.Parts, func(), error) {
	if err := training.CheckParts(without); err != nil {
		return training.Parts{}, nil, err
	}
	e, err := newEncoder(ctx, c.Embedding)
	if err != nil {
		return training.Parts{}, nil, err
	}
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	off := func(part string) bool { return slices.Contains(without, part) }
	m, err := newMind(e, now, without)
	if err != nil {
		return training.Parts{}, nil, err
	}
	written, err := models(c.LLM, nil, nil)
	if err != nil {
		return training.Parts{}, nil, err
	}
	alone, err := newRestater()
	if err != nil {
		return training.Parts{}, nil, err
	}
	return training.Parts{
		Version: version, Embedder: e, Without: without,
		NewReader: func(context.Context) (training.Reader, error) { return m, nil },
		NewLibrary: func(ctx context.Context) (training.Library, error) {
			return newShelf(ctx, c, e, now, &knowledge.LocalOptions{
				Now: now, WithoutLexical: off("lexical"), WithoutVector: off("vector"), WithoutConfidence: off("confidence"),
			})
		},
		NewEngine: func(_ context.Context, lib training.Library) (training.Engine, error) {
			return bot.New(bot.Parts{Understander: m, Retriever: lib, Embedder: e, Restater: alone, Now: now}, &bot.Options{
				Models: written, Deadline: c.LLM.TurnLimit, Without: bot.Without{
					Rewrite: off("rewrite"), Intents: off("intents"), Sentiment: off("sentiment"), Clarify: off("clarify"), Offer: off("offer"),
				},
			})
		},
	}, func() {}, nil
}

// shelf is a knowledge library on a store of its own, for measuring.
type shelf struct {
	*knowledge.Local
	library   *knowledge.Library
	db        io.Closer
	dir       string // to be removed; "": none
	workspace id.Workspace
	names     map[knowledge.DocumentID]knowledge.DocumentID // the library's id → the one that Add was given
}

var _ training.Library = (*shelf)(nil)

// newShelf opens an empty library: in a workspace of its own of the configured
// Postgres, or without one in a temporary folder.
func newShelf(ctx context.Context, c Config, e encoder, now func() time.Time, o *knowledge.LocalOptions) (_ *shelf, err error) {
	s := &shelf{workspace: id.Workspace("shelf-" + id.New()), names: map[knowledge.DocumentID]knowledge.DocumentID{}}
	var docs knowledge.Store
	if c.Storage.Postgres != "" {
		po := &postgres.Options{Now: now}
		if po.Vectors, err = c.centring(e); err != nil {
			return nil, err
		}
		db, err := postgres.Open(ctx, string(c.Storage.Postgres), po)
		if err != nil {
			return nil, err
		}
		s.db, docs = db, db.Knowledge()
		if po.Vectors != nil {
			o.Vectors = db.Knowledge()
		}
	} else {
		if s.dir, err = os.MkdirTemp("", "frontdesk-shelf-"); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "No temporary folder can be made")
		}
		db, err := sqlite.Open(ctx, s.dir, &sqlite.Options{Now: now})
		if err != nil {
			os.RemoveAll(s.dir)
			return nil, err
		}
		s.db, docs = db, db.Knowledge()
	}
	o.Tokens = e.count
	if s.Local, err = knowledge.NewLocal(e, e.dim, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.library = knowledge.NewLibrary(docs, e, s.Local, now, nil, &knowledge.Options{
		Cutter: knowledge.Cutter{Tokens: e.count}, Extractor: extract.Local{},
	})
	return s, nil
}

// Add implements training.Library.
func (s *shelf) Add(ctx context.Context, docs []knowledge.Document) error {
	for _, d := range docs {
		if blank(d) {
			continue // nothing to find, and the library refuses it
		}
		d.Workspace = s.workspace
		if d.Status == "" {
			d.Status = knowledge.StatusPublished
		}
		stored, err := s.library.Put(ctx, d, 0)
		if err != nil {
			return err
		}
		s.names[stored.ID] = d.ID
	}
	return nil
}

// Search implements bot.Retriever; candidates carry the ids that Add was given.
func (s *shelf) Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error) {
	q.Workspace = s.workspace
	r, err := s.Local.Search(ctx, q)
	for i := range r.Candidates {
		r.Candidates[i].Document = s.names[r.Candidates[i].Document]
	}
	return r, err
}

// Close implements training.Library.
func (s *shelf) Close() error {
	err := s.db.Close()
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}

// blank reports whether a document has no words that could be found.
func blank(d knowledge.Document) bool {
	words := d.Title + d.Question + d.Answer
	for _, sec := range d.Sections {
		words += sec.Text
	}
	return strings.TrimSpace(words) == ""
}
