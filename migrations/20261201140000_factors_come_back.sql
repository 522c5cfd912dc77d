-- Second factors that somebody removed come back as those do that were replaced: to whoever had them when a notice was sent.
-- An older server forgets what is removed there.
ALTER TABLE replaced_totp ADD COLUMN removed_at timestamptz NOT NULL DEFAULT now();
UPDATE replaced_totp SET removed_at = expires_at - interval '7 days';

CREATE TABLE removed_passkeys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES passkey_owners ON DELETE CASCADE,
    credential_id bytea NOT NULL,
    algorithm integer NOT NULL,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    aaguid uuid NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    rp_id text,
    added_at timestamptz NOT NULL,
    last_used_at timestamptz,
    removed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX removed_passkeys_user_id_idx ON removed_passkeys (user_id);
CREATE INDEX removed_passkeys_expires_at_idx ON removed_passkeys (expires_at);

-- Whether a link takes an account back from whoever has just chosen a new password by its mailbox.
ALTER TABLE one_time_tokens ADD COLUMN of_reset boolean NOT NULL DEFAULT false;

-- For which name of the site a passkey was made. Those of an older server do not say.
ALTER TABLE passkeys ADD COLUMN rp_id text;
