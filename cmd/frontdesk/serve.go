package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/frontdesk-chat/frontdesk"
)

type serveCmd struct {
	configFlags
	Addr      string `help:"HOST:PORT to listen on (default: 127.0.0.1:8080)." placeholder:"HOST:PORT"`
	PublicURL string `arg:"--public-url" help:"Address as browsers see it, when a proxy stands before it." placeholder:"URL"`
	Demo      bool   `help:"Load the sample shop and serve its page at /."`
}

func (c *serveCmd) Help() string {
	return "Example:\n  frontdesk serve --demo --addr 127.0.0.1:8080 --data data"
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	more := map[string]any{}
	if c.Addr != "" {
		more["server.addr"] = c.Addr
	}
	if c.PublicURL != "" {
		more["server.public_url"] = c.PublicURL
	}
	if c.Demo {
		more["server.demo"] = true
	}
	cfg, err := c.load(s.environ, more)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	app, err := frontdesk.Open(ctx, cfg, frontdesk.WithLog(s.err), frontdesk.WithExtractCommand(self, "extract-child"), frontdesk.WithVersion(version()))
	if err != nil {
		return err
	}
	defer app.Close()
	var signIns []frontdesk.SignIn
	if cfg.Server.Demo {
		if signIns, err = app.Demo(ctx); err != nil {
			return err
		}
	}
	return app.Run(ctx, func(address string) {
		at := cfg.Server.PublicURL
		if at == "" {
			at = "http://" + address
		}
		if cfg.Server.Demo {
			fmt.Fprintf(s.out, "shop     %s/          (%s/?lang=zh)\n", at, at)
		}
		fmt.Fprintf(s.out, "console  %s/console/\n", at)
		for _, p := range signIns {
			fmt.Fprintf(s.out, "         %-14s %s  %s\n", p.Role, p.Email, p.Password)
		}
		// The start needed two to three times the memory of serving: documents as they
		// were read, passwords as they were hashed. The runtime would keep it for long.
		debug.FreeOSMemory()
	})
}

type extractChildCmd struct{}

// Run is the whole of the child process that parses documents.
func (extractChildCmd) Run(_ context.Context, s streams) error {
	return frontdesk.ExtractChild(s.in, s.out)
}
