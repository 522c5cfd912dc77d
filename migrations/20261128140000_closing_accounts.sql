-- When an account that its owner has deleted ends. Until then it is not active, and its owner may restore it; once it is
-- active, or an admin has disabled it, the column says nothing.
ALTER TABLE users ADD COLUMN closes_at timestamptz;
