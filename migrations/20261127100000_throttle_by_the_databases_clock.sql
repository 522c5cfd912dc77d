-- Times are microseconds since 1970 by the database's clock: servers whose clocks differ count alike, and bigint is
-- added to in every statement that a distributed database takes. The tables before these stay for servers of the
-- version before, and go with the next.
CREATE TABLE throttle_rates (
    key bytea PRIMARY KEY,
    -- All that was admitted so far is paid for by then (GCRA's theoretical arrival time).
    paid_until bigint NOT NULL
);

-- Failures in a row.
CREATE TABLE throttle_failures (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at bigint NOT NULL,
    next_at bigint NOT NULL
);

INSERT INTO throttle_rates (key, paid_until)
SELECT key, (extract(epoch FROM paid_until) * 1000000)::bigint FROM throttle_buckets WHERE paid_until > now();

INSERT INTO throttle_failures (key, failures, last_at, next_at)
SELECT key, failures, (extract(epoch FROM last_at) * 1000000)::bigint,
       (extract(epoch FROM next_at) * 1000000)::bigint
FROM throttle_streaks;
