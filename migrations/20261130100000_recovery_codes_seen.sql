-- Whether the owner has seen the codes. Those of before were shown, as far as anybody knows, and so are an older server's.
ALTER TABLE recovery_codes ADD COLUMN seen_at timestamptz DEFAULT now();
