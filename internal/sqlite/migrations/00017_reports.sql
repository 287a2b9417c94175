-- +goose Up

-- What reports read: changes of service, ratings and changes of tickets by time, and
-- conversations by their beginning.
CREATE INDEX events_report       ON events (workspace, at) WHERE kind IN ('service', 'rating', 'ticket');
CREATE INDEX conversations_begun ON conversations (workspace, created_at);

-- Attachments of mails that go out, a JSON array; and those that wait to be sent.
ALTER TABLE mails ADD COLUMN files TEXT NOT NULL DEFAULT '';
CREATE INDEX mails_due ON mails (created_at) WHERE state = 'due';
