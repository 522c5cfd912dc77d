-- The cookie family of the API has sessions of its own kind, which no page takes.
ALTER TABLE sessions DROP CONSTRAINT sessions_kind_check;
ALTER TABLE sessions ADD CONSTRAINT sessions_kind_check CHECK (kind IN ('browser', 'bearer', 'api_cookie'));
