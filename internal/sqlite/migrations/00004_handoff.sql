-- +goose Up

-- People who answer visitors. load is the number of conversations whose agent
-- this is, reserved the number of open offers; both change in the transaction
-- of what they count.
CREATE TABLE agents (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    skills     TEXT    NOT NULL DEFAULT '', -- JSON array
    capacity   INTEGER NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    load       INTEGER NOT NULL DEFAULT 0 CHECK (load >= 0),
    reserved   INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    weight     INTEGER NOT NULL DEFAULT 100,
    duty       TEXT    NOT NULL,
    missed     INTEGER NOT NULL DEFAULT 0,
    heartbeat  INTEGER NOT NULL DEFAULT 0,
    last_given INTEGER NOT NULL DEFAULT 0,
    version    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE queues (
    workspace TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    offer_for INTEGER NOT NULL DEFAULT 0, -- microseconds; 0: the desk's default
    hours     TEXT    NOT NULL DEFAULT '', -- JSON object
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- Offers, for ever: who was asked, when, and what came of it.
CREATE TABLE reservations (
    workspace    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    agent        TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    offered_at   INTEGER NOT NULL,
    deadline     INTEGER NOT NULL,
    decided_at   INTEGER NOT NULL DEFAULT 0 -- 0 while open
) STRICT;

CREATE UNIQUE INDEX reservations_id   ON reservations (workspace, id);
CREATE UNIQUE INDEX reservations_open ON reservations (workspace, conversation) WHERE state = 'open';
CREATE INDEX reservations_recent      ON reservations (workspace, decided_at) WHERE state IN ('declined', 'missed');

-- What the desk remembers of a conversation besides its row.
CREATE TABLE waits (
    workspace    TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    since        INTEGER NOT NULL DEFAULT 0,
    parked_at    INTEGER NOT NULL DEFAULT 0,
    why          TEXT    NOT NULL DEFAULT '',
    promised     INTEGER NOT NULL DEFAULT 0,
    away_since   INTEGER NOT NULL DEFAULT 0,
    accepted_at  INTEGER NOT NULL DEFAULT 0,
    contact      TEXT    NOT NULL DEFAULT '', -- JSON object
    PRIMARY KEY (workspace, conversation)
) STRICT, WITHOUT ROWID;

-- The desk's own pace.
CREATE TABLE desks (
    workspace TEXT    NOT NULL PRIMARY KEY,
    handled   INTEGER NOT NULL DEFAULT 0,
    handling  INTEGER NOT NULL DEFAULT 0 -- microseconds
) STRICT, WITHOUT ROWID;
