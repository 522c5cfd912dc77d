#!/usr/bin/env bash
# Measures in one run what docs/performance.md reports: each figure beside what it is compared with, in turns.
# The log goes to LOG, else nowhere. Needs wrk, pgbench, psql and curl, and DATABASE_URL: a Postgres where databases
# may be made and dropped.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-8} rounds=${ROUNDS:-3} port=${PORT:-8090}
: "${DATABASE_URL:?names no Postgres to measure on: set it to what \`cargo xtask pg start test\` prints}"
scratch=$(mktemp -d)
database=doorstep_bench_$$
url=$(sed -E "s#(postgres(ql)?://[^/]*/)[^?]*#\1$database#" <<<"$DATABASE_URL")
pids=()

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  psql -q "$DATABASE_URL" -c "DROP DATABASE IF EXISTS $database" || true
  rm -rf "$scratch"
}
trap finish EXIT

cargo build --quiet --release --package server --bin server --example bare
psql -q "$DATABASE_URL" -c "CREATE DATABASE $database"
mkdir -p "$scratch/site/pkg"
openssl genpkey -algorithm ed25519 -out "$scratch/key.pem" 2>/dev/null
chmod 600 "$scratch/key.pem"

serve() { # ALGORITHM PORT: as in production, each request with its log line
  env APP_ENV=production BASE_URL="http://localhost:$2" LEPTOS_SITE_ADDR="127.0.0.1:$2" \
    LEPTOS_SITE_ROOT="$scratch/site" LEPTOS_HASH_FILES=false DATABASE_URL="$url" ALGORITHM="$1" \
    SIGNING_KEY_FILE="$scratch/key.pem" SECRET_KEY="$(openssl rand -hex 32)" TRUSTED_PROXIES=127.0.0.1/32 \
    RATE_LIMIT_PER_MINUTE=10000000 target/release/server serve 2>"${LOG:-/dev/null}" &
  pids+=($!)
  until curl -sf "http://127.0.0.1:$2/readyz" >"$scratch/ready"; do
    kill -0 "${pids[-1]}" || { echo "the server did not start: set LOG=/dev/stderr" >&2; exit 1; }
    sleep 0.1
  done
}

login='{"email":"bench@example.com","password":"violet staircase under rain"}'
call() { curl -sf "$@" -H 'Content-Type: application/json'; }
field() { sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"; echo; }
rate() { wrk -t2 -c32 -d"${seconds}s" "$@" | tee -a "$scratch/wrk.txt" | sed -nE 's#^Requests/sec: +([0-9.]+)#\1#p'; }
median() { sort -g | sed -n "$(((rounds + 1) / 2))p"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

target/release/examples/bare "127.0.0.1:$((port + 2))" &
pids+=($!)
serve HS256 "$port"
serve EdDSA "$((port + 1))"
call "http://127.0.0.1:$port/api/v1/users" -d "${login%\}},\"name\":\"Bench\"}" >"$scratch/user"
for n in 0 1; do
  call "http://127.0.0.1:$((port + n))/api/v1/auth/login" -d "$login" | field access_token >"$scratch/token$n"
done

me() { rate -H "Authorization: Bearer $(cat "$scratch/token$1")" "http://127.0.0.1:$((port + $1))/api/v1/users/me"; }
for _ in $(seq "$rounds"); do
  rate "http://127.0.0.1:$((port + 2))/" >>"$scratch/empty"
  rate "http://127.0.0.1:$((port + 2))/me" >>"$scratch/bare"
  me 0 >>"$scratch/hs256"
  me 1 >>"$scratch/eddsa"
done
for name in empty bare hs256 eddsa; do declare "$name=$(median <"$scratch/$name")"; done
echo "bare axum, no body          $empty/s"
echo "bare axum, the same body    $bare/s"
echo "GET /users/me, HS256        $hs256/s  $(ratio "$hs256" "$bare") of bare, $(ratio "$hs256" "$empty") of no body"
echo "GET /users/me, EdDSA        $eddsa/s  $(ratio "$eddsa" "$bare") of bare, $(ratio "$eddsa" "$empty") of no body"

fresh() { # ROUND: a token for each connection and some, and pgbench's ten
  # The sign-ins that wrk hung up on in the round before count as failures of their name.
  psql -q "$url" -c 'TRUNCATE throttle_failures'
  for n in $(seq 96); do
    call "http://127.0.0.1:$port/api/v1/auth/login" -H "X-Forwarded-For: 198.18.$n.1" -d "$login" | field refresh_token
  done >"$scratch/tokens"
  psql -q "$url" <<SQL
INSERT INTO sessions
SELECT md5('bench ' || n)::uuid, u.id, 'bearer', true, now(), now(), now(), now() + interval '30 days', NULL, '', ''
FROM users u, generate_series(0, 9) n ON CONFLICT DO NOTHING;
INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at)
SELECT sha256(convert_to('token ' || n || ' ${1}000000', 'UTF8')), md5('bench ' || n)::uuid, now(), now() + interval '30 days'
FROM generate_series(0, 9) n;
SQL
}
for round in $(seq "$rounds"); do
  fresh "$round"
  rate -s bench/refresh.lua "http://127.0.0.1:$port" -- "$scratch/tokens" >>"$scratch/refresh"
  # As many connections as the server's pool has.
  pgbench -n -M prepared -c 10 -j 2 -T "$seconds" -D "n=${round}000000" -f bench/refresh.sql "$url" 2>/dev/null |
    sed -nE 's/^tps = ([0-9.]+).*/\1/p' >>"$scratch/pgbench"
  # One person, two at a time: more at once would count as guesses.
  rate -c2 -s bench/sign-in.lua "http://127.0.0.1:$port" -- "$login" >>"$scratch/sign-in"
done
for name in refresh pgbench; do declare "$name=$(median <"$scratch/$name")"; done
echo "POST /auth/refresh          $refresh/s  $(ratio "$refresh" "$pgbench") of pgbench with the same statements, $pgbench/s"
echo "POST /auth/login            $(median <"$scratch/sign-in")/s on $(nproc) cores, each with its hash"
if grep -q 'Non-2xx' "$scratch/wrk.txt"; then grep 'Non-2xx' "$scratch/wrk.txt"; fi
