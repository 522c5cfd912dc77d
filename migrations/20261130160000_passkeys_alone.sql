-- Whether a passkey signs in without anything else is told of each by itself. An older server writes no passkeys' owners, or
-- lets those sign in alone that it knows.
ALTER TABLE passkeys ADD COLUMN alone boolean NOT NULL DEFAULT true;
UPDATE passkeys SET alone = false FROM passkey_owners o WHERE o.user_id = passkeys.user_id AND NOT o.alone;
ALTER TABLE passkey_owners DROP COLUMN alone;
