-- One row for each refresh token that was issued; a family is what one bearer session was given.
CREATE TABLE refresh_tokens (
    -- SHA-256 of the token.
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- When it was first exchanged, and for which token last.
    used_at timestamptz,
    child bytea,
    -- Its parent was exchanged a second time before it was used.
    killed_at timestamptz,
    CHECK ((used_at IS NULL) = (child IS NULL))
);

-- What a deleted session takes with it.
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
-- What the sweep looks for.
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);
