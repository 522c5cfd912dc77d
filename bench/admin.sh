#!/usr/bin/env bash
# Measures what admins wait for among 100,000 and 1,000,000 people: lists, searches, filters and figures, four admins at a
# time: docs/performance.md, "Admins". Needs wrk, psql, curl and openssl, and DATABASE_URL: a Postgres where databases may
# be made and dropped. SERVER names a server that is built already, PEOPLE other numbers.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-10} port=${PORT:-8290} server=${SERVER:-target/release/server}
: "${DATABASE_URL:?names no Postgres to measure on: set it to what \`cargo xtask pg start test\` prints}"
scratch=$(mktemp -d)
database=doorstep_bench_$$
url=$(sed -E "s#(postgres(ql)?://[^/]*/)[^?]*#\1$database#" <<<"$DATABASE_URL")
running=

stop() { [ -z "$running" ] || { kill "$running" && wait "$running" || true; running=; }; }
finish() {
  stop
  psql -q "$DATABASE_URL" -c "DROP DATABASE IF EXISTS $database" || true
  rm -rf "$scratch"
}
trap finish EXIT

settings() { # COMMAND: as in production, in a shell of its own, whose place it takes
  exec env APP_ENV=production BASE_URL="http://localhost:$port" LEPTOS_SITE_ADDR="127.0.0.1:$port" \
    LEPTOS_SITE_ROOT="$scratch/site" LEPTOS_HASH_FILES=false DATABASE_URL="$url" LOG_FORMAT=json \
    SIGNING_KEY_FILE="$scratch/key.pem" TRUSTED_PROXIES=127.0.0.1/32 RATE_LIMIT_PER_MINUTE=10000000 \
    "$server" "$@" 2>>"$scratch/log"
}
serve() {
  settings serve &
  running=$!
  until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do
    kill -0 "$running" || { cat "$scratch/log" >&2; exit 1; }
    sleep 0.1
  done
}
sql() { psql -qAt "$url" "$@"; }
since() { awk -v ns="$(($(date +%s%N) - $1))" 'BEGIN { printf "%.1f s", ns / 1e9 }'; }
waits() { # WHAT PATH: the median and the 99th percentile of the answers
  wrk -t1 -c4 -d"${seconds}s" --latency -H "Authorization: Bearer $token" -H "Cookie: $cookie" \
    "http://127.0.0.1:$port$2" >"$scratch/wrk"
  awk -v what="$1" '$1 == "50%" { p50 = $2 } $1 == "99%" { p99 = $2 } /Non-2xx/ { bad = $NF }
    END { printf "  %-44s median %9s, 99th %9s%s\n", what, p50, p99, bad ? ", refused " bad : "" }' "$scratch/wrk"
}
login='{"email":"bench@example.com","password":"violet staircase under rain"}'
call() { curl -sf "$@" -H 'Content-Type: application/json'; }
sign_in() {
  token=$(call "http://127.0.0.1:$port/api/v1/auth/login" -d "$login" | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
  curl -s -o /dev/null -D "$scratch/head" "http://127.0.0.1:$port/fn/login" -H "Origin: http://localhost:$port" \
    -d 'form[identifier]=bench@example.com' -d 'form[password]=violet staircase under rain'
  cookie=$(sed -nE 's/^set-cookie: ([^;]*).*/\1/ip' "$scratch/head" | paste -sd ';')
}
measure() {
  waits "list, newest first" "/api/v1/users"
  waits "list by name" "/api/v1/users?sort=name"
  waits "list by email, the other way round" "/api/v1/users?sort=-email"
  waits "search for a name that many have" "/api/v1/users?q=ana"
  waits "search for one person" "/api/v1/users?q=$somebody"
  waits "search for what nobody has" "/api/v1/users?q=nobodyhasthis"
  waits "search for two letters that nobody has" "/api/v1/users?q=%7C%7C"
  waits "filter: admins" "/api/v1/users?role=admin"
  waits "filter: disabled, by name" "/api/v1/users?is_active=false&sort=name"
  waits "filter: not proven" "/api/v1/users?email_verified=false"
  waits "filter: disabled admins (nobody)" "/api/v1/users?role=admin&is_active=false"
  if curl -sf -o /dev/null "http://127.0.0.1:$port/admin" -H "Cookie: $cookie"; then
    waits "figures" "/admin"
  fi
}

[ -n "${SERVER:-}" ] || cargo build --quiet --release --package server --bin server
mkdir -p "$scratch/site/pkg"
openssl genpkey -algorithm ed25519 -out "$scratch/key.pem" 2>/dev/null
chmod 600 "$scratch/key.pem"
for people in ${PEOPLE:-100000 1000000}; do
  psql -q "$DATABASE_URL" -c "CREATE DATABASE $database"
  (settings migrate)
  # As a database that grew before these indexes were known.
  sql -c 'DROP INDEX IF EXISTS users_search_idx, users_name_idx, audit_events_sign_ins_idx'
  sql -v n="$people" -f bench/admin.sql
  began=$(date +%s%N)
  (settings migrate)
  echo "$people people; indexes built in $(since "$began"):" \
    "$(sql -c "SELECT string_agg(relname || ' ' || pg_size_pretty(pg_relation_size(oid)), ', ' ORDER BY relname)
      FROM pg_class WHERE relname IN ('users_search_idx', 'users_name_idx', 'audit_events_sign_ins_idx',
        'users_admins_idx', 'users_disabled_idx')")"
  serve
  call "http://127.0.0.1:$port/api/v1/users" -d "$login" >/dev/null
  sql -c "UPDATE users SET role = 'admin' WHERE email = 'bench@example.com'"
  somebody=$(sql -c "SELECT split_part(email, '@', 1) FROM users WHERE email LIKE '%.777@example.com'")
  sign_in
  began=$(date +%s%N)
  if curl -sf -o /dev/null "http://127.0.0.1:$port/admin" -H "Cookie: $cookie"; then
    echo "  figures, counted for the first time: $(since "$began")"
  fi
  measure
  if [ "$(sql -c "SELECT count(*) FROM pg_class WHERE relname = 'users_search_idx'")" = 1 ]; then
    sql -c 'DROP INDEX users_search_idx'
    waits "without trigrams: what nobody has" "/api/v1/users?q=nobodyhasthis"
    waits "without trigrams: one person" "/api/v1/users?q=$somebody"
  fi
  stop
  psql -q "$DATABASE_URL" -c "DROP DATABASE $database"
done
