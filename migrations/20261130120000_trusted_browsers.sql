-- Until when the password alone signs in from a browser, to an account with a second factor.
ALTER TABLE known_devices ADD COLUMN trusted_until timestamptz;
