-- An account that is made active, or disabled, by what does not know `closes_at` (a server of an earlier version, a statement
-- typed by hand) closes no longer: the job would delete it.
CREATE FUNCTION close_no_longer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.closes_at := NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER close_no_longer BEFORE UPDATE OF is_active ON users FOR EACH ROW
    WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active AND NEW.closes_at IS NOT DISTINCT FROM OLD.closes_at)
    EXECUTE FUNCTION close_no_longer();
