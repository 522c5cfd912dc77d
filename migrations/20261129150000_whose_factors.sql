-- An app is set up within the session that began it. A row of a server that wrote none belongs to no session.
ALTER TABLE totp_enrolments ADD COLUMN session_id uuid;

-- Whoever takes an account back ends the codes that were made since.
ALTER TABLE recovery_codes ADD COLUMN made_at timestamptz NOT NULL DEFAULT now();
