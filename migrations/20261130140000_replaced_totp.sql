-- Authenticator apps that another one has replaced, for as long as the owner can say that it was somebody else.
CREATE TABLE replaced_totp (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    last_step bigint NOT NULL,
    added_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX replaced_totp_user_id_idx ON replaced_totp (user_id);
CREATE INDEX replaced_totp_expires_at_idx ON replaced_totp (expires_at);
