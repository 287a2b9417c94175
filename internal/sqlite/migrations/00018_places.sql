-- +goose Up

-- What a chat takes of its agent's places, in hundredths of one: as its inbox says,
-- as an open offer holds, and as its agent gave (0: one, or nobody has it).
ALTER TABLE inboxes      ADD COLUMN takes INTEGER NOT NULL DEFAULT 100;
ALTER TABLE reservations ADD COLUMN takes INTEGER NOT NULL DEFAULT 100;
ALTER TABLE waits        ADD COLUMN takes INTEGER NOT NULL DEFAULT 0;

-- What a visitor was told of the whole wait when they were told first; microseconds, 0: nothing.
ALTER TABLE waits ADD COLUMN told       INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waits ADD COLUMN told_upper INTEGER NOT NULL DEFAULT 0;
