package handoff

import (
	"sync"
	"time"
)

// zones keeps the time zones of hours that were asked for: package time reads the
// file of a zone each time it is loaded. A nil *zones keeps none.
type zones struct {
	mu   sync.Mutex // guards read
	read map[string]*time.Location
}

// of returns the zone of hours that were checked.
func (z *zones) of(h Hours) *time.Location {
	if z == nil {
		return h.location()
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	loc := z.read[h.Zone]
	if loc == nil {
		if loc = h.location(); z.read == nil {
			z.read = map[string]*time.Location{}
		}
		z.read[h.Zone] = loc
	}
	return loc
}
