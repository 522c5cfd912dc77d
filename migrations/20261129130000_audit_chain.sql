-- Seals the audit trail after the fact: each link covers an event and the link before it. Rows are only added.
CREATE TABLE audit_chain (
    sequence bigint PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    key_id text NOT NULL,
    mac bytea NOT NULL
);

-- What is left of the links that went with pruned events: the last one, signed.
CREATE TABLE audit_checkpoints (
    sequence bigint PRIMARY KEY,
    link bytea NOT NULL,
    pruned_at timestamptz NOT NULL,
    key_id text NOT NULL,
    mac bytea NOT NULL
);
