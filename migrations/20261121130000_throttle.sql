-- How often something was tried lately. A key is a hash of what is limited: no name and no address stands here.
CREATE TABLE throttle_buckets (
    key bytea PRIMARY KEY,
    -- All that was admitted so far is paid for by then (GCRA's theoretical arrival time).
    paid_until timestamptz NOT NULL
);

-- Failures in a row.
CREATE TABLE throttle_streaks (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL
);

-- Browsers that have signed in to an account: its owner gets in from them while others guess.
CREATE TABLE known_devices (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    last_used_at timestamptz NOT NULL,
    -- A browser may be shared by several people.
    PRIMARY KEY (token_hash, user_id)
);

CREATE INDEX known_devices_user_id_idx ON known_devices (user_id);
