package extract

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// request is what a Runner writes to its child, one line of JSON. The pipe stays
// open as long as the Runner lives.
type request struct {
	Files  []knowledge.File
	Limits Limits
	Skip   int // units that an earlier child has dealt with
}

// message is what a child answers, one line of JSON each: Begin and Done for every
// unit, then End.
type message struct {
	Begin *beginning           `json:",omitempty"`
	Done  *knowledge.Extracted `json:",omitempty"`
	Stop  knowledge.Code       `json:",omitempty"` // the unit begun last cannot be finished; the child ends
	End   bool                 `json:",omitempty"`
}

type beginning struct{ Name, Source string }

// errStopped ends a child that gave up on a file; its Runner knows why.
var errStopped = errors.New("stopped reading a file that takes too much")

// Child reads files on behalf of a Runner in another process: it takes a request
// from stdin, restricts this process for good (memory, processor time, open
// files; on Linux also no sockets, no programs, no changes to files) and answers
// on stdout. A program calls it as the whole of a hidden command and ends when it
// returns, whatever it returns: a parser may still be running.
func Child(stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReader(stdin)
	var req request
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &req); err != nil {
		return err
	}
	l := req.Limits.filled()
	restrict(l)
	// The collector works harder from half of the limit on, so that what the
	// watch below sees is what is in use and not what is yet to be collected.
	debug.SetMemoryLimit(l.Memory / 2)
	debug.SetMaxStack(64 << 20) // endless nesting ends here

	out := &writer{enc: json.NewEncoder(stdout)}
	ended := make(chan error, 3)
	go func() { ended <- serve(l, req, out) }()
	go func() { ended <- watch(l, out) }()
	go func() { // whoever asked is gone when the pipe closes
		_, err := io.Copy(io.Discard, in)
		ended <- errors.Join(err, io.ErrClosedPipe)
	}()
	return <-ended
}

// writer writes whole messages.
type writer struct {
	mu  sync.Mutex // guards enc
	enc *json.Encoder
}

func (w *writer) send(m message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.enc.Encode(m)
}

func serve(l Limits, req request, out *writer) error {
	n := 0
	err := each(l, req.Files, func(u unit) error {
		if n++; n <= req.Skip {
			return nil
		}
		if err := out.send(message{Begin: &beginning{u.name, u.source}}); err != nil {
			return err
		}
		x := extracted(l, u)
		return out.send(message{Done: &x})
	})
	if err != nil {
		return err
	}
	return out.send(message{End: true})
}

// watch returns when more memory is in use than allowed.
func watch(l Limits, out *writer) error {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		metrics.Read(sample)
		if sample[0].Value.Uint64() > uint64(l.Memory) {
			return errors.Join(errStopped, out.send(message{Stop: knowledge.CodeMemory}))
		}
	}
	return nil
}
