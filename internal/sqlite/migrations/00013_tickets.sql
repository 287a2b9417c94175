-- +goose Up

-- Work on conversations that outlives the chat. A conversation has at most one
-- that is not closed.
CREATE TABLE tickets (
    workspace    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    number       INTEGER NOT NULL, -- dense from 1 in the workspace
    conversation TEXT    NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    status       TEXT    NOT NULL,
    assignee     TEXT    NOT NULL DEFAULT '',
    queue        TEXT    NOT NULL DEFAULT '',
    priority     INTEGER NOT NULL DEFAULT 0,
    subject      TEXT    NOT NULL,
    email        TEXT    NOT NULL DEFAULT '',
    origin       TEXT    NOT NULL,
    merged_into  TEXT    NOT NULL DEFAULT '', -- ID of the ticket that goes on with it
    due_at       INTEGER NOT NULL DEFAULT 0, -- 0: no service level runs
    due_for      TEXT    NOT NULL DEFAULT '',
    solved_at    INTEGER NOT NULL DEFAULT 0, -- 0: not, or opened again
    first_late   INTEGER NOT NULL DEFAULT 0, -- 1: the first answer came too late
    next_late    INTEGER NOT NULL DEFAULT 0,
    resolve_late INTEGER NOT NULL DEFAULT 0,
    reopened     INTEGER NOT NULL DEFAULT 0, -- times
    more         TEXT    NOT NULL DEFAULT '', -- JSON object
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tickets_number ON tickets (workspace, number);
CREATE UNIQUE INDEX tickets_open   ON tickets (workspace, conversation) WHERE status <> 'closed';
CREATE INDEX tickets_conversation  ON tickets (workspace, conversation, number);
CREATE INDEX tickets_due           ON tickets (workspace, due_at, number) WHERE due_at > 0;
CREATE INDEX tickets_created       ON tickets (workspace, created_at);
CREATE INDEX tickets_solved        ON tickets (workspace, solved_at) WHERE solved_at > 0;
CREATE INDEX tickets_merged        ON tickets (workspace, merged_into) WHERE merged_into <> '';

-- The last number given in each workspace.
CREATE TABLE ticket_numbers (
    workspace TEXT    NOT NULL PRIMARY KEY,
    last      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tickets that belong together: each pair once in each direction.
CREATE TABLE ticket_links (
    workspace TEXT    NOT NULL,
    ticket    TEXT    NOT NULL,
    other     TEXT    NOT NULL,
    PRIMARY KEY (workspace, ticket, other)
) STRICT, WITHOUT ROWID;

-- E-mails of tickets, out and in.
CREATE TABLE mails (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    ticket     TEXT    NOT NULL,
    outgoing   INTEGER NOT NULL, -- 1: to the visitor
    address    TEXT    NOT NULL, -- of the other side
    message    TEXT    NOT NULL DEFAULT '', -- Message-ID of one that came in
    body       TEXT    NOT NULL DEFAULT '', -- of one that goes out
    author     TEXT    NOT NULL DEFAULT '',
    state      TEXT    NOT NULL,
    failure    TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    done_at    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_ticket ON mails (workspace, ticket, id);
