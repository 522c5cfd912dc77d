-- What made a refresh token of its parent's, until it is used itself: a repeated exchange gives the same token.
ALTER TABLE refresh_tokens ADD COLUMN salt bytea CHECK (octet_length(salt) = 32);
