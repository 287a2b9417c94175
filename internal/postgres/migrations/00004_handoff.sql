-- +goose Up
-- oldest program: 1
-- Tables only that an older program does not ask for.

-- People who answer visitors. load is the number of conversations whose agent
-- this is, reserved the number of open offers; both change in the transaction
-- of what they count.
CREATE TABLE agents (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    skills     text COLLATE "C" NOT NULL DEFAULT '', -- JSON array
    capacity   bigint  NOT NULL CHECK (capacity BETWEEN 1 AND 50),
    load       bigint  NOT NULL DEFAULT 0 CHECK (load >= 0),
    reserved   bigint  NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    weight     bigint  NOT NULL DEFAULT 100,
    duty       text COLLATE "C" NOT NULL,
    missed     bigint  NOT NULL DEFAULT 0,
    heartbeat  bigint  NOT NULL DEFAULT 0,
    last_given bigint  NOT NULL DEFAULT 0,
    version    bigint  NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace, id)
);

CREATE TABLE queues (
    workspace text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    offer_for bigint  NOT NULL DEFAULT 0, -- microseconds; 0: the desk's default
    hours     text COLLATE "C" NOT NULL DEFAULT '', -- JSON object
    PRIMARY KEY (workspace, id)
);

-- Offers, for ever: who was asked, when, and what came of it.
CREATE TABLE reservations (
    workspace    text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    agent        text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL,
    offered_at   bigint  NOT NULL,
    deadline     bigint  NOT NULL,
    decided_at   bigint  NOT NULL DEFAULT 0 -- 0 while open
);

CREATE UNIQUE INDEX reservations_id   ON reservations (workspace, id);
CREATE UNIQUE INDEX reservations_open ON reservations (workspace, conversation) WHERE state = 'open';
CREATE INDEX reservations_recent      ON reservations (workspace, decided_at) WHERE state IN ('declined', 'missed');

-- What the desk remembers of a conversation besides its row.
CREATE TABLE waits (
    workspace    text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    since        bigint  NOT NULL DEFAULT 0,
    parked_at    bigint  NOT NULL DEFAULT 0,
    why          text COLLATE "C" NOT NULL DEFAULT '',
    promised     boolean NOT NULL DEFAULT false,
    away_since   bigint  NOT NULL DEFAULT 0,
    accepted_at  bigint  NOT NULL DEFAULT 0,
    contact      text COLLATE "C" NOT NULL DEFAULT '', -- JSON object
    PRIMARY KEY (workspace, conversation)
);

-- The desk's own pace.
CREATE TABLE desks (
    workspace text COLLATE "C" NOT NULL PRIMARY KEY,
    handled   bigint  NOT NULL DEFAULT 0,
    handling  bigint  NOT NULL DEFAULT 0 -- microseconds
);

SELECT wall('agents', 'queues', 'reservations', 'waits', 'desks');
