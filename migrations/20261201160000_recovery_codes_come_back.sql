-- Recovery codes that went with the last second factor come back with it: to whoever had them when a notice was sent. An older
-- server forgets what is removed there.
CREATE TABLE removed_recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    made_at timestamptz NOT NULL,
    seen_at timestamptz,
    removed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);
CREATE INDEX removed_recovery_codes_expires_at_idx ON removed_recovery_codes (expires_at);

-- Whose a removed passkey was is asked when one is added.
CREATE INDEX removed_passkeys_credential_id_idx ON removed_passkeys (credential_id);

-- Each start looks for passkeys of another name of the site.
CREATE INDEX passkeys_rp_id_idx ON passkeys (rp_id);

-- Only proven addresses were ever told of a way to take an account back.
UPDATE users SET was_proven = true
WHERE NOT email_verified AND was_proven IS NOT TRUE
  AND (EXISTS (SELECT FROM audit_events e WHERE e.subject_id = users.id AND e.kind = 'account_recovered')
       OR EXISTS (SELECT FROM one_time_tokens t WHERE t.user_id = users.id AND t.purpose = 'not-me'));
