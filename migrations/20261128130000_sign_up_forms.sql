-- Which form made the account, as a hash: whoever sends the same form again because its answer was lost is signed in. Null
-- for accounts made otherwise, and once the password was changed.
ALTER TABLE users ADD COLUMN sign_up_hash bytea;
