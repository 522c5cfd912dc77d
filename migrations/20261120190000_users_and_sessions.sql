-- Canonical columns carry the unique indexes; ids are UUID v7, made by the program.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (octet_length(email) <= 254),
    email_canonical text NOT NULL CONSTRAINT users_email_canonical_key UNIQUE,
    email_verified boolean NOT NULL DEFAULT false,
    username text CHECK (char_length(username) BETWEEN 3 AND 32),
    username_canonical text CONSTRAINT users_username_canonical_key UNIQUE,
    name text CHECK (char_length(name) <= 100),
    first_name text CHECK (char_length(first_name) <= 50),
    last_name text CHECK (char_length(last_name) <= 50),
    bio text CHECK (char_length(bio) <= 300),
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    is_active boolean NOT NULL DEFAULT true,
    -- Null where no password was ever set.
    password_hash text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((username IS NULL) = (username_canonical IS NULL))
);

-- The row is the authority on a session; every token only names it.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('browser', 'bearer')),
    -- "Keep me signed in": the cookie outlives the browser.
    persistent boolean NOT NULL,
    authenticated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    address text NOT NULL,
    agent text NOT NULL
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id) WHERE ended_at IS NULL;
-- What the sweep looks for.
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
CREATE INDEX sessions_last_used_at_idx ON sessions (last_used_at);
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- No foreign keys: the trail outlives the account it speaks of.
CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor_id uuid,
    subject_id uuid,
    session_id uuid,
    address text,
    agent text,
    request_id text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_events_subject_id_at_idx ON audit_events (subject_id, at DESC);
