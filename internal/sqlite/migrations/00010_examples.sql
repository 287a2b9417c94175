-- +goose Up

-- What editors taught: intents, and utterances that mean one. Words have one intent,
-- so the key of an example is made of them alone.
CREATE TABLE intents (
    workspace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    class       TEXT    NOT NULL,
    description TEXT    NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE examples (
    workspace TEXT    NOT NULL,
    id        TEXT    NOT NULL, -- of the folded words
    intent    TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    origin    TEXT    NOT NULL, -- file, import, review or person
    event     TEXT    NOT NULL, -- the visitor's message it was made from
    account   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX examples_intent ON examples (workspace, intent, at);

-- Embeddings of examples by a hash of the text; they can be made again.
CREATE TABLE example_vectors (
    workspace TEXT    NOT NULL,
    model     TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    vector    BLOB    NOT NULL,
    PRIMARY KEY (workspace, model, key)
) STRICT;

-- The training under way or the last one, one a workspace, as JSON.
CREATE TABLE trainings (
    workspace TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    job       TEXT    NOT NULL,
    PRIMARY KEY (workspace)
) STRICT, WITHOUT ROWID;

ALTER TABLE artefacts ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE artefacts ADD COLUMN intents INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN examples INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN held_back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN accuracy REAL NOT NULL DEFAULT 0;
