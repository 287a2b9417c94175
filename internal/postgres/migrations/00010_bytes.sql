-- +goose Up

-- The vector arm keeps the numbers that the index in memory keeps, −127 to 127, so that
-- both find the same; scale is what they are to be multiplied by. Rows from before are
-- of another generation and written anew at the start. Their index, which took vectors
-- of unit length, is of no more use.
ALTER TABLE chunk_vectors ADD COLUMN scale real NOT NULL DEFAULT 0;

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname ~ '^chunk_vectors_[0-9]+$' LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$;
-- +goose StatementEnd
