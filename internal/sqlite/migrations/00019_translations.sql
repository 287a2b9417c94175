-- +goose Up

-- What was said, as a language model put it into another language. The event keeps
-- the words themselves.
CREATE TABLE translations (
    workspace    TEXT NOT NULL,
    conversation TEXT NOT NULL,
    event        TEXT NOT NULL,
    language     TEXT NOT NULL,
    at           INTEGER NOT NULL,
    translation  TEXT NOT NULL, -- JSON object: the rest
    PRIMARY KEY (workspace, conversation, event, language)
) WITHOUT ROWID;
