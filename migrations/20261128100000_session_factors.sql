-- Which factors a session's owner has proven: their names (RFC 8176), each with the microsecond since 1970. Null is "at
-- authenticated_at": so the default holds for the rows that are there and for those that a server of the version before
-- writes meanwhile, and nothing is rewritten.
ALTER TABLE sessions ADD COLUMN factors jsonb NOT NULL DEFAULT '{"pwd": null}';
