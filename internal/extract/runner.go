package extract

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/knowledge"
)

// Runner has files read by a child process. One that dies over a file, or takes
// too long, costs that file; the next child goes on behind it.
type Runner struct {
	Command []string // program and arguments that end in a call of Child, e.g. the running program and its hidden command
	Limits  Limits
}

var _ knowledge.Extractor = Runner{}

// Extract reads files; see knowledge.Extractor. Errors beside those: Unavailable
// when no child can be started, or file after file kills it.
func (x Runner) Extract(ctx context.Context, files []knowledge.File, visit func(knowledge.Extracted) error) error {
	if len(files) == 0 {
		return ctx.Err()
	}
	req := request{Files: files, Limits: x.Limits.filled()}
	// Enough for any honest upload; a pile of files made to kill should not keep
	// a processor busy for hours.
	const most = 50
	for range most {
		done, err := x.run(ctx, &req, visit)
		if done || err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "more than %d files could not be read; remove the broken ones and try again", most)
}

// run works with one child. It reports false when the child died and another
// should go on with req.
func (x Runner) run(ctx context.Context, req *request, visit func(knowledge.Extracted) error) (done bool, err error) {
	c, err := x.start(ctx, req)
	if err != nil {
		return false, fault.Wrap(fault.Unavailable, err, "files cannot be read at the moment")
	}
	defer c.kill()
	var now *beginning
	limit := req.Limits.Time + 10*time.Second // for the start, on a busy machine
	for {
		timer := time.NewTimer(limit)
		var m message
		var ok bool
		select {
		case <-ctx.Done():
			timer.Stop()
			return false, ctx.Err()
		case <-timer.C:
			if now == nil {
				return false, fault.New(fault.Unavailable, "files cannot be read at the moment")
			}
			req.Skip++
			return false, visit(stopped(now, knowledge.CodeTimeout))
		case m, ok = <-c.messages:
			timer.Stop()
		}
		switch {
		case !ok || m.Stop != "":
			code := m.Stop
			if !ok {
				code = c.death()
			}
			if now == nil { // between two files: nobody's fault but the machine's
				return false, fault.Wrap(fault.Unavailable, errors.New(string(code)), "files cannot be read at the moment")
			}
			req.Skip++
			return false, visit(stopped(now, code))
		case m.End:
			return true, nil
		case m.Begin != nil:
			now, limit = m.Begin, req.Limits.Time
		case m.Done != nil:
			now, limit = nil, req.Limits.Time
			req.Skip++
			if err := visit(*m.Done); err != nil {
				return false, err
			}
		}
	}
}

// stopped is the outcome of a file that was not read to its end.
func stopped(b *beginning, code knowledge.Code) knowledge.Extracted {
	message := "the file is damaged in a way that stopped its reader"
	switch code {
	case knowledge.CodeTimeout:
		message = "reading the file took too long; split it or save it in a simpler form"
	case knowledge.CodeMemory:
		message = "reading the file took too much memory; split it or save it in a simpler form"
	}
	return knowledge.Extracted{Name: b.Name, Source: b.Source, Code: code, Message: message}
}

// child is a running process.
type child struct {
	cmd      *exec.Cmd
	stdin    io.Closer
	messages chan message  // closed when the child's output ends
	gone     chan struct{} // closed by kill: nobody reads messages any more
	stderr   head          // read after Wait only
	waited   bool
}

func (x Runner) start(ctx context.Context, req *request) (*child, error) {
	if len(x.Command) == 0 {
		return nil, errors.New("no command")
	}
	cmd := exec.CommandContext(ctx, x.Command[0], x.Command[1:]...)
	// Nothing of ours: no keys, no addresses. The runtime needs no variable.
	cmd.Env = []string{"GOTRACEBACK=none"}
	cmd.WaitDelay = 5 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin, messages: make(chan message), gone: make(chan struct{})}
	cmd.Stderr = &c.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.receive(stdout)
	b, err := json.Marshal(req)
	if err == nil {
		_, err = stdin.Write(append(b, '\n'))
	}
	if err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// maxMessage bounds what is kept of one answer: a file's text, twice escaped.
const maxMessage = 64 << 20

func (c *child) receive(stdout io.Reader) {
	defer close(c.messages)
	limited := &io.LimitedReader{R: stdout}
	d := json.NewDecoder(limited)
	for {
		limited.N = maxMessage
		var m message
		if d.Decode(&m) != nil {
			return
		}
		select {
		case c.messages <- m:
		case <-c.gone:
			return
		}
	}
}

// kill ends the child if it still runs, and waits for it.
func (c *child) kill() {
	close(c.gone)
	_ = c.stdin.Close()
	_ = c.cmd.Process.Kill()
	for range c.messages { // until receive has ended, for Wait closes what it reads
	}
	c.wait()
}

func (c *child) wait() {
	if !c.waited {
		c.waited = true
		_ = c.cmd.Wait() // how it ended is in ProcessState
	}
}

// death says why a child ended by itself: for want of memory, which the runtime
// says on standard error and the kernel by killing; else because of the file.
func (c *child) death() knowledge.Code {
	c.wait()
	s, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	said := string(c.stderr)
	if ok && s.Signaled() && s.Signal() == syscall.SIGKILL || strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory") || strings.Contains(said, "stack overflow") {
		return knowledge.CodeMemory
	}
	return knowledge.CodeBroken
}

// head keeps the first bytes of what is written to it.
type head []byte

func (h *head) Write(p []byte) (int, error) {
	*h = append(*h, p[:min(len(p), 4096-len(*h))]...)
	return len(p), nil
}
