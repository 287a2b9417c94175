package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type readyCmd struct {
	Addr    string        `help:"HOST:PORT of the node." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Timeout time.Duration `help:"How long to wait for its answer." default:"3s"`
}

func (c *readyCmd) Help() string {
	return "Asks a node whether it takes visitors; the exit status says so. For health checks where there is no curl.\n\n" +
		"Example:\n  frontdesk ready --addr 127.0.0.1:8080"
}

// Run asks once.
func (c *readyCmd) Run(ctx context.Context, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Addr+"/readyz", nil)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%q is not HOST:PORT", c.Addr)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "No node answers at %s", c.Addr)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The node at %s broke off", c.Addr)
	}
	if resp.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "The node at %s is not ready: %s", c.Addr, strings.TrimSpace(string(said)))
	}
	fmt.Fprintln(s.out, strings.TrimSpace(string(said)))
	return nil
}
