-- The browser or program, for its owner's list. Null for those that a server of the version before wrote.
ALTER TABLE known_devices ADD COLUMN agent text;
