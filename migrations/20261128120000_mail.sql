-- What a link or a code in a mail is good for. The secret stands nowhere: it is made of the encryption key that
-- `key_id` names and of the row's id, so that a mail that is sent again carries the same link.
CREATE TABLE one_time_tokens (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (
        purpose IN ('reset', 'verify', 'change-email', 'invite', 'not-me', 'sign-up', 'sign-in')),
    -- Null where there is no account yet.
    user_id uuid REFERENCES users ON DELETE CASCADE,
    -- Where the mail goes: the address that the token proves, as typed and in its unique form.
    email text NOT NULL CHECK (octet_length(email) <= 254),
    email_canonical text NOT NULL,
    key_id text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT one_time_tokens_token_hash_key UNIQUE,
    -- Keyed: fifty bits would be guessed from a plain hash.
    code_hash bytea NOT NULL,
    -- What the purpose needs beyond, encrypted.
    sealed bytea,
    created_at timestamptz NOT NULL,
    -- The lifetime starts when the mail is first sent; until then the row expires with its mail.
    sent_at timestamptz,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- One live token for each purpose and account; before there is an account, for each address.
CREATE UNIQUE INDEX one_time_tokens_user_id_key ON one_time_tokens (user_id, purpose)
    WHERE used_at IS NULL AND user_id IS NOT NULL AND purpose <> 'not-me';
CREATE UNIQUE INDEX one_time_tokens_email_key ON one_time_tokens (email_canonical, purpose)
    WHERE used_at IS NULL AND user_id IS NULL;
-- A code is typed together with its address; accounts that are deleted take their tokens along.
CREATE INDEX one_time_tokens_email_canonical_idx ON one_time_tokens (email_canonical, purpose);
CREATE INDEX one_time_tokens_user_id_idx ON one_time_tokens (user_id);
-- What the sweep looks for.
CREATE INDEX one_time_tokens_expires_at_idx ON one_time_tokens (expires_at);

-- Mails to be sent, each written in the transaction of what it tells of.
CREATE TABLE outbox (
    -- Also the mail's Message-ID, which is the same when it is sent again.
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    key_id text NOT NULL,
    -- To whom and what about, encrypted.
    sealed bytea NOT NULL,
    -- A mail whose token is gone is not sent.
    token_id uuid REFERENCES one_time_tokens ON DELETE CASCADE,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX outbox_next_at_idx ON outbox (next_at);
CREATE INDEX outbox_token_id_idx ON outbox (token_id);
