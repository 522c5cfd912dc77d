-- Whose a mail is that waits for days: it goes when the account does, and when what it tells of is over.
ALTER TABLE outbox ADD COLUMN user_id uuid REFERENCES users ON DELETE CASCADE;
CREATE INDEX outbox_user_id_idx ON outbox (user_id) WHERE user_id IS NOT NULL;
