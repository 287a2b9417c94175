-- +goose Up
-- oldest program: 1
-- Tables only that an older program does not ask for.

-- Files that visitors and agents sent; the bytes lie in the folder of files.
CREATE TABLE uploads (
    workspace  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    visitor    text COLLATE "C" NOT NULL DEFAULT '', -- who uploaded it: a visitor …
    account    text COLLATE "C" NOT NULL DEFAULT '', -- … or an account
    name       text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    size       bigint  NOT NULL,
    key        text COLLATE "C" NOT NULL UNIQUE,     -- name in the folder
    created_at bigint  NOT NULL,
    PRIMARY KEY (workspace, id)
);

-- In which conversations a file was sent: their members may read it.
CREATE TABLE upload_uses (
    workspace    text COLLATE "C" NOT NULL,
    upload       text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, upload, conversation)
);

SELECT wall('uploads', 'upload_uses');
