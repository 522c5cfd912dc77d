-- What an admin filters by, where few accounts have it; a list of the many walks the ids.
CREATE INDEX users_admins_idx ON users (id) WHERE role = 'admin';
CREATE INDEX users_disabled_idx ON users (id) WHERE NOT is_active;
CREATE INDEX users_unproven_idx ON users (id) WHERE NOT email_verified;
