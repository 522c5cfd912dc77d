-- Where something was done from, and more about it, lies apart from what was done: these rows may be deleted, and the trail
-- still shows that they were never changed, by a digest of each that is salted with what goes with the row.
CREATE TABLE audit_details (
    event_id uuid PRIMARY KEY,
    salt bytea NOT NULL,
    address text,
    agent text,
    detail jsonb NOT NULL
);

-- What one address did, the newest first.
CREATE INDEX audit_details_address_event_id_idx ON audit_details (address, event_id);

CREATE FUNCTION audit_digest(salt bytea, event_id uuid, address text, agent text, detail jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(salt || uuid_send(event_id) || convert_to(jsonb_build_array(address, agent, detail)::text, 'UTF8'));

ALTER TABLE audit_events
    ADD COLUMN result text NOT NULL DEFAULT 'ok',
    ADD COLUMN details_digest bytea,
    ADD CONSTRAINT audit_events_result_check CHECK (result IN ('ok', 'refused')) NOT VALID;

-- For rows of servers of the version before, which name no result. Those that are there already keep their details until a
-- job of the server has moved them, a few at a time.
CREATE FUNCTION audit_result(kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN kind IN ('address_taken', 'mail_given_up', 'password_change_refused', 'reauthentication_refused',
                          'refresh_token_replayed', 'sign_in_failed', 'throttled')
       THEN 'refused' ELSE 'ok' END;

-- They run beside new ones during an upgrade. The columns and these triggers go with the next version.
CREATE FUNCTION audit_details_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    salt bytea := uuid_send(gen_random_uuid());
BEGIN
    INSERT INTO audit_details (event_id, salt, address, agent, detail)
    VALUES (NEW.id, salt, NEW.address, NEW.agent, NEW.detail);
    NEW.details_digest := audit_digest(salt, NEW.id, NEW.address, NEW.agent, NEW.detail);
    NEW.result := audit_result(NEW.kind);
    NEW.address := NULL;
    NEW.agent := NULL;
    NEW.detail := '{}';
    RETURN NEW;
END $$;

CREATE TRIGGER details_apart BEFORE INSERT ON audit_events
FOR EACH ROW WHEN (NEW.details_digest IS NULL) EXECUTE FUNCTION audit_details_apart();

-- When an account is deleted, such a server empties these columns: then the row goes that they were moved to.
CREATE FUNCTION audit_details_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit_details WHERE event_id = NEW.id;
    RETURN NEW;
END $$;

CREATE TRIGGER details_emptied BEFORE UPDATE OF address ON audit_events
FOR EACH ROW WHEN (OLD.details_digest IS NOT NULL AND NEW.address IS NULL) EXECUTE FUNCTION audit_details_emptied();
