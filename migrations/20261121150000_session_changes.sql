-- Each server remembers sessions and their accounts for up to a second (accounts/src/remembered.rs), and forgets
-- those of an account when it hears that one of them changed, whoever changed it. New rows change nothing.
CREATE FUNCTION tell_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- Being used is no change: it is written down once a minute.
        NEW.last_used_at := OLD.last_used_at;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NULL;
        END IF;
        PERFORM pg_notify('session_changes', NEW.user_id::text);
    ELSIF OLD.ended_at IS NOT NULL THEN
        -- Its end was told of; the sweep deletes many of these at once.
        RETURN NULL;
    END IF;
    PERFORM pg_notify('session_changes', OLD.user_id::text);
    RETURN NULL;
END $$;

CREATE FUNCTION tell_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_changes', OLD.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER sessions_tell AFTER UPDATE OR DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION tell_of_session();

CREATE TRIGGER users_tell AFTER UPDATE OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION tell_of_user();
