-- +goose Up

-- Since when the agent is off duty, and since when their capacity grows; microseconds,
-- 0: never was on, and not known.
ALTER TABLE agents ADD COLUMN off_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN ramp_from INTEGER NOT NULL DEFAULT 0;
