#!/usr/bin/env bash
# Measures in one run what limits cost over Redis, the database and memory, and what a call waits while Redis fails:
# docs/performance.md, "Redis". Needs what run.sh needs, python3, and VALKEY_SERVER: the program of a Valkey or Redis.
# SERVER names a server that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-5} rounds=${ROUNDS:-3} port=${PORT:-8190} server=${SERVER:-target/release/server}
: "${DATABASE_URL:?names no Postgres to measure on: set it to what \`cargo xtask pg start test\` prints}"
: "${VALKEY_SERVER:?names no Valkey or Redis}"
scratch=$(mktemp -d)
database=doorstep_bench_$$
url=$(sed -E "s#(postgres(ql)?://[^/]*/)[^?]*#\1$database#" <<<"$DATABASE_URL")
pids=()

finish() {
  kill -CONT "$valkey" 2>/dev/null || true
  for pid in "${pids[@]}" "$valkey"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  psql -q "$DATABASE_URL" -c "DROP DATABASE IF EXISTS $database" || true
  rm -rf "$scratch"
}
trap finish EXIT

cache() {
  "$VALKEY_SERVER" --port "$((port + 9))" --bind 127.0.0.1 --save '' --dir "$scratch" >/dev/null &
  valkey=$!
}
# A way to it on which an answer takes a second while there is a file `slow`.
relay() {
  python3 - "$((port + 8))" "$((port + 9))" "$scratch/slow" <<'PYTHON' &
import asyncio, os, sys
here, there, slow = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
async def pump(reader, writer, delayed):
    while data := await reader.read(65536):
        if delayed and os.path.exists(slow):
            await asyncio.sleep(1)
        writer.write(data)
    writer.close()
async def client(reader, writer):
    try:
        up, down = await asyncio.open_connection("127.0.0.1", there)
    except OSError:
        return writer.close()
    await asyncio.gather(pump(reader, down, False), pump(up, writer, True), return_exceptions=True)
async def main():
    await (await asyncio.start_server(client, "127.0.0.1", here)).serve_forever()
asyncio.run(main())
PYTHON
  pids+=($!)
}

serve() { # NAME PORT SETTING…: as in production
  local name=$1 at=$2
  shift 2
  env APP_ENV=production BASE_URL="http://localhost:$port" LEPTOS_SITE_ADDR="127.0.0.1:$at" \
    LEPTOS_SITE_ROOT="$scratch/site" LEPTOS_HASH_FILES=false DATABASE_URL="$url" LOG_FORMAT=json \
    SIGNING_KEY_FILE="$scratch/key.pem" TRUSTED_PROXIES=127.0.0.1/32 RATE_LIMIT_PER_MINUTE=10000000 "$@" \
    "$server" serve 2>"$scratch/$name.log" &
  pids+=($!)
  declare -g "$name=$!"
  until curl -sf "http://127.0.0.1:$at/readyz" >/dev/null; do
    kill -0 "${pids[-1]}" || { cat "$scratch/$name.log" >&2; exit 1; }
    sleep 0.1
  done
}

# Processor time in ms that processes have used; `all` adds that of their children that have ended.
used() { # own|all PID…
  local which=$1 pid sum=0 stat
  shift
  for pid in "$@"; do
    stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
    read -r -a stat <<<"${stat##*) }"
    sum=$((sum + stat[11] + stat[12]))
    [ "$which" = own ] || sum=$((sum + stat[13] + stat[14]))
  done
  echo $((sum * 1000 / $(getconf CLK_TCK)))
}
# Of the server, of Postgres and of Redis. Sessions that have ended count with the postmaster.
spent() { # SERVER
  local sessions
  mapfile -t sessions < <(pgrep -P "$postmaster")
  echo "$(used own "$1") $(($(used own "${sessions[@]}") + $(used all "$postmaster"))) $(used own "$valkey")"
}
load() { # CONNECTIONS WORD…: requests, then the median and the 99th percentile of the answers in ms
  wrk -t1 -c"$1" -d"${seconds}s" --latency "${@:2}" >"$scratch/wrk"
  awk 'function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
    $1 == "50%" { p50 = ms($2) } $1 == "99%" { p99 = ms($2) } / requests in / { n = $1 }
    /Non-2xx/ { bad = $NF } END { print n, p50, p99, bad + 0 }' "$scratch/wrk"
}
cost() { # NAME SERVER CONNECTIONS WORD…: a line "ms of CPU of each, median, 99th" a round
  local before after n p50 p99 bad
  before=$(spent "$2")
  read -r n p50 p99 bad < <(load "${@:3}")
  after=$(spent "$2")
  [ "$bad" = 0 ] || { echo "$1: $bad answers were refused" >&2; exit 1; }
  awk -v n="$n" -v p="$p50" -v q="$p99" '{ print ($4 - $1) / n, ($5 - $2) / n, ($6 - $3) / n, p, q }' \
    <<<"$before $after" >>"$scratch/$1.cost"
}
column() { cut -d' ' -f"$2" "$scratch/$1.cost" | sort -g | sed -n "$(((rounds + 1) / 2))p"; }
row() { # WHAT NAME BESIDE
  awk -v what="$1" -v s="$(column "$2" 1)" -v p="$(column "$2" 2)" -v r="$(column "$2" 3)" -v l="$(column "$2" 4)" \
    -v s1="$(column "$3" 1)" -v p1="$(column "$3" 2)" -v r1="$(column "$3" 3)" -v l1="$(column "$3" 4)" \
    'BEGIN { printf "%-30s CPU %7.3f ms (%.2f): server %.3f, Postgres %.3f, Redis %.3f; median %.2f ms (%.2f)\n",
      what, s + p + r, (s + p + r) / (s1 + p1 + r1), s, p, r, l, l / l1 }'
}

[ -n "${SERVER:-}" ] || cargo build --quiet --release --package server --bin server
psql -q "$DATABASE_URL" -c "CREATE DATABASE $database"
postmaster=$(psql -qAt "$DATABASE_URL" -c "SELECT pg_read_file('postmaster.pid', 0, 20)" | head -1)
mkdir -p "$scratch/site/pkg"
openssl genpkey -algorithm ed25519 -out "$scratch/key.pem" 2>/dev/null
chmod 600 "$scratch/key.pem"
cache
relay
serve unlimited "$port" RATE_LIMIT_PER_MINUTE=0
serve memory "$((port + 1))"
serve redis "$((port + 2))" REDIS_URL="redis://127.0.0.1:$((port + 9))/0"
serve through "$((port + 3))" REDIS_URL="redis://127.0.0.1:$((port + 8))/0"

login='{"email":"bench@example.com","password":"violet staircase under rain"}'
call() { curl -sf "$@" -H 'Content-Type: application/json'; }
call "http://127.0.0.1:$port/api/v1/users" -d "$login" >/dev/null
token=$(call "http://127.0.0.1:$port/api/v1/auth/login" -d "$login" | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
users_me() { cost "$1" "$2" 8 -H "Authorization: Bearer $token" "http://127.0.0.1:$3/api/v1/users/me"; }
# One person, two at a time: more at once would count as guesses.
sign_in() { cost "$1" "$2" 2 -s bench/sign-in.lua "http://127.0.0.1:$3" -- "$login"; }
tell() { printf '%s\r\n' "$*" >"/dev/tcp/127.0.0.1/$((port + 9))"; }
for _ in $(seq "$rounds"); do
  users_me me-unlimited "$unlimited" "$port"
  users_me me-memory "$memory" "$((port + 1))"
  users_me me-redis "$redis" "$((port + 2))"
  # The sign-ins that wrk hung up on in the round before count as failures of their name.
  psql -q "$url" -c 'TRUNCATE throttle_failures'
  sign_in in-postgres "$memory" "$((port + 1))"
  tell FLUSHALL
  sign_in in-redis "$redis" "$((port + 2))"
done
echo "of a request, in brackets beside the first of its kind"
row "users/me without a limit" me-unlimited me-unlimited
row "users/me, counted in memory" me-memory me-unlimited
row "users/me, counted in Redis" me-redis me-unlimited
row "sign-in, counted in Postgres" in-postgres in-postgres
row "sign-in, counted in Redis" in-redis in-postgres

answered() { grep -c 'Redis answers' "$scratch/$1.log" || true; }
fault() { # NAME SERVER PORT FAIL MEND
  local before after began times
  before=$(load 8 -H "Authorization: Bearer $token" "http://127.0.0.1:$3/api/v1/users/me" | cut -d' ' -f3)
  $4
  wrk -t1 -c8 -d1s -H "Authorization: Bearer $token" "http://127.0.0.1:$3/api/v1/users/me" >"$scratch/meanwhile"
  after=$(load 8 -H "Authorization: Bearer $token" "http://127.0.0.1:$3/api/v1/users/me" | cut -d' ' -f3,4)
  [ "${after#* }" = 0 ] || { echo "$1: ${after#* } answers were refused" >&2; exit 1; }
  times=$(answered "$2")
  $5
  began=$(date +%s%N)
  until [ "$(answered "$2")" -gt "$times" ]; do sleep 0.05; done
  awk -v what="$1" -v b="$before" -v a="${after% *}" -v t="$(($(date +%s%N) - began))" \
    'BEGIN { printf "%-10s users/me 99%% in %.2f ms, before the fault %.2f ms (%.2f); used again after %.1f s\n", what, a, b, a / b, t / 1e9 }'
}
end() { kill -KILL "$valkey"; wait "$valkey" 2>/dev/null || true; }
fault killed redis "$((port + 2))" end cache
fault stopped redis "$((port + 2))" "kill -STOP $valkey" "kill -CONT $valkey"
fault slow through "$((port + 3))" "touch $scratch/slow" "rm $scratch/slow"
fault full redis "$((port + 2))" "tell CONFIG SET maxmemory 1" "tell CONFIG SET maxmemory 0"
