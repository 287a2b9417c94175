-- +goose NO TRANSACTION
-- +goose Up
-- oldest program: 8
-- Indexes only. They are built while messages are written, and what was broken off is
-- begun again.

SET lock_timeout = 0; -- the build waits for older transactions, and nobody waits behind it

-- What reports read: changes of service, ratings and changes of tickets by time, and
-- conversations by their beginning.
DROP INDEX CONCURRENTLY IF EXISTS events_report;
CREATE INDEX CONCURRENTLY events_report ON events (workspace, at) WHERE kind IN ('service', 'rating', 'ticket');
DROP INDEX CONCURRENTLY IF EXISTS conversations_begun;
CREATE INDEX CONCURRENTLY conversations_begun ON conversations (workspace, created_at);

RESET lock_timeout;
