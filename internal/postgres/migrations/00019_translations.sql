-- +goose Up
-- oldest program: 8
-- A table that an older program does not ask for.

-- What was said, as a language model put it into another language. The event keeps
-- the words themselves.
CREATE TABLE translations (
    workspace    text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    event        text COLLATE "C" NOT NULL,
    language     text COLLATE "C" NOT NULL,
    at           bigint NOT NULL,
    translation  text COLLATE "C" NOT NULL, -- JSON object: the rest
    PRIMARY KEY (workspace, conversation, event, language)
);

SELECT wall('translations');
