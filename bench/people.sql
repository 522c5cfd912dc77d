-- People as an admin's lists find them, with two months of what they did. Ids are of their time, as the program's are.
-- `n` says how many; one in ten has not proven their address, one in a thousand is disabled, one in 100,000 an admin.
SET synchronous_commit = off;
INSERT INTO users (id, email, email_canonical, email_verified, name, role, is_active, password_hash, created_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5('a' || i), 1, 3) || '8'
        || substr(md5('b' || i), 1, 15))::uuid,
    email, email, i % 10 <> 0, first || ' ' || last, CASE WHEN i % 100000 = 7 THEN 'admin' ELSE 'user' END,
    i % 1000 <> 3, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$' || repeat('x', 43), at, at
FROM (
    SELECT i, now() - interval '2 years' + i * (interval '2 years' / :n) AS at,
        substr(md5(i::text), 1, 8) || '.' || i || '@example.com' AS email,
        (ARRAY['Ana', 'Ben', 'Chloe', 'Dmitri', 'Eva', 'Farid', 'Grace', 'Hiro', 'Ines', 'Jörg', 'Kofi', 'Lena', 'Maya',
               'Noor', 'Olga', 'Pavel', 'Quinn', 'Rosa', 'Sven', 'Tara'])[1 + abs(hashtext('first' || i)) % 20] AS first,
        initcap(substr(translate(md5('last' || i % 5000), '0123456789', 'aeioulnrst'), 1, 7)) AS last
    FROM generate_series(1, :n) i
) AS people;
-- With a digest of details that are no longer there: else a trigger would write details of each.
INSERT INTO audit_events (id, at, kind, subject_id, request_id, result, details_digest)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5('c' || i), 1, 3) || '8'
        || substr(md5('d' || i), 1, 15))::uuid,
    at, kind, people[1 + (abs(hashtext('who' || i)) % array_length(people, 1))], 'bench', audit_result(kind), sha256('')
FROM (SELECT i, now() - interval '60 days' + i * (interval '60 days' / (3 * :n)) AS at,
          (ARRAY['signed_in', 'signed_in', 'signed_in', 'sign_in_failed', 'profile_changed'])[1 + i % 5] AS kind
      FROM generate_series(1, 3 * :n) i) AS events,
    (SELECT array_agg(id) AS people FROM users) AS everybody;
VACUUM (ANALYZE) users;
VACUUM (ANALYZE) audit_events;
