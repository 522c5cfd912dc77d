CREATE INDEX users_closes_at_idx ON users (closes_at) WHERE closes_at IS NOT NULL;
