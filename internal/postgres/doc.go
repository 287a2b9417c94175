// Package postgres is the engine for many nodes: PostgreSQL 15 or newer with
// pgvector, one source of truth that every node reads and writes.
//
// A write is one transaction in two round trips: the first locks and reads, the
// second writes and commits. Everything of a conversation is written while its row
// is locked; who needs agents too locks them afterwards, in order of ID. What lost
// a race or a connection before its commit was sent runs again inside; a connection
// that dies during a commit leaves the outcome unknown, which is told as
// Unavailable and never as success. No transaction waits for anything but locks.
//
// Row-level security is a second wall: every transaction names its workspace, or
// '*' for sweeps over all, and the serving role is neither owner nor exempt.
//
// The tables and their columns are those of internal/sqlite, file by file, so that
// a database can be copied row by row and the two folders compared. Rules live in
// the rooms: this package locks, stores, fetches, lists and swaps.
package postgres
