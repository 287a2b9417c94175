-- +goose Up
-- oldest program: 8
-- One that does not know the columns leaves them as they are.

-- How much of their places idle chats give back to an agent, in hundredths of a chat.
ALTER TABLE agents ADD COLUMN relief bigint NOT NULL DEFAULT 0;

-- … and each chat's share of it, whom it was passed to and who has not answered yet,
-- and whether a supervisor silenced the bot.
ALTER TABLE waits ADD COLUMN relief    bigint NOT NULL DEFAULT 0;
ALTER TABLE waits ADD COLUMN passed_to text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE waits ADD COLUMN stopped   boolean NOT NULL DEFAULT false;
