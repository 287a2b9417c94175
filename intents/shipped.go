package intents

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"sync"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// shipped holds what the program brings along: the starting set of intents, the
// heads and the model trained on the starting set. The two artefacts are made by
// `make shipped`; tests fail when they are older than what they were made of.
//
//go:embed data
var shipped embed.FS

var (
	loadHeads   = sync.OnceValues(func() (*Heads, error) { return decodeShipped("data/heads.bin.gz", DecodeHeads) })
	loadSpace   = sync.OnceValues(func() (*Space, error) { return decodeShipped("data/space.bin.gz", DecodeSpace) })
	loadStarter = sync.OnceValues(func() (*Model, error) { return decodeShipped("data/starter.bin.gz", DecodeModel) })
)

func decodeShipped[T any](name string, decode func([]byte) (*T, error)) (*T, error) {
	data, err := shipped.ReadFile(name)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the program was built without %s", name)
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the program was built with a damaged %s", name)
	}
	if data, err = io.ReadAll(r); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the program was built with a damaged %s", name)
	}
	return decode(data)
}

// ShippedHeads returns the heads that the program brings along.
func ShippedHeads() (*Heads, error) { return loadHeads() }

// StarterModel returns the model trained on the starting set alone: what a
// workspace without examples of its own is read with.
func StarterModel() (*Model, error) { return loadStarter() }

// Starter returns the starting set: smalltalk, the wish for a person, far topics
// and a handful of intents that most shops have, in English and Chinese. A
// workspace's own examples are merged behind it.
func Starter() (Set, error) {
	sub, err := fs.Sub(shipped, "data/starter")
	if err != nil {
		return Set{}, err
	}
	set, err := ReadFS(sub)
	if err != nil {
		return Set{}, err
	}
	set, _, err = set.Check()
	return set, err
}

// apartSpace is the shipped space that tells intents apart, for embeddings of that
// length; nil when there is none.
func apartSpace(dimension int) *space {
	s, err := loadSpace()
	if err != nil || len(s.space.mean) != dimension {
		return nil
	}
	return s.space
}

// genericSpace is the shipped space of the heads for embeddings of that length, nil
// when there is none.
func genericSpace(dimension int) *space {
	h, err := loadHeads()
	if err != nil || len(h.space.mean) != dimension {
		return nil
	}
	return h.space
}
