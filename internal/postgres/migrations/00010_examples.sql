-- +goose Up
-- oldest program: 8
-- Tables that an older program does not ask for, and columns that it leaves at 0 and ''.

-- What editors taught: intents, and utterances that mean one. Words have one intent,
-- so the key of an example is made of them alone.
CREATE TABLE intents (
    workspace   text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    class       text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace, name)
);

CREATE TABLE examples (
    workspace text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL, -- of the folded words
    intent    text COLLATE "C" NOT NULL,
    text      text COLLATE "C" NOT NULL,
    origin    text COLLATE "C" NOT NULL, -- file, import, review or person
    event     text COLLATE "C" NOT NULL, -- the visitor's message it was made from
    account   text COLLATE "C" NOT NULL,
    at        bigint  NOT NULL,
    PRIMARY KEY (workspace, id)
);

CREATE INDEX examples_intent ON examples (workspace, intent, at);

-- Embeddings of examples by a hash of the text; they can be made again.
CREATE TABLE example_vectors (
    workspace text COLLATE "C" NOT NULL,
    model     text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    vector    bytea   NOT NULL,
    PRIMARY KEY (workspace, model, key)
);

-- The training under way or the last one, one a workspace, as JSON.
CREATE TABLE trainings (
    workspace text COLLATE "C" NOT NULL,
    revision  bigint  NOT NULL,
    job       text COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace)
);

ALTER TABLE artefacts ADD COLUMN account text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE artefacts ADD COLUMN intents bigint NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN examples bigint NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN held_back bigint NOT NULL DEFAULT 0;
ALTER TABLE artefacts ADD COLUMN accuracy double precision NOT NULL DEFAULT 0;

SELECT wall('intents', 'examples', 'example_vectors', 'trainings');
