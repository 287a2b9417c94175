-- +goose Up
-- oldest program: 8
-- One that knows no leases claims runs without, and newer ones would take them from it.

-- A claim of a run is a lease: from this time on anybody may take the run over.
ALTER TABLE runs ADD COLUMN lease_until bigint NOT NULL DEFAULT 0; -- 0: not claimed

CREATE INDEX runs_leases ON runs (lease_until) WHERE state IN ('active', 'streaming');
