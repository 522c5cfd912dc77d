-- Whether an account had an address that was proven, before the one that it has. An import by an older server leaves it out.
ALTER TABLE users ADD COLUMN was_proven boolean;
UPDATE users SET was_proven = true
WHERE NOT email_verified
  AND EXISTS (SELECT FROM audit_events e WHERE e.subject_id = users.id AND e.kind IN ('email_verified', 'password_reset'));

-- Whether an operator was shown a link, to pass it on: then it need not have come from the mailbox.
ALTER TABLE one_time_tokens ADD COLUMN passed_on boolean NOT NULL DEFAULT false;
