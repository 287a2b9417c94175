-- +goose Up

-- Files that visitors and agents sent; the bytes lie in the folder of files.
CREATE TABLE uploads (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    visitor    TEXT    NOT NULL DEFAULT '', -- who uploaded it: a visitor …
    account    TEXT    NOT NULL DEFAULT '', -- … or an account
    name       TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    key        TEXT    NOT NULL UNIQUE,     -- name in the folder
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- In which conversations a file was sent: their members may read it.
CREATE TABLE upload_uses (
    workspace    TEXT NOT NULL,
    upload       TEXT NOT NULL,
    conversation TEXT NOT NULL,
    PRIMARY KEY (workspace, upload, conversation)
) STRICT, WITHOUT ROWID;
