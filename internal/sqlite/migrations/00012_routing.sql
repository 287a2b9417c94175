-- +goose Up

-- How long after coming on duty an agent's capacity grows, and since when they are on it.
ALTER TABLE agents ADD COLUMN ramp     INTEGER NOT NULL DEFAULT 0; -- microseconds
ALTER TABLE agents ADD COLUMN on_since INTEGER NOT NULL DEFAULT 0; -- 0: off duty

-- Planned shifts; a JSON object.
ALTER TABLE agents ADD COLUMN roster TEXT NOT NULL DEFAULT '';

-- How a queue is worked; a JSON object. offer_for stands there too, and in its own
-- column for programs that know no other.
ALTER TABLE queues ADD COLUMN settings TEXT NOT NULL DEFAULT '';

-- Who had the conversation last, and what is to happen with it at a time.
ALTER TABLE waits ADD COLUMN last_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE waits ADD COLUMN timer_at   INTEGER NOT NULL DEFAULT 0; -- 0: nothing
ALTER TABLE waits ADD COLUMN timer_kind TEXT NOT NULL DEFAULT '';
CREATE INDEX waits_timer ON waits (workspace, timer_at) WHERE timer_at > 0;

-- How patient visitors are: fading sums.
ALTER TABLE desks ADD COLUMN left_count REAL NOT NULL DEFAULT 0;
ALTER TABLE desks ADD COLUMN waited     INTEGER NOT NULL DEFAULT 0; -- microseconds

-- How long offers take to be accepted.
ALTER TABLE desks ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE desks ADD COLUMN answer   INTEGER NOT NULL DEFAULT 0; -- microseconds
