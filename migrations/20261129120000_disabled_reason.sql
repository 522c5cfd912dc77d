-- Why an admin has disabled an account: its owner reads it on the sign-in page, after the right password. Once the account
-- is active, the column says nothing. `char_length` counts as `domain::REASON_MAX` does.
ALTER TABLE users
    ADD COLUMN disabled_reason text,
    ADD CONSTRAINT users_disabled_reason_length CHECK (char_length(disabled_reason) <= 300) NOT VALID;
