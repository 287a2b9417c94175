// Package sqlite is the embedded engine: one file in the data folder, no
// server, durable before it is acknowledged.
//
// One connection writes, a pool of others reads. Writers that arrive together
// share one commit (group commit), each inside its own savepoint, so that one
// that fails hurts no other; nobody is answered before the commit that holds
// their write is on disk (write-ahead log, synchronous=FULL). A crash loses
// nothing that was acknowledged, and nothing half done stays.
//
// The package owns the file frontdesk.db and its -wal and -shm companions, the
// lock file frontdesk.lock and server.json, which says who holds the folder.
// Tables belong to the rooms whose stores live here, one migration file each.
// Rules live in those rooms: this package stores, fetches, lists and swaps.
package sqlite
