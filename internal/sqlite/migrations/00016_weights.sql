-- +goose Up

-- The share of chats that somebody gets among equals, 100 being normal, and how long
-- after coming on duty their capacity grows to its full size.
ALTER TABLE accounts ADD COLUMN weight INTEGER NOT NULL DEFAULT 100;
ALTER TABLE accounts ADD COLUMN ramp   INTEGER NOT NULL DEFAULT 0; -- microseconds
