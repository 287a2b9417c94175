-- +goose Up

-- Long work that was asked for and is yet to be handed to the job queue, which
-- has a file of its own. A row is written with the data that it is about.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
