-- Who began a sign-in that waits: the owner is told where nobody passed its second step and they may not know of it.
ALTER TABLE pending_sign_ins
    ADD COLUMN is_news boolean NOT NULL DEFAULT false,
    ADD COLUMN agent text NOT NULL DEFAULT '',
    ADD COLUMN address text NOT NULL DEFAULT '';
