package main

import (
	"context"
	"fmt"

	"github.com/frontdesk-chat/frontdesk"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type migrateCmd struct{ configFlags }

func (c *migrateCmd) Help() string {
	return "Makes or updates the tables; serve does the same at its start when its role may.\n\nExample:\n  frontdesk migrate --postgres postgres://owner@db.example/frontdesk"
}

// Run migrates and says where the tables are.
func (c *migrateCmd) Run(ctx context.Context, s streams) error {
	cfg, err := c.load(s.environ, nil)
	if err != nil {
		return err
	}
	have, known, err := frontdesk.Migrate(ctx, cfg)
	if err != nil {
		return err
	}
	if have > known {
		fmt.Fprintf(s.out, "The tables are at version %d, made by a newer program; this one knows %d and may run on them.\n", have, known)
		return nil
	}
	fmt.Fprintf(s.out, "The tables are at version %d.\n", have)
	return nil
}

type copyCmd struct {
	From string `arg:"required" help:"sqlite:DIR, the data folder of the embedded store; no server may hold it." placeholder:"sqlite:DIR"`
	To   string `arg:"required" help:"postgres:DSN, an empty database." placeholder:"postgres:DSN"`
}

func (c *copyCmd) Help() string {
	return "Copies every table and compares both sides by count and checksum. Called again after an interruption, it goes on.\n" +
		"Attachments stay in the folder: go on with the same --data.\n\nExample:\n  frontdesk copy --from sqlite:data --to postgres://owner@db.example/frontdesk"
}

// Run copies and prints a line a table.
func (c *copyCmd) Run(ctx context.Context, s streams) error {
	from, dir, err := frontdesk.CopyAddress(c.From)
	if err != nil {
		return err
	}
	to, dsn, err := frontdesk.CopyAddress(c.To)
	if err != nil {
		return err
	}
	if from != "sqlite" || to != "postgres" {
		return fault.New(fault.Invalid, "Copies go from sqlite:DIR to postgres:DSN only")
	}
	return frontdesk.Copy(ctx, dir, dsn, func(t frontdesk.CopiedTable) error {
		_, err := fmt.Fprintf(s.out, "%-20s %9d rows  %s\n", t.Name, t.Rows, t.Checksum)
		return err
	})
}
