-- +goose Up
-- oldest program: 1
-- Tables only that an older program does not ask for.

-- One row a page or FAQ entry: where it stands, and what lists and imports ask for.
-- What it says is in document_versions, at its current version.
CREATE TABLE documents (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    path       text COLLATE "C" NOT NULL,
    source     text COLLATE "C" NOT NULL DEFAULT '', -- file as uploaded; '' when written in the console
    kind       text COLLATE "C" NOT NULL,
    status     text COLLATE "C" NOT NULL,
    version    bigint  NOT NULL,            -- the current one
    title      text COLLATE "C" NOT NULL,
    language   text COLLATE "C" NOT NULL,
    audience   text COLLATE "C" NOT NULL DEFAULT '',
    hash       text COLLATE "C" NOT NULL,
    imported   text COLLATE "C" NOT NULL DEFAULT '', -- hash of the last version that came from a file
    recipe     text COLLATE "C" NOT NULL DEFAULT '', -- how its chunks were cut
    created_at bigint  NOT NULL,            -- all times: microseconds since 1970, UTC
    updated_at bigint  NOT NULL,
    updated_by text COLLATE "C" NOT NULL DEFAULT '',
    xid        xid8    NOT NULL DEFAULT pg_current_xact_id(), -- the transaction that wrote it last
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX documents_path ON documents (workspace, path) WHERE status <> 'deleted';
CREATE INDEX documents_source      ON documents (workspace, source, path);
CREATE INDEX documents_feed        ON documents (xid, workspace, id);
CREATE INDEX documents_newest      ON documents (workspace, updated_at, id);

-- Every version for ever, numbered from 1 without gaps.
CREATE TABLE document_versions (
    workspace   text COLLATE "C" NOT NULL,
    document    text COLLATE "C" NOT NULL,
    version     bigint  NOT NULL,
    title       text COLLATE "C" NOT NULL,
    url         text COLLATE "C" NOT NULL DEFAULT '',
    language    text COLLATE "C" NOT NULL,
    audience    text COLLATE "C" NOT NULL DEFAULT '',
    tags        text COLLATE "C" NOT NULL DEFAULT '', -- JSON array, as all lists here; '' for none
    valid_from  bigint  NOT NULL DEFAULT 0,
    valid_until bigint  NOT NULL DEFAULT 0,
    hash        text COLLATE "C" NOT NULL,
    sections    text COLLATE "C" NOT NULL DEFAULT '',
    question    text COLLATE "C" NOT NULL DEFAULT '',
    answer      text COLLATE "C" NOT NULL DEFAULT '',
    paraphrases text COLLATE "C" NOT NULL DEFAULT '',
    negatives   text COLLATE "C" NOT NULL DEFAULT '',
    updated_at  bigint  NOT NULL,
    updated_by  text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, document, version)
);

-- Chunks of the current versions of undeleted documents.
CREATE TABLE chunks (
    workspace text COLLATE "C" NOT NULL,
    document  text COLLATE "C" NOT NULL,
    ordinal   bigint  NOT NULL,
    field     text COLLATE "C" NOT NULL,
    heading   text COLLATE "C" NOT NULL DEFAULT '', -- JSON array
    page      bigint  NOT NULL DEFAULT 0,
    text      text COLLATE "C" NOT NULL,
    indexed   text COLLATE "C" NOT NULL,
    tokens    bigint  NOT NULL,
    hash      text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, document, ordinal)
);

-- Vectors by what was embedded, so that the same text is embedded once. They
-- outlive the chunks: an undone edit costs nothing.
CREATE TABLE vectors (
    workspace text COLLATE "C" NOT NULL,
    model     text COLLATE "C" NOT NULL,
    hash      text COLLATE "C" NOT NULL,
    vector    bytea NOT NULL, -- 32-bit floats, little-endian
    PRIMARY KEY (workspace, model, hash)
);

-- Uploads under way and done.
CREATE TABLE imports (
    workspace   text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL,
    attempts    bigint  NOT NULL DEFAULT 0,
    status      text COLLATE "C" NOT NULL DEFAULT '', -- of new documents
    audience    text COLLATE "C" NOT NULL DEFAULT '',
    files       text COLLATE "C" NOT NULL,            -- JSON array of what was uploaded
    error       text COLLATE "C" NOT NULL DEFAULT '',
    created_by  text COLLATE "C" NOT NULL DEFAULT '',
    created_at  bigint  NOT NULL,
    started_at  bigint  NOT NULL DEFAULT 0,
    finished_at bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, id)
);

CREATE INDEX imports_newest ON imports (workspace, created_at, id);
CREATE INDEX imports_open   ON imports (created_at, id) WHERE state IN ('queued', 'running');

-- What became of each file of an import, in the order they were read.
CREATE TABLE import_files (
    workspace text COLLATE "C" NOT NULL,
    import    text COLLATE "C" NOT NULL,
    ordinal   bigint  NOT NULL,
    report    text COLLATE "C" NOT NULL, -- JSON object
    PRIMARY KEY (workspace, import, ordinal)
);

SELECT wall('documents', 'document_versions', 'chunks', 'vectors', 'imports', 'import_files');
