package knowledge

import (
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/id"
)

// prints sum up what is indexed: a number a document, joined in a way that does
// not depend on their order.
type prints struct {
	mu          sync.Mutex // guards what follows
	changing    int        // documents being replaced now
	byWorkspace map[id.Workspace]*workspacePrint
}

type workspacePrint struct {
	sum   uint64
	docs  map[DocumentID]print
	timed map[DocumentID]print // those that are not valid at all times
}

// print is one document's part. The zero print is no document.
type print struct {
	hash        uint64
	from, until time.Time
}

func printOf(d Document) print {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%s\x00%s", d.ID, d.Version, d.Status, d.Audience) // never fails
	return print{hash: h.Sum64(), from: d.ValidFrom, until: d.ValidUntil}
}

// change carries out a change of the index and notes the document's new print.
func (p *prints) change(ws id.Workspace, doc DocumentID, now print, do func()) {
	p.mu.Lock()
	p.changing++
	p.mu.Unlock()
	do()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changing--
	if p.byWorkspace == nil {
		p.byWorkspace = map[id.Workspace]*workspacePrint{}
	}
	w := p.byWorkspace[ws]
	if w == nil {
		w = &workspacePrint{docs: map[DocumentID]print{}, timed: map[DocumentID]print{}}
		p.byWorkspace[ws] = w
	}
	w.sum ^= w.docs[doc].hash ^ now.hash
	delete(w.docs, doc)
	delete(w.timed, doc)
	if now.hash == 0 {
		return
	}
	w.docs[doc] = now
	if !now.from.IsZero() || !now.until.IsZero() {
		w.timed[doc] = now
	}
}

// of returns the print of a workspace at a time, "" while something changes.
func (p *prints) of(ws id.Workspace, at time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changing > 0 {
		return ""
	}
	w := p.byWorkspace[ws]
	if w == nil {
		return "0"
	}
	sum := w.sum
	for _, d := range w.timed {
		if !at.Before(d.from) && (d.until.IsZero() || at.Before(d.until)) {
			sum ^= d.hash*0x9e3779b97f4a7c15 + 1
		}
	}
	return fmt.Sprintf("%d-%x", len(w.docs), sum)
}
