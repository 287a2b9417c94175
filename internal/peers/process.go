package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// process is a server's process, looked at from outside.
type process struct {
	cmd   *exec.Cmd
	base  string // http://HOST:PORT
	debug string // the same of Go's /debug/pprof
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// launch starts a program, with more in its environment, and waits until url answers.
func launch(ctx context.Context, env []string, url, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	for end := time.Now().Add(startWait); ; time.Sleep(50 * time.Millisecond) {
		if _, err := read(ctx, url); err == nil {
			return p, nil
		} else if time.Now().After(end) || ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("%s does not answer at %s: %w", name, url, err), p.stop())
		}
	}
}

// stop ends the process and waits for its end.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// memory is what a process holds after two forced collections.
type memory struct {
	resident  float64 // bytes, as the kernel counts them
	anonymous float64 // of these the ones that are no pages of files, which come and go as the machine has room
	live      float64 // bytes of heap and stacks in use, as Go's runtime counts them; SQLite allocates outside of it
}

func (p *process) memory(ctx context.Context) (memory, error) {
	for range 2 {
		if _, err := read(ctx, p.debug+"/debug/pprof/heap?gc=1"); err != nil {
			return memory{}, err
		}
	}
	metrics, err := read(ctx, p.base+"/metrics")
	if err != nil {
		return memory{}, err
	}
	heap, err1 := sample(metrics, "go_memstats_heap_alloc_bytes")
	stacks, err2 := sample(metrics, "go_memstats_stack_inuse_bytes")
	resident, err3 := p.pages("VmRSS")
	anonymous, err4 := p.pages("RssAnon")
	return memory{resident, anonymous, heap + stacks}, errors.Join(err1, err2, err3, err4)
}

// pages is an amount of the process's memory as the kernel counts it, in bytes.
func (p *process) pages(which string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory can be measured on Linux only: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, which+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024, err
		}
	}
	return 0, fmt.Errorf("the kernel does not tell the process's %s", which)
}

// sample is the value of a metric without labels.
func sample(metrics, name string) (float64, error) {
	for line := range strings.Lines(metrics) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(rest), 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

// tick is the unit of processor time in /proc; it is 10 ms on every Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that the process has used.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name, in brackets, may hold anything; user and system time are the 12th and 13th field behind it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("the kernel does not tell the process's time")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// read gets a page.
func read(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d", url, res.StatusCode)
	}
	return string(text), err
}
