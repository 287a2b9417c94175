package e5

import (
	"crypto/sha256"
	"slices"
	"sync"
)

// recentN is how many questions' vectors are kept: 1.6 MB at most. Greetings, thanks,
// buttons and the questions that everybody asks come again within so many.
const recentN = 1024

// recent keeps the vectors of questions that were asked lately, in two halves: what is
// asked moves to the young one, and when that is full the old one goes. Keys are hashes,
// so no text of a visitor is kept.
// A nil one keeps nothing.
type recent struct {
	mu         sync.Mutex // guards both
	young, old map[[sha256.Size]byte][]float32
}

// get returns a copy of the vector of text, nil when it is not kept.
func (r *recent) get(text string) []float32 {
	if r == nil {
		return nil
	}
	key := sha256.Sum256([]byte(text))
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.young[key]
	if !ok {
		if v, ok = r.old[key]; ok {
			r.keep(key, v)
		}
	}
	return slices.Clone(v)
}

// put keeps a copy of text's vector.
func (r *recent) put(text string, v []float32) {
	if r == nil {
		return
	}
	key := sha256.Sum256([]byte(text))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(key, slices.Clone(v))
}

func (r *recent) keep(key [sha256.Size]byte, v []float32) {
	if len(r.young) >= recentN/2 {
		r.old, r.young = r.young, nil
	}
	if r.young == nil {
		r.young = make(map[[sha256.Size]byte][]float32)
	}
	r.young[key] = v
}
