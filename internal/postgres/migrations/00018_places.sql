-- +goose Up
-- oldest program: 8
-- One that does not know the columns leaves them as they are. Shares other than a whole
-- place are to be set once every node knows them: until then offers of one that does
-- not would give back a whole place.

-- What a chat takes of its agent's places, in hundredths of one: as its inbox says,
-- as an open offer holds, and as its agent gave (0: one, or nobody has it).
ALTER TABLE inboxes      ADD COLUMN takes bigint NOT NULL DEFAULT 100;
ALTER TABLE reservations ADD COLUMN takes bigint NOT NULL DEFAULT 100;
ALTER TABLE waits        ADD COLUMN takes bigint NOT NULL DEFAULT 0;

-- What a visitor was told of the whole wait when they were told first; microseconds, 0: nothing.
ALTER TABLE waits ADD COLUMN told       bigint NOT NULL DEFAULT 0;
ALTER TABLE waits ADD COLUMN told_upper bigint NOT NULL DEFAULT 0;
