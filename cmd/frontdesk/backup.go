package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-chat/frontdesk"
)

type backupCmd struct {
	configFlags
	To   string `arg:"required" help:"Folder of the copies." placeholder:"DIR"`
	Keep int    `help:"Copies of the database to keep." default:"96"`
}

func (c *backupCmd) Help() string {
	return "Copies the embedded store while a server runs.\n\nExample:\n  frontdesk backup --data data --to /var/backups/frontdesk\n\n" +
		"To restore, stop the server, put a copy into an empty data folder as frontdesk.db and files/ beside it."
}

// Run makes one backup.
func (c *backupCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	b, err := frontdesk.Backup(ctx, cfg, c.To, c.Keep, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s, %d new attachments, %d older copies removed\n", b.Database, b.Files, b.Dropped)
	return nil
}
