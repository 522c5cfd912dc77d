-- Second factors. An older server reads none of these tables and asks for no second factor: see docs/deploy.md.

-- Authenticator apps that count. The secret is encrypted, with `id` as its place.
CREATE TABLE totp (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    last_step bigint NOT NULL,
    added_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL
);

-- Those that are being set up, and count for nothing.
CREATE TABLE totp_enrolments (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX totp_enrolments_expires_at_idx ON totp_enrolments (expires_at);

CREATE TABLE recovery_codes (
    user_id uuid REFERENCES users ON DELETE CASCADE,
    code_hash bytea,
    PRIMARY KEY (user_id, code_hash)
);

-- Sign-ins that wait for their second factor.
CREATE TABLE pending_sign_ins (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    persistent boolean NOT NULL,
    known boolean NOT NULL,
    restores boolean NOT NULL,
    next text NOT NULL,
    factors jsonb NOT NULL,
    password_digest bytea NOT NULL,
    forgives bytea[] NOT NULL,
    tries integer NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX pending_sign_ins_user_id_idx ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_expires_at_idx ON pending_sign_ins (expires_at);
