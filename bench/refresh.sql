-- The statements of one exchange of a refresh token, in their order (crates/accounts/src/session/refresh.rs).
\set next :n + 1
BEGIN;
INSERT INTO throttle_rates AS rate (key, paid_until) VALUES (sha256(convert_to('bench ' || :client_id || ' ' || :n, 'UTF8')), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 1000000) ON CONFLICT (key) DO UPDATE SET paid_until = greatest(rate.paid_until, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + 1000000 WHERE greatest(rate.paid_until, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + 1000000 <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 60000000;
INSERT INTO throttle_rates AS rate (key, paid_until) VALUES (sha256(convert_to('bench around ' || :client_id || ' ' || :n, 'UTF8')), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 100000) ON CONFLICT (key) DO UPDATE SET paid_until = greatest(rate.paid_until, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + 100000 WHERE greatest(rate.paid_until, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + 100000 <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 60000000;
COMMIT;
BEGIN;
SELECT s.id, s.user_id, s.kind, s.persistent, s.authenticated_at, s.last_used_at, s.expires_at, s.ended_at, u.email, u.name, u.first_name, u.last_name, u.role, u.is_active FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id WHERE t.hash = sha256(convert_to('token ' || :client_id || ' ' || :n, 'UTF8')) FOR NO KEY UPDATE OF s;
SELECT t.expires_at, t.used_at, t.killed_at, c.used_at IS NOT NULL FROM refresh_tokens t LEFT JOIN refresh_tokens c ON c.hash = t.child WHERE t.hash = sha256(convert_to('token ' || :client_id || ' ' || :n, 'UTF8'));
INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES (sha256(convert_to('token ' || :client_id || ' ' || :next, 'UTF8')), md5('bench ' || :client_id)::uuid, now(), now() + interval '30 days');
UPDATE refresh_tokens SET killed_at = now() WHERE hash = (SELECT child FROM refresh_tokens WHERE hash = sha256(convert_to('token ' || :client_id || ' ' || :n, 'UTF8')));
UPDATE refresh_tokens SET used_at = coalesce(used_at, now()), child = sha256(convert_to('token ' || :client_id || ' ' || :next, 'UTF8')) WHERE hash = sha256(convert_to('token ' || :client_id || ' ' || :n, 'UTF8'));
UPDATE sessions SET last_used_at = now() WHERE id = md5('bench ' || :client_id)::uuid;
COMMIT;
\set n :next
