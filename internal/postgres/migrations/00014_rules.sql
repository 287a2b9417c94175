-- +goose Up
-- oldest program: 8
-- Tables that an older program does not ask for, and columns that it leaves at '' and 0.

-- Short lists that supervisors edit as a whole: rules, wrap-up codes.
CREATE TABLE lists (
    workspace text COLLATE "C" NOT NULL,
    name      text COLLATE "C" NOT NULL,
    version   bigint NOT NULL, -- rises with every write, from 1
    value     text COLLATE "C" NOT NULL, -- JSON array
    PRIMARY KEY (workspace, name)
);

-- Canned replies and macros. owner '' is the whole workspace.
CREATE TABLE replies (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    owner      text COLLATE "C" NOT NULL,
    shortcut   text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    updated_at bigint NOT NULL,
    reply      text COLLATE "C" NOT NULL, -- JSON object: the rest
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX replies_shortcut ON replies (workspace, owner, shortcut);

SELECT wall('lists', 'replies');

-- What the site's server vouched for besides name and e-mail address.
ALTER TABLE visitors ADD COLUMN attributes text COLLATE "C" NOT NULL DEFAULT ''; -- JSON object

-- Share among equal agents; 0: like others.
ALTER TABLE accounts ADD COLUMN weight bigint NOT NULL DEFAULT 0;
