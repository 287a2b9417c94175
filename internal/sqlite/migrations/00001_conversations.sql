-- +goose Up

-- Facts about the database itself: stream_epoch.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a conversation; everything of it is written while this row is held.
CREATE TABLE conversations (
    workspace      TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    inbox          TEXT    NOT NULL,
    visitor        TEXT    NOT NULL,
    client_conv_id TEXT    NOT NULL,
    seq            INTEGER NOT NULL DEFAULT 0,
    vseq           INTEGER NOT NULL DEFAULT 0,
    control_epoch  INTEGER NOT NULL DEFAULT 0,
    version        INTEGER NOT NULL DEFAULT 1,
    speaker        TEXT    NOT NULL,
    service        TEXT    NOT NULL,
    agent          TEXT    NOT NULL DEFAULT '',
    queue          TEXT    NOT NULL DEFAULT '',
    priority       INTEGER NOT NULL DEFAULT 0,
    skills         TEXT    NOT NULL DEFAULT '', -- JSON array
    reason         TEXT    NOT NULL DEFAULT '',
    enqueued_at    INTEGER NOT NULL DEFAULT 0,
    language       TEXT    NOT NULL DEFAULT '',
    sentiment      REAL    NOT NULL DEFAULT 0,
    last_text      TEXT    NOT NULL DEFAULT '',
    last_by        TEXT    NOT NULL DEFAULT '',
    memory         TEXT    NOT NULL DEFAULT '', -- JSON object
    created_at     INTEGER NOT NULL,            -- all times: microseconds since 1970, UTC
    updated_at     INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX conversations_id     ON conversations (workspace, id);
CREATE UNIQUE INDEX conversations_client ON conversations (workspace, visitor, client_conv_id);
CREATE INDEX conversations_newest        ON conversations (workspace, updated_at, id);
-- Only what a person has or waits for: most conversations never enter these two.
CREATE INDEX conversations_service ON conversations (workspace, service, updated_at, id)
    WHERE service <> 'bot' AND service <> 'closed';
CREATE INDEX conversations_agent ON conversations (workspace, agent, updated_at, id)
    WHERE agent <> '';

-- The timeline. The row number is the order of commits over the whole database.
CREATE TABLE events (
    n             INTEGER PRIMARY KEY,
    workspace     TEXT    NOT NULL,
    conversation  TEXT    NOT NULL,
    seq           INTEGER NOT NULL CHECK (seq > 0),
    vseq          INTEGER NOT NULL CHECK (vseq >= 0), -- 0: the visitor never sees it
    id            TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    author_kind   TEXT    NOT NULL,
    author_id     TEXT    NOT NULL DEFAULT '',
    author_name   TEXT    NOT NULL DEFAULT '',
    client_msg_id TEXT    NOT NULL DEFAULT '',
    epoch         INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    body          TEXT    NOT NULL DEFAULT '' -- JSON object
) STRICT;

CREATE UNIQUE INDEX events_seq ON events (workspace, conversation, seq);

-- One row for every keyed write, for ever: it outlives the text of its events,
-- so a retry after any time gets the first answer and writes nothing.
CREATE TABLE sends (
    workspace     TEXT    NOT NULL,
    conversation  TEXT    NOT NULL,
    sender_kind   TEXT    NOT NULL,
    sender_id     TEXT    NOT NULL,
    client_msg_id TEXT    NOT NULL,
    digest        TEXT    NOT NULL,
    first_seq     INTEGER NOT NULL, -- its events are first_seq … last_seq; first > last: none
    last_seq      INTEGER NOT NULL,
    run           TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, conversation, client_msg_id, sender_kind, sender_id)
) STRICT, WITHOUT ROWID;

-- The answers that the bot owes.
CREATE TABLE runs (
    workspace    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    trigger      TEXT    NOT NULL,
    from_seq     INTEGER NOT NULL,
    through_seq  INTEGER NOT NULL DEFAULT 0,
    attempt      INTEGER NOT NULL DEFAULT 0,
    owner        TEXT    NOT NULL DEFAULT '',
    epoch        INTEGER NOT NULL DEFAULT 0,
    state        TEXT    NOT NULL,
    text         TEXT    NOT NULL DEFAULT '',
    placeholder  TEXT    NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX runs_id      ON runs (workspace, id);
CREATE UNIQUE INDEX runs_trigger ON runs (workspace, trigger);
CREATE UNIQUE INDEX runs_queued  ON runs (workspace, conversation) WHERE state = 'queued';
CREATE UNIQUE INDEX runs_active  ON runs (workspace, conversation) WHERE state IN ('active', 'streaming');
CREATE INDEX runs_oldest         ON runs (created_at, id) WHERE state = 'queued';

-- What each turn of the bot saw and did.
CREATE TABLE traces (
    workspace    TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    event        TEXT    NOT NULL,
    decision     TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    helpful      INTEGER,                  -- NULL: no thumbs
    why          TEXT    NOT NULL DEFAULT '',
    trace        TEXT    NOT NULL          -- JSON object
) STRICT;

CREATE UNIQUE INDEX traces_event    ON traces (workspace, conversation, event);
CREATE INDEX traces_newest          ON traces (workspace, at, event);
CREATE INDEX traces_unhelpful       ON traces (workspace, at, event) WHERE helpful = 0;
