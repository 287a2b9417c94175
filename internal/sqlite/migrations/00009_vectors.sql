-- +goose Up

-- The other engine keeps a vector arm here; this one's is in memory. Both count
-- the same versions.
SELECT 1;
