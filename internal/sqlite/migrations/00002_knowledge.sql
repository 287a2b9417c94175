-- +goose Up

-- One row a page or FAQ entry: where it stands, and what lists and imports ask for.
-- What it says is in document_versions, at its current version.
CREATE TABLE documents (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    source     TEXT    NOT NULL DEFAULT '', -- file as uploaded; '' when written in the console
    kind       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    version    INTEGER NOT NULL,            -- the current one
    title      TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    audience   TEXT    NOT NULL DEFAULT '',
    hash       TEXT    NOT NULL,
    imported   TEXT    NOT NULL DEFAULT '', -- hash of the last version that came from a file
    recipe     TEXT    NOT NULL DEFAULT '', -- how its chunks were cut
    created_at INTEGER NOT NULL,            -- all times: microseconds since 1970, UTC
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX documents_path ON documents (workspace, path) WHERE status <> 'deleted';
CREATE INDEX documents_source      ON documents (workspace, source, path);
CREATE INDEX documents_newest      ON documents (workspace, updated_at, id);

-- Every version for ever, numbered from 1 without gaps.
CREATE TABLE document_versions (
    workspace   TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    title       TEXT    NOT NULL,
    url         TEXT    NOT NULL DEFAULT '',
    language    TEXT    NOT NULL,
    audience    TEXT    NOT NULL DEFAULT '',
    tags        TEXT    NOT NULL DEFAULT '', -- JSON array, as all lists here; '' for none
    valid_from  INTEGER NOT NULL DEFAULT 0,
    valid_until INTEGER NOT NULL DEFAULT 0,
    hash        TEXT    NOT NULL,
    sections    TEXT    NOT NULL DEFAULT '',
    question    TEXT    NOT NULL DEFAULT '',
    answer      TEXT    NOT NULL DEFAULT '',
    paraphrases TEXT    NOT NULL DEFAULT '',
    negatives   TEXT    NOT NULL DEFAULT '',
    updated_at  INTEGER NOT NULL,
    updated_by  TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, document, version)
) STRICT, WITHOUT ROWID;

-- Chunks of the current versions of undeleted documents.
CREATE TABLE chunks (
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    ordinal   INTEGER NOT NULL,
    field     TEXT    NOT NULL,
    heading   TEXT    NOT NULL DEFAULT '', -- JSON array
    page      INTEGER NOT NULL DEFAULT 0,
    text      TEXT    NOT NULL,
    indexed   TEXT    NOT NULL,
    tokens    INTEGER NOT NULL,
    hash      TEXT    NOT NULL,
    PRIMARY KEY (workspace, document, ordinal)
) STRICT, WITHOUT ROWID;

-- Vectors by what was embedded, so that the same text is embedded once. They
-- outlive the chunks: an undone edit costs nothing.
CREATE TABLE vectors (
    workspace TEXT NOT NULL,
    model     TEXT NOT NULL,
    hash      TEXT NOT NULL,
    vector    BLOB NOT NULL, -- 32-bit floats, little-endian
    PRIMARY KEY (workspace, model, hash)
) STRICT;

-- Uploads under way and done.
CREATE TABLE imports (
    workspace   TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    status      TEXT    NOT NULL DEFAULT '', -- of new documents
    audience    TEXT    NOT NULL DEFAULT '',
    files       TEXT    NOT NULL,            -- JSON array of what was uploaded
    error       TEXT    NOT NULL DEFAULT '',
    created_by  TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    started_at  INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX imports_newest ON imports (workspace, created_at, id);
CREATE INDEX imports_open   ON imports (created_at, id) WHERE state IN ('queued', 'running');

-- What became of each file of an import, in the order they were read.
CREATE TABLE import_files (
    workspace TEXT    NOT NULL,
    import    TEXT    NOT NULL,
    ordinal   INTEGER NOT NULL,
    report    TEXT    NOT NULL, -- JSON object
    PRIMARY KEY (workspace, import, ordinal)
) STRICT, WITHOUT ROWID;
