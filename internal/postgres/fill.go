package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/frontdesk-chat/frontdesk/internal/cell"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Copying fills this database with the rows of another engine's, whose tables have
// the same columns. How far a copy has come is kept in the transaction that brings
// the rows, so an interrupted one goes on.

// copied is the row of meta that says how far a copy has come.
type copied struct {
	Source string         // what names the other database
	Rows   map[string]int // by table
}

// BeginCopy begins or resumes the copy of a source into this database and returns
// how many rows of each table are there. Error: Conflict when the database holds
// anything that is not of this copy.
func (db *DB) BeginCopy(ctx context.Context, source string, tables []string) (map[string]int, error) {
	var (
		c     copied
		text  string
		found bool
	)
	if err := db.read(ctx, everywhere, func(q queue) {
		value(q, &found, []any{&text}, `SELECT value FROM meta WHERE key = 'copy'`)
	}); err != nil {
		return nil, err
	}
	if found {
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
		}
		if c.Source != source {
			return nil, fault.New(fault.Conflict, "The target holds a part of a copy of another database. Use an empty one.")
		}
		return c.Rows, nil
	}
	for _, table := range tables {
		var n int
		if err := db.read(ctx, everywhere, func(q queue) {
			value(q, &found, []any{&n}, `SELECT count(*) FROM (SELECT 1 FROM `+pgx.Identifier{table}.Sanitize()+` LIMIT 1) t`)
		}); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "The target has no table %s", table)
		}
		if n > 0 {
			return nil, fault.New(fault.Conflict, "The target is not empty: it has rows in %s. Use an empty database.", table)
		}
	}
	return map[string]int{}, nil
}

// Fill stores more rows of a table of a copy; total is how many of the table are
// then there. Integers are stored as truth values where the column has these.
func (db *DB) Fill(ctx context.Context, source, table string, columns []string, rows [][]any, total int) error {
	kinds, err := db.kinds(ctx, table)
	if err != nil {
		return err
	}
	marks := make([]string, len(columns))
	for i, c := range columns {
		if marks[i] = fmt.Sprintf("$%d", i+1); kinds[c] == "" {
			return fault.New(fault.Internal, "The target's table %s has no column %s.", table, c)
		}
	}
	insert := `INSERT INTO ` + pgx.Identifier{table}.Sanitize() + ` (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(marks, ", ") + `)`
	return db.write(ctx, everywhere, func(ctx context.Context, t *tx) error {
		c := copied{Source: source, Rows: map[string]int{}}
		var text string
		var found bool
		value(t, &found, []any{&text}, `SELECT value FROM meta WHERE key = 'copy' FOR UPDATE`)
		if err := t.flush(ctx); err != nil {
			return err
		}
		if found {
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				return fault.Wrap(fault.Internal, err, "A stored row cannot be read.")
			}
		}
		if c.Rows[table]+len(rows) != total {
			return fault.New(fault.Conflict, "Another copy writes to the target at the same time.")
		}
		for _, row := range rows {
			args := make([]any, len(row))
			for i, v := range row {
				if n, ok := v.(int64); ok && kinds[columns[i]] == "boolean" {
					v = n != 0
				}
				args[i] = v
			}
			t.exec(insert, args...)
		}
		c.Rows[table] = total
		note, err := cell.Encode(c)
		if err != nil {
			return err
		}
		t.exec(`INSERT INTO meta (key, value) VALUES ('copy', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, note)
		return nil
	})
}

// EndCopy forgets how far a copy has come: it is whole.
func (db *DB) EndCopy(ctx context.Context) error {
	return db.write(ctx, everywhere, func(_ context.Context, t *tx) error {
		t.exec(`DELETE FROM meta WHERE key = 'copy'`)
		return nil
	})
}

// kinds are the types of a table's columns.
func (db *DB) kinds(ctx context.Context, table string) (map[string]string, error) {
	type column struct{ Name, Kind string }
	list, err := many(ctx, db, everywhere, pgx.RowToStructByPos[column], `
		SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1`, table)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range list {
		out[c.Name] = c.Kind
	}
	return out, nil
}

// Dump calls visit with all rows of a table, in no order: truth values as integers,
// otherwise as the embedded store has them.
func (db *DB) Dump(ctx context.Context, table string, columns []string, visit func(values []any) error) error {
	return db.view(ctx, everywhere, func(ctx context.Context, t *tx) error {
		t.queue(`SELECT ` + strings.Join(columns, ", ") + ` FROM ` + pgx.Identifier{table}.Sanitize()).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				values, err := rows.Values()
				if err != nil {
					return err
				}
				for i, v := range values {
					if b, ok := v.(bool); ok {
						values[i] = int64(0)
						if b {
							values[i] = int64(1)
						}
					}
				}
				if err := visit(values); err != nil {
					return err
				}
			}
			return rows.Err()
		})
		return t.flush(ctx)
	})
}

// Storable is a text as this engine keeps it.
func Storable(s string) string { return clean(s) }
