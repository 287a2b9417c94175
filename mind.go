package frontdesk

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/intents"
	"github.com/frontdesk-chat/frontdesk/internal/e5"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
	"github.com/frontdesk-chat/frontdesk/training"
)

// readingEncoder is what utterances are read and intents trained with.
type readingEncoder interface {
	training.QueryEmbedder
	intents.MiddleEmbedder
}

// mind reads utterances with the shipped heads and the workspace's intents, and
// holds the index that finds passages.
type mind struct {
	reader *intents.Reader
	reads  readingEncoder // the reader's encoder
	index  *knowledge.Local
	own    bool // the reader has an encoder of its own; the turn's vector is another model's

	version atomic.Int64 // of the trained intents in service; 0: none
}

var _ bot.Understander = (*mind)(nil)

// Read implements bot.Understander.
func (m *mind) Read(ctx context.Context, in intents.Input) (intents.Reading, error) {
	if m.own {
		in.Vector = nil
	}
	return m.reader.Read(ctx, in)
}

// newMind makes a reader. The shipped heads stand on the built-in encoder, so
// that one reads utterances even where another embeds the knowledge base.
func newMind(e encoder, now func() time.Time, without []string) (*mind, error) {
	m := &mind{reads: e}
	if e.Model() != e5.ModelName {
		built, err := e5.Open()
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err, "The built-in embedding model cannot be opened")
		}
		m.reads, m.own = built, true
	}
	var err error
	m.reader, err = intents.NewReader(m.reads, &intents.ReaderOptions{Now: now, Without: without})
	return m, err
}

// openMind makes a reader and puts the workspace's trained intents in service. A
// model that cannot be used any more is left aside, and the log says so: the
// starter intents still read.
func openMind(ctx context.Context, store training.ArtefactStore, e encoder, now func() time.Time, log *slog.Logger) (*mind, error) {
	m, err := newMind(e, now, nil)
	if err != nil {
		return nil, err
	}
	a, err := store.Artefact(ctx, id.DefaultWorkspace, training.KindIntents, 0)
	if fault.Is(err, fault.NotFound) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	m.version.Store(int64(a.Version))
	model, err := intents.DecodeModel(a.Blob)
	if err == nil {
		err = m.reader.Use(id.DefaultWorkspace, model)
	}
	if err != nil {
		log.Warn("the trained intents cannot be used; the starter intents read until they are trained anew", "version", a.Version, "error", err)
	}
	return m, nil
}

// use puts trained intents in service on this node.
func (m *mind) use(ws id.Workspace, version int, model *intents.Model) error {
	if err := m.reader.Use(ws, model); err != nil {
		return err
	}
	m.version.Store(int64(version))
	return nil
}

// serving is what utterances are read with; version 0: the starting set's model.
func (m *mind) serving(ws id.Workspace) (version int, model *intents.Model) {
	model = m.reader.Model(ws)
	if starter, err := intents.StarterModel(); err == nil && starter == model {
		return 0, model
	}
	return int(m.version.Load()), model
}
