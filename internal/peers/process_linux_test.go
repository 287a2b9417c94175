package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestProcess looks at this very process, of which the runtime knows the same.
func TestProcess(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: &exec.Cmd{Process: self}}
	before, err := p.pages("RssAnon")
	if err != nil {
		t.Fatal(err)
	}
	// Not from Go's heap, which may have pages left from before.
	block, err := syscall.Mmap(-1, 0, 64<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(block)
	for i := range block {
		block[i] = byte(i)
	}
	after, err := p.pages("RssAnon")
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown < 60<<20 || grown > 80<<20 {
		t.Errorf("64 MB more are measured as %.0f bytes", grown)
	}
	used, err := p.cpu()
	if err != nil {
		t.Fatal(err)
	}
	for used2 := used; used2 == used; { // spins until a tick has passed
		block[int(used2)%len(block)]++
		if used2, err = p.cpu(); err != nil {
			t.Fatal(err)
		}
		if used2-used > time.Second {
			t.Errorf("one tick is measured as %v", used2-used)
		}
	}
}

func TestSample(t *testing.T) {
	const page = "# HELP a_bytes x\na_bytes_total 7\na_bytes 1.5e+06\n"
	if v, err := sample(page, "a_bytes"); err != nil || v != 1.5e6 {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := sample(page, "a"); err == nil {
		t.Error("a metric that is not there was found")
	}
}
