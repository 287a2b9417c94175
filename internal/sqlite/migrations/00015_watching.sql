-- +goose Up

-- How much of their places idle chats give back to an agent, in hundredths of a chat.
ALTER TABLE agents ADD COLUMN relief INTEGER NOT NULL DEFAULT 0;

-- … and each chat's share of it, whom it was passed to and who has not answered yet,
-- and whether a supervisor silenced the bot.
ALTER TABLE waits ADD COLUMN relief    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waits ADD COLUMN passed_to TEXT NOT NULL DEFAULT '';
ALTER TABLE waits ADD COLUMN stopped   INTEGER NOT NULL DEFAULT 0;
