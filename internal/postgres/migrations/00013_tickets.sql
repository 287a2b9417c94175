-- +goose Up
-- oldest program: 8
-- Tables only that an older program does not ask for.

-- Work on conversations that outlives the chat. A conversation has at most one
-- that is not closed.
CREATE TABLE tickets (
    workspace    text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    number       bigint NOT NULL, -- dense from 1 in the workspace
    conversation text COLLATE "C" NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    status       text COLLATE "C" NOT NULL,
    assignee     text COLLATE "C" NOT NULL DEFAULT '',
    queue        text COLLATE "C" NOT NULL DEFAULT '',
    priority     bigint NOT NULL DEFAULT 0,
    subject      text COLLATE "C" NOT NULL,
    email        text COLLATE "C" NOT NULL DEFAULT '',
    origin       text COLLATE "C" NOT NULL,
    merged_into  text COLLATE "C" NOT NULL DEFAULT '', -- ID of the ticket that goes on with it
    due_at       bigint NOT NULL DEFAULT 0, -- 0: no service level runs
    due_for      text COLLATE "C" NOT NULL DEFAULT '',
    solved_at    bigint NOT NULL DEFAULT 0, -- 0: not, or opened again
    first_late   boolean NOT NULL DEFAULT false, -- the first answer came too late
    next_late    boolean NOT NULL DEFAULT false,
    resolve_late boolean NOT NULL DEFAULT false,
    reopened     bigint NOT NULL DEFAULT 0, -- times
    more         text COLLATE "C" NOT NULL DEFAULT '', -- JSON object
    created_at   bigint NOT NULL,
    updated_at   bigint NOT NULL,
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX tickets_number ON tickets (workspace, number);
CREATE UNIQUE INDEX tickets_open   ON tickets (workspace, conversation) WHERE status <> 'closed';
CREATE INDEX tickets_conversation  ON tickets (workspace, conversation, number);
CREATE INDEX tickets_due           ON tickets (workspace, due_at, number) WHERE due_at > 0;
CREATE INDEX tickets_created       ON tickets (workspace, created_at);
CREATE INDEX tickets_solved        ON tickets (workspace, solved_at) WHERE solved_at > 0;
CREATE INDEX tickets_merged        ON tickets (workspace, merged_into) WHERE merged_into <> '';

-- The last number given in each workspace.
CREATE TABLE ticket_numbers (
    workspace text COLLATE "C" NOT NULL PRIMARY KEY,
    last      bigint NOT NULL
);

-- Tickets that belong together: each pair once in each direction.
CREATE TABLE ticket_links (
    workspace text COLLATE "C" NOT NULL,
    ticket    text COLLATE "C" NOT NULL,
    other     text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, ticket, other)
);

-- E-mails of tickets, out and in.
CREATE TABLE mails (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    ticket     text COLLATE "C" NOT NULL,
    outgoing   boolean NOT NULL, -- to the visitor
    address    text COLLATE "C" NOT NULL, -- of the other side
    message    text COLLATE "C" NOT NULL DEFAULT '', -- Message-ID of one that came in
    body       text COLLATE "C" NOT NULL DEFAULT '', -- of one that goes out
    author     text COLLATE "C" NOT NULL DEFAULT '',
    state      text COLLATE "C" NOT NULL,
    failure    text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    done_at    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, id)
);

CREATE INDEX mails_ticket ON mails (workspace, ticket, id);

SELECT wall('tickets', 'ticket_numbers', 'ticket_links', 'mails');
