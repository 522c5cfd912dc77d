-- Servers of this version tell of changes themselves, in the transaction of each (docs/adr/0012-the-program-tells.md). The
-- triggers stay for servers of the version before, which run beside them during an upgrade, and go with the next version.
-- Where Citus keeps tables on other nodes they go now: nobody hears them there, and they spoil commits on several nodes.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        -- Else it refuses what has to do with triggers.
        PERFORM set_config('citus.enable_unsafe_triggers', 'on', true);
        DROP TRIGGER IF EXISTS sessions_tell ON sessions;
        DROP TRIGGER IF EXISTS users_tell ON users;
    END IF;
END $$;
