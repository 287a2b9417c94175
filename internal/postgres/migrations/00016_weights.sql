-- +goose Up
-- oldest program: 8
-- One that does not know the columns leaves them as they are.

-- The share of chats that somebody gets among equals, 100 being normal, and how long
-- after coming on duty their capacity grows to its full size.
ALTER TABLE accounts ADD COLUMN weight bigint NOT NULL DEFAULT 100;
ALTER TABLE accounts ADD COLUMN ramp   bigint NOT NULL DEFAULT 0; -- microseconds
