-- +goose Up
-- oldest program: 8
-- One that does not know the columns writes versions without confirmed questions,
-- which the next confirmation brings back; it does not ask for the tables.

-- Questions that somebody confirmed to be answered by a document; a JSON array.
ALTER TABLE document_versions ADD COLUMN confirmed text COLLATE "C" NOT NULL DEFAULT '';

-- Why an upload goes through although confirmed questions break by it.
ALTER TABLE imports ADD COLUMN despite text COLLATE "C" NOT NULL DEFAULT '';

-- The regression set: questions with the document that answers them, or '' where
-- the bot must not answer.
CREATE TABLE checks (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    wording    text COLLATE "C" NOT NULL,            -- the question folded: once a workspace
    question   text COLLATE "C" NOT NULL,
    language   text COLLATE "C" NOT NULL DEFAULT '',
    document   text COLLATE "C" NOT NULL DEFAULT '',
    event      text COLLATE "C" NOT NULL DEFAULT '', -- the turn that it comes from
    created_by text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint  NOT NULL,
    ran_at     bigint  NOT NULL DEFAULT 0,           -- 0: not yet
    outcome    text COLLATE "C" NOT NULL DEFAULT '', -- JSON object, of the last run
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX checks_wording ON checks (workspace, wording);

-- What the release gate said where questions broke.
CREATE TABLE releases (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL, -- what was to be published, for people
    state      text COLLATE "C" NOT NULL, -- stopped, despite or within
    despite    text COLLATE "C" NOT NULL DEFAULT '',
    created_by text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint  NOT NULL,
    verdict    text COLLATE "C" NOT NULL, -- JSON object
    PRIMARY KEY (workspace, id)
);

CREATE INDEX releases_newest ON releases (workspace, created_at, id);

SELECT wall('checks', 'releases');
