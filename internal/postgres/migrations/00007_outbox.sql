-- +goose Up
-- oldest program: 1
-- A table only that an older program does not ask for.

-- Long work that was asked for and is yet to be handed to the job queue, which
-- has tables of its own. A row is written with the data that it is about.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text COLLATE "C" NOT NULL,
    workspace  text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    created_at bigint  NOT NULL
);

SELECT wall('outbox');
