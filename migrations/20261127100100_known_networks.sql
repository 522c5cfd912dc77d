-- The network that an account was last signed in to from, as a keyed hash: while strangers guess, its owner is looked
-- at from there.
CREATE TABLE known_networks (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    network bytea NOT NULL,
    last_used_at timestamptz NOT NULL
);
