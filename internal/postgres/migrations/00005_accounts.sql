-- +goose Up
-- oldest program: 1
-- Tables only that an older program does not ask for.

-- People who sign in to the console.
CREATE TABLE accounts (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    email      text COLLATE "C" NOT NULL, -- lower case
    name       text COLLATE "C" NOT NULL,
    roles      text COLLATE "C" NOT NULL, -- JSON array
    skills     text COLLATE "C" NOT NULL, -- JSON array
    capacity   bigint  NOT NULL,
    password   text COLLATE "C" NOT NULL, -- argon2id in PHC form
    disabled   boolean NOT NULL DEFAULT false,
    version    bigint  NOT NULL,
    created_at bigint  NOT NULL,
    updated_at bigint  NOT NULL,
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX accounts_email ON accounts (workspace, email);

-- Console sessions; of a token only its SHA-256 is kept.
CREATE TABLE sessions (
    hash       text COLLATE "C" PRIMARY KEY,
    workspace  text COLLATE "C" NOT NULL,
    account    text COLLATE "C" NOT NULL,
    address    text COLLATE "C" NOT NULL,
    created_at bigint  NOT NULL,
    seen_at    bigint  NOT NULL
);

CREATE INDEX sessions_account ON sessions (workspace, account);

-- Visitors of the sites.
CREATE TABLE visitors (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    inbox      text COLLATE "C" NOT NULL,
    external   text COLLATE "C" NOT NULL DEFAULT '', -- the site's own ID, verified; '' for strangers
    name       text COLLATE "C" NOT NULL DEFAULT '',
    email      text COLLATE "C" NOT NULL DEFAULT '',
    language   text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint  NOT NULL,
    updated_at bigint  NOT NULL,
    PRIMARY KEY (workspace, id)
);

CREATE UNIQUE INDEX visitors_external ON visitors (workspace, inbox, external) WHERE external <> '';

CREATE TABLE visitor_sessions (
    hash       text COLLATE "C" PRIMARY KEY,
    workspace  text COLLATE "C" NOT NULL,
    visitor    text COLLATE "C" NOT NULL,
    inbox      text COLLATE "C" NOT NULL,
    created_at bigint  NOT NULL,
    expires_at bigint  NOT NULL
);

CREATE INDEX visitor_sessions_visitor ON visitor_sessions (workspace, visitor);
CREATE INDEX visitor_sessions_expires ON visitor_sessions (expires_at);

-- Identity tokens that were exchanged already; a row may go when its token expired.
CREATE TABLE spent_identities (
    hash       text COLLATE "C" PRIMARY KEY,
    expires_at bigint  NOT NULL
);

CREATE TABLE inboxes (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    settings   text COLLATE "C" NOT NULL, -- JSON object: origins, accent, greeting, language, hours, keys
    created_at bigint  NOT NULL,
    updated_at bigint  NOT NULL,
    PRIMARY KEY (workspace, id)
);

SELECT wall('accounts', 'sessions', 'visitors', 'visitor_sessions', 'spent_identities', 'inboxes');
