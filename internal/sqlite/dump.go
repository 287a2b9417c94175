package sqlite

import (
	"context"
	"strings"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

// Tables lists the tables that hold what the rooms keep, by name. What is about
// this database alone, and what tells versions of tables, is left out.
func (db *DB) Tables(ctx context.Context) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, `
		SELECT name FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT IN ('meta', 'goose_db_version') ORDER BY name`)
	if err != nil {
		return nil, translate(err)
	}
	return collect(rows, func(scan func(...any) error) (name string, err error) { return name, scan(&name) })
}

// Dump calls visit with the rows of a table of Tables from the skip-th on, in an
// order that is the same as long as nobody writes. Numbers that only order rows,
// rowids under another name, are left out. Values are int64, float64, string,
// []byte or nil, and belong to visit.
func (db *DB) Dump(ctx context.Context, table string, skip int, visit func(columns []string, values []any) error) error {
	var columns, key []string
	rowid := true
	info, err := db.read.QueryContext(ctx, `
		SELECT c.name, c.pk, c.type, t.wr FROM pragma_table_info(?1) c JOIN pragma_table_list t ON t.name = ?1 ORDER BY c.cid`, table)
	if err != nil {
		return translate(err)
	}
	type column struct {
		name, kind string
		pk, wr     int
	}
	all, err := collect(info, func(scan func(...any) error) (c column, err error) { return c, scan(&c.name, &c.pk, &c.kind, &c.wr) })
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fault.New(fault.Internal, "There is no table %s.", table)
	}
	keys := 0
	for _, c := range all {
		rowid = rowid && c.wr == 0
		if c.pk > 0 {
			keys++
		}
	}
	for _, c := range all {
		if c.pk > 0 {
			key = append(key, c.name)
		}
		if c.pk > 0 && keys == 1 && rowid && c.kind == "INTEGER" {
			continue
		}
		columns = append(columns, c.name)
	}
	order := `rowid`
	if !rowid {
		order = strings.Join(key, ", ")
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY `+order+` LIMIT -1 OFFSET ?`, skip)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return translate(err)
		}
		if err := visit(columns, values); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}
