-- What made a refresh token of its parent's, until it is used itself: a repeated exchange gives the same token. 32
-- bytes; a check of that would read the whole table while nobody may use it.
ALTER TABLE refresh_tokens ADD COLUMN salt bytea;
