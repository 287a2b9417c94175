-- +goose NO TRANSACTION
-- +goose Up
-- oldest program: TODAY
-- A build that was broken off leaves an index that is not valid.
DROP INDEX CONCURRENTLY IF EXISTS events_next;
CREATE INDEX CONCURRENTLY events_next ON events (at, next_mark);
