-- Passkeys. An older server reads none of these tables: it asks for no passkey beside the password, see docs/deploy.md.

-- What authenticators know an account by, and whether its passkeys sign in alone.
CREATE TABLE passkey_owners (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    handle uuid NOT NULL UNIQUE,
    alone boolean NOT NULL
);

CREATE TABLE passkeys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES passkey_owners ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    algorithm integer NOT NULL,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    aaguid uuid NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    added_at timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX passkeys_user_id_idx ON passkeys (user_id);

-- Challenges that were answered, rightly or not: none is answered twice.
CREATE TABLE used_challenges (
    nonce bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_challenges_expires_at_idx ON used_challenges (expires_at);
