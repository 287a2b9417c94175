-- +goose Up

-- Trained models; the newest is not always the one in service.
CREATE TABLE artefacts (
    workspace  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    hash       TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    blob       BLOB    NOT NULL,
    active     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, kind, version)
) STRICT;

CREATE UNIQUE INDEX artefacts_active ON artefacts (workspace, kind) WHERE active = 1;

-- Turns that an editor is done with.
CREATE TABLE reviewed (
    workspace TEXT    NOT NULL,
    event     TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (workspace, event)
) STRICT, WITHOUT ROWID;
