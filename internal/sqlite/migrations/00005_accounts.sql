-- +goose Up

-- People who sign in to the console.
CREATE TABLE accounts (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    email      TEXT    NOT NULL, -- lower case
    name       TEXT    NOT NULL,
    roles      TEXT    NOT NULL, -- JSON array
    skills     TEXT    NOT NULL, -- JSON array
    capacity   INTEGER NOT NULL,
    password   TEXT    NOT NULL, -- argon2id in PHC form
    disabled   INTEGER NOT NULL DEFAULT 0,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX accounts_email ON accounts (workspace, email);

-- Console sessions; of a token only its SHA-256 is kept.
CREATE TABLE sessions (
    hash       TEXT    PRIMARY KEY,
    workspace  TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_account ON sessions (workspace, account);

-- Visitors of the sites.
CREATE TABLE visitors (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    inbox      TEXT    NOT NULL,
    external   TEXT    NOT NULL DEFAULT '', -- the site's own ID, verified; '' for strangers
    name       TEXT    NOT NULL DEFAULT '',
    email      TEXT    NOT NULL DEFAULT '',
    language   TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX visitors_external ON visitors (workspace, inbox, external) WHERE external <> '';

CREATE TABLE visitor_sessions (
    hash       TEXT    PRIMARY KEY,
    workspace  TEXT    NOT NULL,
    visitor    TEXT    NOT NULL,
    inbox      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX visitor_sessions_visitor ON visitor_sessions (workspace, visitor);
CREATE INDEX visitor_sessions_expires ON visitor_sessions (expires_at);

-- Identity tokens that were exchanged already; a row may go when its token expired.
CREATE TABLE spent_identities (
    hash       TEXT    PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inboxes (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    settings   TEXT    NOT NULL, -- JSON object: origins, accent, greeting, language, hours, keys
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
