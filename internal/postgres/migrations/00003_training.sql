-- +goose Up
-- oldest program: 1
-- Tables only that an older program does not ask for.

-- Trained models; the newest is not always the one in service.
CREATE TABLE artefacts (
    workspace  text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    version    bigint  NOT NULL,
    hash       text COLLATE "C" NOT NULL,
    note       text COLLATE "C" NOT NULL,
    blob       bytea    NOT NULL,
    active     boolean NOT NULL,
    created_at bigint  NOT NULL,
    PRIMARY KEY (workspace, kind, version)
);

CREATE UNIQUE INDEX artefacts_active ON artefacts (workspace, kind) WHERE active;

-- Turns that an editor is done with.
CREATE TABLE reviewed (
    workspace text COLLATE "C" NOT NULL,
    event     text COLLATE "C" NOT NULL,
    account   text COLLATE "C" NOT NULL,
    at        bigint  NOT NULL,
    PRIMARY KEY (workspace, event)
);

SELECT wall('artefacts', 'reviewed');
