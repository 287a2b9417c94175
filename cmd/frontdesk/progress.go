package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
)

// progress draws a bar on w while w is a terminal, and nothing otherwise.
type progress struct {
	w    io.Writer
	bar  *progressbar.ProgressBar
	name string
	all  int
}

// newProgress returns a progress for w; it draws only on terminals, so that logs and pipes stay clean.
func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return &progress{}
	}
	return &progress{w: w}
}

// at shows that done of all steps of name are done; a new name or size starts a new bar.
func (p *progress) at(name string, done, all int) {
	if p.w == nil || all == 0 {
		return
	}
	if p.bar == nil || p.name != name || p.all != all {
		p.end()
		p.name, p.all = name, all
		p.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(name),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	}
	_ = p.bar.Set(done) // a bar that cannot be drawn is no reason to stop the work
}

// end removes the bar.
func (p *progress) end() {
	if p.bar == nil {
		return
	}
	_ = p.bar.Finish()
	fmt.Fprint(p.w, "\r\033[K")
	p.bar = nil
}
