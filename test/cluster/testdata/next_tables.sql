-- +goose Up
-- oldest program: TODAY
ALTER TABLE events ADD COLUMN next_mark bigint NOT NULL DEFAULT 7;

CREATE TABLE next_notes (
    workspace text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    text      text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, id)
);

SELECT wall('next_notes');
