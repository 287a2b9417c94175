package sqlite

import (
	"context"
	"database/sql/driver"

	modernc "modernc.org/sqlite"
)

// maxStatements bounds the prepared statements that one connection keeps.
const maxStatements = 256

// connector opens connections that keep their prepared statements. Parsing and
// planning costs more than most of our statements take to run, and database/sql
// keeps only statements that were prepared by hand outside a transaction.
type connector struct {
	driver.Connector
	writes bool
}

func newConnector(dsn string, writes bool) (driver.Connector, error) {
	c, err := modernc.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return &connector{Connector: c, writes: writes}, nil
}

// Connect opens one connection.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{moderncConn: inner.(moderncConn), writes: c.writes, free: make(map[string][]statement)}, nil
}

// moderncConn is what the driver's connections can do.
type moderncConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is a prepared statement of the driver.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is one connection; database/sql never uses it from two goroutines at once.
type conn struct {
	moderncConn
	writes bool
	free   map[string][]statement // prepared and not in use, by text
	size   int                    // statements in free
}

// detach drops the cancellation of ctx on the writing connection: its
// transaction holds the writes of several callers, and SQLite answers an
// interrupt by rolling all of it back.
func (c *conn) detach(ctx context.Context) context.Context {
	if c.writes {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (c *conn) take(ctx context.Context, query string) (statement, error) {
	if free := c.free[query]; len(free) > 0 {
		s := free[len(free)-1]
		c.free[query] = free[:len(free)-1]
		c.size--
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.(statement), nil
}

// put keeps s for the next use of its text. A full cache is emptied: texts are
// constants of the program, so that happens only if somebody builds them.
func (c *conn) put(query string, s statement) error {
	var err error
	if c.size >= maxStatements {
		err = c.drop()
	}
	c.free[query] = append(c.free[query], s)
	c.size++
	return err
}

func (c *conn) drop() error {
	var first error
	for q, list := range c.free {
		for _, s := range list {
			if err := s.Close(); err != nil && first == nil {
				first = err
			}
		}
		delete(c.free, q)
	}
	c.size = 0
	return first
}

// ExecContext runs a statement that returns no rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx = c.detach(ctx)
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // an error may leave it in any state
		return nil, err
	}
	return res, c.put(query, s)
}

// QueryContext runs a statement that returns rows; the statement is free again
// when they are closed.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = c.detach(ctx)
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return &rows{Rows: r, c: c, s: s, query: query}, nil
}

// Close closes the connection and what it kept.
func (c *conn) Close() error {
	err := c.drop()
	if e := c.moderncConn.Close(); e != nil {
		err = e
	}
	return err
}

// rows gives its statement back when it is closed.
type rows struct {
	driver.Rows
	c     *conn
	s     statement
	query string
}

// Close ends the reading. A second call does nothing.
func (r *rows) Close() error {
	if r.s == nil {
		return nil
	}
	s := r.s
	r.s = nil
	if err := r.Rows.Close(); err != nil {
		_ = s.Close()
		return err
	}
	return r.c.put(r.query, s)
}
