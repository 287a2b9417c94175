-- +goose NO TRANSACTION
-- +goose Up
-- oldest program: 8
-- A column that an older program leaves as it is, and indexes, which are built while
-- messages are written. What was broken off is begun again.

-- Attachments of mails that go out, a JSON array; and those that wait to be sent.
ALTER TABLE mails ADD COLUMN IF NOT EXISTS files text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS mails_due ON mails (created_at) WHERE state = 'due';

SET lock_timeout = 0; -- the build waits for older transactions, and nobody waits behind it

-- What reports read: changes of service, ratings and changes of tickets by time, and
-- conversations by their beginning.
DROP INDEX CONCURRENTLY IF EXISTS events_report;
CREATE INDEX CONCURRENTLY events_report ON events (workspace, at) WHERE kind IN ('service', 'rating', 'ticket');
DROP INDEX CONCURRENTLY IF EXISTS conversations_begun;
CREATE INDEX CONCURRENTLY conversations_begun ON conversations (workspace, created_at);

RESET lock_timeout;
