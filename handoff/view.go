package handoff

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/bot"
)

// How long a board is good for. Moves of this process are on it at once; those of
// other nodes come with the next reading, which is put off while readings are so
// long that they would take more than a tenth of the time.
const (
	boardFor   = 400 * time.Millisecond
	boardShare = 10
)

// boards keeps the desk of each workspace laid out while Run keeps it current.
type boards struct {
	reads sync.Mutex // one reading at a time: what comes in meanwhile is kept for one

	mu sync.Mutex // guards the fields below, and the boards themselves
	on int        // how many Runs keep them
	of map[bot.WorkspaceID]*kept

	forgot int // how often something was forgotten: a reading that was under way then is not kept
}

// kept is a board and what came in while the next one is being read.
type kept struct {
	board   *board
	floor   Floor     // that the board was made of
	read    time.Time // by this process's clock
	took    time.Duration
	reading bool
	missed  []news
}

// news is what one move changed.
type news struct {
	standing Standing
	agents   []Agent
	offers   []Reservation
	measures *Measures
}

func (b *board) hear(n news) {
	if n.standing.Conversation.ID != "" {
		b.stands(n.standing)
	}
	for _, a := range n.agents {
		b.changed(a)
	}
	for _, r := range n.offers {
		b.offered(r)
	}
	if n.measures != nil {
		b.measures = *n.measures
	}
}

// view is a look at the board of one workspace; see has it for itself while it
// looks, and must be quick.
type view struct {
	boards *boards // nil: own is seen
	own    *board  // the board at the time of the look
	ws     bot.WorkspaceID
}

func (v view) see(look func(b *board)) {
	if v.boards == nil {
		look(v.own)
		return
	}
	v.boards.mu.Lock()
	defer v.boards.mu.Unlock()
	if k := v.boards.of[v.ws]; k != nil {
		look(k.board)
		return
	}
	look(v.own) // it was forgotten meanwhile
}

// view returns a look at the desk: at the board that Run keeps, or one laid out
// for this once.
func (d *Desk) view(ctx context.Context, ws bot.WorkspaceID) (view, error) {
	if k := d.kept(ws); k != nil {
		return view{&d.boards, k.board, ws}, nil
	}
	f, err := d.floor(ctx, ws)
	if err != nil {
		return view{}, err
	}
	return view{own: layOut(ws, f)}, nil
}

// Keep lays desks out in memory until stop is called, as Run does. It is for
// whoever drives Sweep without Run, and is no good beside other processes.
func (d *Desk) Keep() (stop func()) {
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	d.boards.on++
	return func() {
		d.boards.mu.Lock()
		defer d.boards.mu.Unlock()
		if d.boards.on--; d.boards.on == 0 {
			d.boards.of = map[bot.WorkspaceID]*kept{}
		}
	}
}

// read reads the desk of a workspace and, when boards are kept, lays it out anew.
// What moves change meanwhile is done to the new board as well.
func (d *Desk) read(ctx context.Context, ws bot.WorkspaceID) (view, Floor, error) {
	d.boards.reads.Lock()
	defer d.boards.reads.Unlock()
	d.boards.mu.Lock()
	k := d.boards.of[ws]
	keeping, forgot := d.boards.on > 0, d.boards.forgot
	if keeping && k != nil {
		k.reading, k.missed = true, nil
	}
	d.boards.mu.Unlock()
	began := time.Now()
	f, err := d.floor(ctx, ws)
	if err != nil {
		if k != nil {
			d.boards.mu.Lock()
			defer d.boards.mu.Unlock()
			k.reading, k.missed = false, nil
		}
		return view{}, f, err
	}
	b := layOut(ws, f)
	if !keeping {
		return view{own: b}, f, nil
	}
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	if k != nil {
		for _, n := range k.missed {
			b.hear(n)
		}
		k.reading, k.missed = false, nil
	}
	if d.boards.on == 0 || d.boards.forgot != forgot {
		return view{own: b}, f, nil
	}
	d.boards.of[ws] = &kept{board: b, floor: f, read: time.Now(), took: time.Since(began)}
	return view{&d.boards, b, ws}, f, nil
}

// kept returns what is kept of a workspace; nil: nothing.
func (d *Desk) kept(ws bot.WorkspaceID) *kept {
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	return d.boards.of[ws]
}

// stale reports whether the board of a workspace should be read again.
func (d *Desk) stale(ws bot.WorkspaceID) bool {
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	k := d.boards.of[ws]
	return k == nil || time.Since(k.read) >= max(boardFor, boardShare*k.took)
}

// hear notes on the board that is kept, if one is, what a move changed.
func (d *Desk) hear(ws bot.WorkspaceID, n news) {
	n.agents = slices.Clone(n.agents)
	for i, a := range n.agents {
		n.agents[i].Heartbeat = d.alive(a)
	}
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	k := d.boards.of[ws]
	if k == nil {
		return
	}
	k.board.hear(n)
	if k.reading {
		k.missed = append(k.missed, n)
	}
}

// forget makes the next look at a workspace read it: its queues or agents changed.
func (d *Desk) forget(ws bot.WorkspaceID) {
	d.boards.mu.Lock()
	defer d.boards.mu.Unlock()
	delete(d.boards.of, ws)
	d.boards.forgot++
}
