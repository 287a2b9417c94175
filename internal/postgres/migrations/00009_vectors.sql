-- +goose Up
-- oldest program: 8
-- One that does not know the table leaves its rows as they are; what it changes meanwhile
-- is written by the others within a minute, and rows of deleted documents find nothing.

-- The rows of the vector arm where search.vectors is postgres: one a chunk, centred
-- and rounded to the numbers that the index in memory keeps, −127 to 127, so that both
-- find the same, with what filters look at. It is a copy of chunks and vectors
-- that can be made again; nothing is written here where vectors are in memory. The
-- HNSW index is of one dimension and made at start, see arm.go. A workspace is in one
-- partition: a scan of one index of all for a workspace with a tenth of the rows would
-- pass nine rows of others for each of its own.
CREATE TABLE chunk_vectors (
    workspace   text COLLATE "C" NOT NULL,
    document    text COLLATE "C" NOT NULL,
    ordinal     bigint  NOT NULL,
    version     bigint  NOT NULL, -- of the document
    generation  text COLLATE "C" NOT NULL, -- model and means: only vectors of one generation can be compared
    dim         bigint  NOT NULL,
    draft       boolean NOT NULL,
    audience    text COLLATE "C" NOT NULL,
    valid_from  bigint  NOT NULL,
    valid_until bigint  NOT NULL,
    embedding   halfvec NOT NULL,
    scale       real    NOT NULL, -- what the numbers are to be multiplied by
    PRIMARY KEY (workspace, document, ordinal)
) PARTITION BY HASH (workspace);

SELECT wall('chunk_vectors');

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..15 LOOP
        EXECUTE format('CREATE TABLE chunk_vectors_part_%s PARTITION OF chunk_vectors FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i);
        PERFORM wall(format('chunk_vectors_part_%s', i));
    END LOOP;
END $$;
-- +goose StatementEnd
