package e5

import (
	"crypto/sha256"
	"slices"
	"sync"
)

// recentN is how many questions' vectors are kept: 3.2 MB at most. Greetings, thanks,
// buttons and the questions that everybody asks come again within so many.
const recentN = 1024

// recent keeps the vectors of questions that were asked lately, in two halves: what is
// asked moves to the young one, and when that is full the old one goes. Keys are hashes,
// so no text of a visitor is kept.
// A nil one keeps nothing.
type recent struct {
	mu         sync.Mutex // guards both
	young, old map[[sha256.Size]byte]pooled
}

// get returns copies of what is kept of text; ok is false when nothing is.
func (r *recent) get(text string) (p pooled, ok bool) {
	if r == nil {
		return pooled{}, false
	}
	key := sha256.Sum256([]byte(text))
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok = r.young[key]
	if !ok {
		if p, ok = r.old[key]; ok {
			r.keep(key, p)
		}
	}
	return p.clone(), ok
}

// put keeps copies of what was computed of text.
func (r *recent) put(text string, p pooled) {
	if r == nil {
		return
	}
	key := sha256.Sum256([]byte(text))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(key, p.clone())
}

func (r *recent) keep(key [sha256.Size]byte, p pooled) {
	if len(r.young) >= recentN/2 {
		r.old, r.young = r.young, nil
	}
	if r.young == nil {
		r.young = make(map[[sha256.Size]byte]pooled)
	}
	r.young[key] = p
}

// pooled is what a forward pass gives of a text: its vector, and its middle, see
// EmbedMiddles.
type pooled struct{ vector, middle []float32 }

func (p pooled) clone() pooled { return pooled{slices.Clone(p.vector), slices.Clone(p.middle)} }
