-- +goose Up

-- Of the other engine's vector arm. Both count the same versions.
SELECT 1;
