// Package hot puts copies in front of what costs time and is asked again: the
// embedding of a question, what a search finds for it, and a visitor's profile.
//
// What is kept is what the part behind would say again: the key of an embedding
// names the model and the words, that of a search everything the search looks at
// (knowledge.Local.Print among it) and the program's version. So answers are the
// same with and without copies, and the copies may be lost at any time. Only a
// profile can be old, for as long as its life, when it changed while the copies
// were away.
//
// The package owns nothing: Copies says where copies are kept.
package hot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
	"github.com/frontdesk-chat/frontdesk/internal/account"
	"github.com/frontdesk-chat/frontdesk/internal/id"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// How long copies live.
const (
	AnswerLife  = 10 * time.Minute // of embeddings and searches: they do not grow old, they are only asked for less
	ProfileLife = time.Minute
)

// Copies keeps values for a while, or not: every call may do nothing.
type Copies interface {
	Get(ctx context.Context, name string) (value []byte, ok bool)
	Put(ctx context.Context, name string, value []byte, life time.Duration)
	Drop(ctx context.Context, name string)
}

// Count is told of every question to the copies: "embedding", "search" or
// "profile", and whether there was one.
type Count func(what string, hit bool)

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Embedder is the embedding model behind the copies.
type Embedder interface {
	bot.Embedder
	Model() string
}

// embedder keeps copies of single questions; what is embedded in bulk goes by.
type embedder struct {
	Embedder
	copies Copies
	count  Count
}

// Embed returns e behind copies.
func Embed(e Embedder, c Copies, count Count) bot.Embedder { return &embedder{e, c, count} }

// EmbedQueries implements bot.Embedder.
func (e *embedder) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) != 1 {
		return e.Embedder.EmbedQueries(ctx, texts)
	}
	name := "embedding:" + digest(e.Model(), texts[0])
	if data, ok := e.copies.Get(ctx, name); ok && len(data) > 0 && len(data)%4 == 0 {
		e.count("embedding", true)
		v := make([]float32, len(data)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		return [][]float32{v}, nil
	}
	e.count("embedding", false)
	out, err := e.Embedder.EmbedQueries(ctx, texts)
	if err != nil || len(out) != 1 {
		return out, err
	}
	data := make([]byte, 0, 4*len(out[0]))
	for _, x := range out[0] {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	e.copies.Put(ctx, name, data, AnswerLife)
	return out, nil
}

// Printed is a search that can name what it looks at; see knowledge.Local.Print.
type Printed interface {
	bot.Retriever
	Print(ws id.Workspace, at time.Time) string
}

type retriever struct {
	Printed
	program string
	now     func() time.Time
	copies  Copies
	count   Count
}

// Search returns r behind copies. program names the program's version and the
// embedding model: another one may rank otherwise.
func Search(r Printed, program string, now func() time.Time, c Copies, count Count) bot.Retriever {
	return &retriever{r, program, now, c, count}
}

// copied is what is kept of a result.
type copied struct {
	Candidates []knowledge.Candidate
	Meant      string
}

// Search implements bot.Retriever. A query without its vector is not looked up:
// the result would lack it.
func (r *retriever) Search(ctx context.Context, q knowledge.Query) (knowledge.Result, error) {
	at := q.At
	if at.IsZero() {
		at = r.now()
	}
	q.At = at
	print := r.Print(q.Workspace, at)
	if print == "" || q.Vector == nil {
		return r.Printed.Search(ctx, q)
	}
	asked := q
	asked.Vector, asked.At = nil, time.Time{}
	words, err := json.Marshal(asked)
	if err != nil { // a number that is none
		return r.Printed.Search(ctx, q)
	}
	name := "search:" + digest(r.program, print, string(words))
	if data, ok := r.copies.Get(ctx, name); ok {
		var found copied
		if json.Unmarshal(data, &found) == nil {
			r.count("search", true)
			return knowledge.Result{Candidates: found.Candidates, Meant: found.Meant, Vector: q.Vector}, nil
		}
	}
	r.count("search", false)
	out, err := r.Printed.Search(ctx, q)
	if err != nil || r.Print(q.Workspace, at) != print {
		return out, err // a document changed meanwhile: of which state this is, nobody knows
	}
	if data, err := json.Marshal(copied{out.Candidates, out.Meant}); err == nil {
		r.copies.Put(ctx, name, data, AnswerLife)
	}
	return out, nil
}

type profiles struct {
	account.Store
	copies Copies
	count  Count
}

// Profiles returns a store whose visitors are read from copies first.
func Profiles(s account.Store, c Copies, count Count) account.Store { return &profiles{s, c, count} }

func profile(ws id.Workspace, visitor string) string { return "profile:" + digest(string(ws), visitor) }

// Visitor implements account.VisitorStore.
func (p *profiles) Visitor(ctx context.Context, ws id.Workspace, visitor string) (account.Visitor, error) {
	if data, ok := p.copies.Get(ctx, profile(ws, visitor)); ok {
		var v account.Visitor
		if json.Unmarshal(data, &v) == nil {
			p.count("profile", true)
			return v, nil
		}
	}
	p.count("profile", false)
	v, err := p.Store.Visitor(ctx, ws, visitor)
	if err != nil {
		return v, err
	}
	if data, err := json.Marshal(v); err == nil {
		p.copies.Put(ctx, profile(ws, visitor), data, ProfileLife)
	}
	return v, nil
}

// PutVisitor implements account.VisitorStore.
func (p *profiles) PutVisitor(ctx context.Context, v account.Visitor, s account.VisitorSession, spent account.Spent) error {
	err := p.Store.PutVisitor(ctx, v, s, spent)
	p.copies.Drop(ctx, profile(v.Workspace, v.ID))
	return err
}

// MergeVisitor implements account.VisitorStore.
func (p *profiles) MergeVisitor(ctx context.Context, ws id.Workspace, from, to string) error {
	err := p.Store.MergeVisitor(ctx, ws, from, to)
	p.copies.Drop(ctx, profile(ws, from))
	p.copies.Drop(ctx, profile(ws, to))
	return err
}
