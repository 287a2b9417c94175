package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/frontdesk-chat/frontdesk/internal/fault"
	"github.com/frontdesk-chat/frontdesk/internal/id"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The oldest server and extension that we work with. Iterative scans of filtered
// vector indexes came with pgvector 0.8.
const (
	minServer      = 15
	minVectorMinor = 8
)

// prepare checks the server, brings the tables up to date and returns the role to
// serve as, "" for the connecting one. Nodes that start together take turns.
func prepare(ctx context.Context, pool *pgxpool.Config, o Options) (role string, err error) {
	cfg := pool.ConnConfig.Copy()
	if !slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != cfg.Host || f.Port != cfg.Port }) {
		cfg.ValidateConnect = nil // one server only: say what is wrong with it instead of finding none
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // gives the turn back, whatever it says
	if err := check(ctx, conn); err != nil {
		return "", err
	}
	if err := turn(ctx, conn); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, `SET lock_timeout = 0`); err != nil { // for the index of the vectors
		return "", translate(err)
	}
	owner := pool.Copy()
	owner.ConnConfig.RuntimeParams["lock_timeout"] = "1s" // what waits for a lock makes messages wait behind it
	owners, err := pgxpool.NewWithConfig(ctx, owner)
	if err != nil {
		return "", explain(err)
	}
	defer owners.Close()
	db := stdlib.OpenDBFromPool(owners)
	defer db.Close()
	if err := migrate(ctx, db, o.Logger); err != nil {
		return "", err
	}
	if o.Vectors != nil {
		if err := buildArm(ctx, conn, o.Vectors); err != nil {
			return "", err
		}
	}
	if o.Tables != nil {
		if err := o.Tables(ctx, owners); err != nil {
			return "", err
		}
	}
	var member bool
	err = conn.QueryRow(ctx, `SELECT rolname, pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = $1`, appRole).Scan(&role, &member)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err == nil {
		err = grant(ctx, conn)
	}
	if !member {
		role = ""
	}
	return role, translate(err)
}

// migrateLock is the advisory lock of whoever prepares a database: "frontdes" in
// ASCII.
const migrateLock int64 = 0x66726f6e74646573

// turn waits until nobody else prepares the database. It asks again and again: who
// waits inside the server holds a snapshot, and an index that a migration builds
// concurrently waits until all older snapshots are gone.
func turn(ctx context.Context, conn *pgx.Conn) error {
	for {
		var ours bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, migrateLock).Scan(&ours); err != nil || ours {
			return translate(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// grant lets the serving role use the tables that lack it yet; they belong to us, or
// somebody else has seen to it.
func grant(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `
		DO $$
		DECLARE
			name text;
		BEGIN
			FOR name IN SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE n.nspname = current_schema() AND pg_has_role(current_user, c.relowner, 'USAGE')
					AND CASE WHEN c.relkind IN ('r', 'p') THEN NOT has_table_privilege('frontdesk_app', c.oid, 'INSERT') ELSE false END
			LOOP
				EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO frontdesk_app', name);
			END LOOP;
			FOR name IN SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE n.nspname = current_schema() AND pg_has_role(current_user, c.relowner, 'USAGE')
					AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege('frontdesk_app', c.oid, 'USAGE') ELSE false END
			LOOP
				EXECUTE format('GRANT USAGE ON SEQUENCE %s TO frontdesk_app', name);
			END LOOP;
		END $$`)
	return translate(err)
}

// check says what a server lacks.
func check(ctx context.Context, conn *pgx.Conn) error {
	var (
		version             int
		standby, readOnly   bool
		available, extended string
	)
	err := conn.QueryRow(ctx, `
		SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('transaction_read_only')::bool,
			coalesce((SELECT default_version FROM pg_available_extensions WHERE name = 'vector'), ''),
			coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'), '')`).
		Scan(&version, &standby, &readOnly, &available, &extended)
	if err != nil {
		return explain(err)
	}
	if err := lacks(version, standby || readOnly, available, extended); err != nil || extended != "" {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS vector`); err != nil {
		if isUnique(err) { // another node was faster
			return nil
		}
		return fault.Wrap(fault.Invalid, err, "The extension pgvector is not switched on in this database and we may not do it. "+
			"Have an administrator run there: CREATE EXTENSION vector;")
	}
	return nil
}

// lacks says what is missing of a server with pgvector available, and extended by
// it, at these versions; "" is none.
func lacks(version int, readOnly bool, available, extended string) error {
	switch {
	case version < minServer*10000:
		return fault.New(fault.Invalid, "The database server is PostgreSQL %d; this program needs %d or newer. Upgrade the server.", version/10000, minServer)
	case readOnly:
		return fault.New(fault.Unavailable, "The database server takes no writes: it is a standby or set read-only. "+
			"Name the primary in storage.postgres, or promote this one.")
	case extended != "" && oldVector(extended):
		return fault.New(fault.Invalid, "The extension pgvector is at version %s in this database; this program needs 0.%d or newer. "+
			"Install a newer package on the server, then run: ALTER EXTENSION vector UPDATE;", extended, minVectorMinor)
	case extended != "":
		return nil
	case available == "":
		return fault.New(fault.Invalid, "The database server lacks the extension pgvector. Install it there (Debian: postgresql-%d-pgvector).", version/10000)
	case oldVector(available):
		return fault.New(fault.Invalid, "The database server has pgvector %s; this program needs 0.%d or newer. Install a newer package on the server.", available, minVectorMinor)
	}
	return nil
}

func oldVector(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return true
	}
	return major == 0 && minor < minVectorMinor
}

// migrate brings the tables up to date, forward only, one node at a time. Tables of
// a newer program are left as they are, and refused unless that program lets this
// one run on them: guessing at tables one does not know loses data.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The program's own tables are missing.")
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "The program's own tables are wrong.")
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return translate(err)
	}
	if have > want {
		err = bear(ctx, db, have, want, log)
	} else {
		err = raise(ctx, db, p, dir, have, want, log)
	}
	if err != nil {
		return err
	}
	// The epoch names this history of the database; a restored copy gets another.
	_, err = db.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('stream_epoch', $1) ON CONFLICT DO NOTHING`, id.New())
	if err != nil {
		return translate(err)
	}
	return restored(ctx, db, log)
}

// raise runs the migrations that are missing, each in one transaction unless its
// file says otherwise. Which programs may run on the tables is said before they
// change, so that none starts on them that may not.
func raise(ctx context.Context, db *sql.DB, p *goose.Provider, dir fs.FS, have, want int64, log *slog.Logger) error {
	oldest, err := oldestProgram(dir)
	if err != nil {
		return err
	}
	if have > 0 {
		if err := setOldest(ctx, db, oldest); err != nil {
			return err
		}
	}
	for attempt := 0; have < want; attempt++ {
		done, err := p.Up(ctx)
		for _, m := range done {
			log.DebugContext(ctx, "migrated", "version", m.Source.Version, "ms", m.Duration.Milliseconds())
		}
		if err == nil {
			break
		}
		// A busy table gives way in a moment; we never wait in front of messages.
		if c := code(err); c != codeLockTimeout && c != codeDeadlock && !strings.HasPrefix(c, "XX000") || attempt == 9 {
			return translate(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second + time.Duration(rand.Int64N(int64(time.Second)))):
		}
	}
	if have == 0 { // there was no table for it
		return setOldest(ctx, db, oldest)
	}
	return nil
}

// restored looks for rows of transactions that this server has not seen yet: a dump
// of another server was loaded. The feed would hold them back until its numbers have
// caught up, so they become old, and the history gets another name.
func restored(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	var moved int64
	for _, query := range []string{
		`SELECT set_config('app.workspace', '*', true)`,
		`UPDATE events SET xid = '1' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())`,
		`UPDATE documents SET xid = '1' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())`,
	} {
		res, err := tx.ExecContext(ctx, query)
		if err != nil {
			return translate(err)
		}
		if n, err := res.RowsAffected(); err == nil && strings.HasPrefix(query, "UPDATE") {
			moved += n
		}
	}
	if moved == 0 {
		return nil
	}
	log.InfoContext(ctx, "the database was restored from another server", "rows", moved)
	if _, err := tx.ExecContext(ctx, `UPDATE meta SET value = $1 WHERE key = 'stream_epoch'`, id.New()); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// explain says why a connection could not be made and what to do.
func explain(err error) error {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return err
	}
	switch code(err) {
	case "28P01", "28000":
		return fault.Wrap(fault.Invalid, err, "The database refuses the user or the password of storage.postgres")
	case "3D000":
		return fault.Wrap(fault.Invalid, err, "The database that storage.postgres names does not exist. Make it with createdb, or name another")
	case "53300":
		return fault.Wrap(fault.Unavailable, err, "The database server has no connection left. Raise its max_connections, or set a smaller pool_max_conns in storage.postgres")
	case "57P03":
		return fault.Wrap(fault.Unavailable, err, "The database server is starting up or shutting down")
	case "":
		return fault.Wrap(fault.Unavailable, err, "The database cannot be reached. Is the address in storage.postgres right, and does the server run?")
	}
	return translate(err)
}
