-- +goose Up

-- Questions that somebody confirmed to be answered by a document; a JSON array.
ALTER TABLE document_versions ADD COLUMN confirmed TEXT NOT NULL DEFAULT '';

-- Why an upload goes through although confirmed questions break by it.
ALTER TABLE imports ADD COLUMN despite TEXT NOT NULL DEFAULT '';

-- The regression set: questions with the document that answers them, or '' where
-- the bot must not answer.
CREATE TABLE checks (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    wording    TEXT    NOT NULL,            -- the question folded: once a workspace
    question   TEXT    NOT NULL,
    language   TEXT    NOT NULL DEFAULT '',
    document   TEXT    NOT NULL DEFAULT '',
    event      TEXT    NOT NULL DEFAULT '', -- the turn that it comes from
    created_by TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    ran_at     INTEGER NOT NULL DEFAULT 0,  -- 0: not yet
    outcome    TEXT    NOT NULL DEFAULT '', -- JSON object, of the last run
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX checks_wording ON checks (workspace, wording);

-- What the release gate said where questions broke.
CREATE TABLE releases (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    subject    TEXT    NOT NULL, -- what was to be published, for people
    state      TEXT    NOT NULL, -- stopped, despite or within
    despite    TEXT    NOT NULL DEFAULT '',
    created_by TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    verdict    TEXT    NOT NULL, -- JSON object
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX releases_newest ON releases (workspace, created_at, id);
