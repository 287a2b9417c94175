package frontdesk

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/jobs"
	"github.com/frontdesk-chat/frontdesk/internal/postgres"
	"github.com/frontdesk-chat/frontdesk/internal/sqlite"
)

// CopiedTable is what Copy says of one table.
type CopiedTable struct {
	Name     string
	Rows     int
	Checksum string // of all rows, the same on both sides
}

// copyBatch is how many rows travel in one transaction.
const copyBatch = 500

// Copy copies everything from the embedded store of a data folder, which no server
// may hold, into an empty Postgres, and compares both sides by count and checksum.
// One that was interrupted goes on when it is called again. report is told of every
// table; attachments stay in the data folder's files. Errors: Conflict when the
// target is not empty or the folder is held; Internal when the sides differ.
func Copy(ctx context.Context, dir, dsn string, report func(CopiedTable) error) error {
	from, err := sqlite.Open(ctx, dir, nil)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := postgres.Open(ctx, dsn, &postgres.Options{Tables: jobs.Tables})
	if err != nil {
		return err
	}
	defer to.Close()
	source, err := from.Conversations().Epoch(ctx)
	if err != nil {
		return err
	}
	tables, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	done, err := to.BeginCopy(ctx, source, tables)
	if err != nil {
		return err
	}
	for _, table := range tables {
		t, err := copyTable(ctx, from, to, source, table, done[table])
		if err != nil {
			return err
		}
		if err := report(t); err != nil {
			return err
		}
	}
	return to.EndCopy(ctx)
}

// copyTable brings the rows that are missing and compares all of them.
func copyTable(ctx context.Context, from *sqlite.DB, to *postgres.DB, source, table string, have int) (CopiedTable, error) {
	var (
		columns []string
		rows    [][]any
		total   = have
	)
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		total += len(rows)
		err := to.Fill(ctx, source, table, columns, rows, total)
		rows = nil
		return err
	}
	err := from.Dump(ctx, table, have, func(names []string, values []any) error {
		columns = names
		if rows = append(rows, values); len(rows) == copyBatch {
			return flush()
		}
		return nil
	})
	if err = errors.Join(err, flush()); err != nil {
		return CopiedTable{}, err
	}
	var ours, theirs sum
	if err := from.Dump(ctx, table, 0, func(names []string, values []any) error {
		columns = names
		return ours.add(values)
	}); err != nil {
		return CopiedTable{}, err
	}
	if columns == nil { // an empty table
		return CopiedTable{Name: table, Checksum: ours.String()}, nil
	}
	if err := to.Dump(ctx, table, columns, theirs.add); err != nil {
		return CopiedTable{}, err
	}
	if ours != theirs {
		return CopiedTable{}, fault.New(fault.Internal,
			"The copy of %s differs: %d rows with checksum %s, the source has %d with %s. Empty the target and copy again.",
			table, theirs.rows, theirs.String(), ours.rows, ours.String())
	}
	return CopiedTable{Name: table, Rows: ours.rows, Checksum: ours.String()}, nil
}

// sum is a checksum of rows in any order: the sum of their hashes.
type sum struct {
	rows int
	hash [4]uint64
}

func (s *sum) String() string {
	return fmt.Sprintf("%016x%016x%016x%016x", s.hash[0], s.hash[1], s.hash[2], s.hash[3])
}

// add counts a row. Texts count as Postgres keeps them.
func (s *sum) add(values []any) error {
	h := sha256.New()
	part := func(kind byte, b []byte) {
		h.Write(binary.LittleEndian.AppendUint64([]byte{kind}, uint64(len(b))))
		h.Write(b)
	}
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			part('n', nil)
		case int64:
			part('i', binary.LittleEndian.AppendUint64(nil, uint64(v)))
		case float64:
			part('f', binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
		case string:
			part('s', []byte(postgres.Storable(v)))
		case []byte:
			part('b', v)
		default:
			return fault.New(fault.Internal, "A value of type %T cannot be compared.", v)
		}
	}
	digest := h.Sum(nil)
	s.rows++
	for i := range s.hash {
		s.hash[i] += binary.LittleEndian.Uint64(digest[8*i:])
	}
	return nil
}

// CopyAddress reads "sqlite:DIR" or "postgres:DSN"; a DSN may be written as it is.
// Error: Invalid.
func CopyAddress(s string) (engine, address string, err error) {
	switch {
	case strings.HasPrefix(s, "postgres://"), strings.HasPrefix(s, "postgresql://"):
		return "postgres", s, nil
	}
	engine, address, ok := strings.Cut(s, ":")
	if !ok || address == "" || engine != "sqlite" && engine != "postgres" {
		return "", "", fault.New(fault.Invalid, "%q is neither sqlite:DIR nor postgres:DSN", s)
	}
	return engine, address, nil
}

// Migrate brings the tables of the configured store up to date and returns their
// version and the one that this program knows, which is lower where a newer program
// made them and lets this one run. The role of a Postgres' DSN must own the tables,
// or make them.
func Migrate(ctx context.Context, c Config) (have, known int64, err error) {
	if c.Storage.Postgres == "" {
		db, err := sqlite.Open(ctx, c.Storage.Dir, &sqlite.Options{Now: time.Now})
		if err != nil {
			return 0, 0, err
		}
		defer db.Close()
		return db.Schema(ctx)
	}
	o := &postgres.Options{Tables: jobs.Tables}
	if c.Search.Vectors == vectorsInPostgres {
		e, err := newEncoder(ctx, c.Embedding)
		if err != nil {
			return 0, 0, err
		}
		if o.Vectors, err = c.centring(e); err != nil {
			return 0, 0, err
		}
	}
	db, err := postgres.Open(ctx, string(c.Storage.Postgres), o)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	return db.Schema(ctx)
}
