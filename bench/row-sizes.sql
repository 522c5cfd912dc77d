-- How many bytes an account, a session and so on take, indexes included (docs/scaling.md). Into a migrated database that is
-- thrown away afterwards, with its indexes built (start a server over it once):
--
--   psql --quiet --no-align --tuples-only --file=bench/row-sizes.sql postgres://…/throwaway
--
-- Ids are ordered by time, as the server makes them; rows are as wide as those of people who gave a name and use a browser.
\set ON_ERROR_STOP on
\set many 100000
CREATE FUNCTION pg_temp.id(n bigint, kind int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(1795000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
    || substr(md5(n::text || kind::text), 1, 15))::uuid
$$;
CREATE FUNCTION pg_temp.secret(n bigint, kind text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256((n::text || kind)::bytea)
$$;
CREATE TEMP TABLE agents AS SELECT
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36' AS agent;

INSERT INTO users (id, email, email_canonical, email_verified, name, password_hash, created_at, updated_at)
SELECT pg_temp.id(n, 1), 'person-' || n || '@example.com', 'person-' || n || '@example.com', true, 'Person ' || n,
  '$argon2id$v=19$m=19456,t=2,p=1$' || substr(md5(n::text), 1, 22) || '$' || substr(md5(n::text) || md5(n::text), 1, 43),
  now(), now()
FROM generate_series(1, :many) AS n;
INSERT INTO sessions (id, user_id, kind, persistent, authenticated_at, created_at, last_used_at, expires_at, address, agent, factors)
SELECT pg_temp.id(n, 2), pg_temp.id(n, 1), 'browser', true, now(), now(), now(), now() + interval '30 days', '203.0.113.7', agent,
  '{"pwd": "2026-11-28T00:00:00Z"}'
FROM generate_series(1, :many) AS n, agents;
INSERT INTO known_devices (token_hash, user_id, last_used_at, agent)
SELECT pg_temp.secret(n, 'device'), pg_temp.id(n, 1), now(), agent FROM generate_series(1, :many) AS n, agents;
INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at, salt)
SELECT pg_temp.secret(n, 'refresh'), pg_temp.id(n, 2), now(), now() + interval '30 days', substr(pg_temp.secret(n, 'salt'), 1, 16)
FROM generate_series(1, :many) AS n;
INSERT INTO audit_events (id, at, kind, actor_id, subject_id, session_id, request_id, details_digest)
SELECT pg_temp.id(n, 3), now(), 'signed_in', pg_temp.id(n, 1), pg_temp.id(n, 1), pg_temp.id(n, 2), pg_temp.id(n, 4)::text,
  pg_temp.secret(n, 'digest')
FROM generate_series(1, :many) AS n;
INSERT INTO audit_details (event_id, salt, address, agent, detail)
SELECT pg_temp.id(n, 3), substr(pg_temp.secret(n, 'salt'), 1, 16), '203.0.113.7', agent, '{}' FROM generate_series(1, :many) AS n, agents;
INSERT INTO audit_chain (sequence, event_id, key_id, mac)
SELECT n, pg_temp.id(n, 3), substr(md5('key'), 1, 16), pg_temp.secret(n, 'mac') FROM generate_series(1, :many) AS n;

SELECT what || ': ' || round(sum(pg_total_relation_size(name::regclass))::numeric / :many) || ' bytes'
FROM (VALUES ('an account', 'users'), ('a session', 'sessions'), ('a known device', 'known_devices'),
  ('a refresh token', 'refresh_tokens'), ('an event of the trail', 'audit_events'), ('an event of the trail', 'audit_details'),
  ('an event of the trail', 'audit_chain')) AS tables (what, name)
GROUP BY what ORDER BY what;
