package knowledge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"time"
)

// contentHash is Document.Hash: over all that readers can see, and nothing else.
// Every part is preceded by its length, so that no two documents run together.
func contentHash(d *Document) string {
	h := digest{sha256.New()}
	h.add(string(d.Kind), d.Title, d.URL, d.Language, d.Audience, stamp(d.ValidFrom), stamp(d.ValidUntil), d.Question, d.Answer)
	h.list(d.Tags)
	h.list(d.Paraphrases)
	h.list(d.Negatives)
	h.number(len(d.Sections))
	for _, s := range d.Sections {
		h.list(s.Heading)
		h.add(s.Text)
		h.number(s.Page)
	}
	return h.sum()
}

// chunkHash is Chunk.Hash.
func chunkHash(field Field, indexed string) string {
	h := digest{sha256.New()}
	if asQuery(field) {
		h.add("query", indexed)
	} else {
		h.add("passage", indexed)
	}
	return h.sum()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}

type digest struct{ hash.Hash }

func (d digest) number(n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	d.Write(b[:])
}

func (d digest) add(parts ...string) {
	for _, p := range parts {
		d.number(len(p))
		d.Write([]byte(p))
	}
}

func (d digest) list(parts []string) {
	d.number(len(parts))
	d.add(parts...)
}

func (d digest) sum() string { return hex.EncodeToString(d.Sum(nil)) }
