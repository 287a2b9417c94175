-- +goose Up
-- oldest program: 8
-- One that does not know the columns leaves them as they are.

-- Since when the agent is off duty, and since when their capacity grows; microseconds,
-- 0: never was on, and not known.
ALTER TABLE agents ADD COLUMN off_since bigint NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN ramp_from bigint NOT NULL DEFAULT 0;
