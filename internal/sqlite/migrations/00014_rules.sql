-- +goose Up

-- Short lists that supervisors edit as a whole: rules, wrap-up codes.
CREATE TABLE lists (
    workspace TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    version   INTEGER NOT NULL, -- rises with every write, from 1
    value     TEXT    NOT NULL, -- JSON array
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

-- Canned replies and macros. owner '' is the whole workspace.
CREATE TABLE replies (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    shortcut   TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    reply      TEXT    NOT NULL, -- JSON object: the rest
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX replies_shortcut ON replies (workspace, owner, shortcut);

-- What the site's server vouched for besides name and e-mail address.
ALTER TABLE visitors ADD COLUMN attributes TEXT NOT NULL DEFAULT ''; -- JSON object

-- Share among equal agents; 0: like others.
ALTER TABLE accounts ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;
