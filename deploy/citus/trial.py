#!/usr/bin/env python3
"""Goes through an account's life over two real servers whose schema Citus keeps on a worker, and prints what was as it should be.

    trial.py SERVER SITE COORDINATOR WORKER [WORKER…]

SERVER is a build of the server, SITE its `site` folder, the others addresses of a superuser on each node, such as
postgres://postgres@127.0.0.1:5432/postgres. It makes a database on every node and drops it at the end. LISTEN=off sets
DATABASE_LISTEN_URL. Needs psql.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

PASSWORD, NEXT = "violet staircase under rain", "copper lanterns over water"
# How `audit verify` ends while events wait to be sealed, which is done once a minute.
NOT_SEALED = 4
NAME = f"trial_{secrets.token_hex(4)}"


def address(node, database):
    return node.rsplit("/", 1)[0] + "/" + database


def psql(node, sql, database=None):
    words = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", address(node, database) if database else node]
    done = subprocess.run(words, input=sql, text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def make_database(coordinator, workers):
    for node in (coordinator, *workers):
        psql(node, f"CREATE DATABASE {NAME}")
        psql(node, "CREATE EXTENSION citus", NAME)
    at = [urlsplit(node) for node in (coordinator, *workers)]
    psql(coordinator, f"SELECT citus_set_coordinator_host('{at[0].hostname}', {at[0].port})", NAME)
    for worker in at[1:]:
        psql(coordinator, f"SELECT citus_add_node('{worker.hostname}', {worker.port})", NAME)
    psql(coordinator, f"CREATE SCHEMA doorstep; CREATE EXTENSION pg_trgm SCHEMA public; ALTER DATABASE {NAME} SET search_path = doorstep, public", NAME)


def drop_database(nodes):
    for node in nodes:
        with contextlib.suppress(SystemExit):
            psql(node, f"SET citus.enable_ddl_propagation = off;\nDROP DATABASE {NAME} WITH (FORCE)")


class Server:
    def __init__(self, program, folder, env):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = {**env, "LEPTOS_SITE_ADDR": f"127.0.0.1:{self.port}", "BASE_URL": "http://localhost:8000"}
        self.log = open(folder / f"{self.port}.log", "w", encoding="utf-8")
        self.process = subprocess.Popen([program, "serve"], cwd=folder, env=env, stdout=self.log, stderr=self.log)

    def call(self, method, path, body=None, token=None):
        """Status, body and headers of an answer."""
        # Each call from elsewhere: what one address may do is not what is tried here.
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"2001:db8:{secrets.token_hex(2)}::1"} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        with contextlib.suppress(json.JSONDecodeError):
            return answer.status, json.loads(text or "null"), answer.headers
        return answer.status, text, answer.headers


def totp(secret, step=0):
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Trial:
    def __init__(self, one, two, command):
        self.one, self.two, self.command = one, two, command
        self.right, self.wrong = 0, []

    def step(self, what, found, wanted):
        if found == wanted:
            self.right += 1
        else:
            self.wrong.append(what)
        print(f"{'ok  ' if found == wanted else 'FAIL'}  {what}" + ("" if found == wanted else f": {found}, not {wanted}"))

    def api(self, server, method, path, body=None, token=None):
        return server.call(method, f"/api/v1{path}", body, token)

    def sign_in(self, server, name, password=PASSWORD):
        status, pair, _ = self.api(server, "POST", "/auth/login", {"email": f"{name}@example.com", "password": password})
        return status, pair

    def run(self):
        self.account()
        self.tokens()
        self.factors()
        self.end()
        self.admin()

    def account(self):
        one, two, person = self.one, self.two, {"email": "ana@example.com", "password": PASSWORD, "username": "ana"}
        self.step("sign-up", self.api(one, "POST", "/users", person)[0], 201)
        self.step("a taken address", self.api(two, "POST", "/users", {**person, "username": "other"})[0], 409)
        taken = {"email": "eve@example.com", "password": PASSWORD, "username": "ANA"}
        self.step("a taken username", self.api(one, "POST", "/users", taken)[0], 409)
        self.step("sign-in on the other server", self.sign_in(two, "ana")[0], 200)
        failures = [self.sign_in(server, "nobody", "wrong password")[0] for server in (one, two) * 5]
        self.step("wrong passwords have to wait", (failures[0], 429 in failures), (401, True))
        self.ana = self.sign_in(one, "ana")[1]["access_token"]
        saved = self.api(one, "PATCH", "/users/me", {"bio": "Keeps the harbour light."}, self.ana)
        self.step("a change of the profile", saved[0], 200)
        me = self.api(two, "GET", "/users/me", token=self.ana)
        self.step("its owner reads it on the other", (me[0], me[1].get("bio")), (200, "Keeps the harbour light."))
        self.step("a page", one.call("GET", "/login")[0], 200)

    def tokens(self):
        one, two = self.one, self.two
        pair = self.sign_in(one, "ana")[1]
        renewal = {"refresh_token": pair["refresh_token"]}
        first, again = (self.api(server, "POST", "/auth/refresh", renewal) for server in (one, two))
        self.step("a refresh", first[0], 200)
        self.step("its repeat on the other gets the same", again[1]["refresh_token"], first[1]["refresh_token"])
        token = first[1]["access_token"]
        self.step("the sessions", len(self.api(two, "GET", "/users/me/sessions", token=token)[1]) >= 3, True)
        export = self.api(one, "GET", "/users/me/export", token=token)
        self.step("the export", (export[0], len(export[1]["sessions"]) >= 3), (200, True))
        activity = self.api(two, "GET", "/users/me/activity", token=token)
        self.step("what happened", (activity[0], len(activity[1]["items"]) >= 3), (200, True))
        self.step("the other knows the token", self.api(two, "GET", "/users/me", token=token)[0], 200)
        self.step("sign-out", self.api(one, "POST", "/auth/logout", token=token)[0], 204)
        out = time.monotonic()
        while self.api(two, "GET", "/users/me", token=token)[0] == 200 and time.monotonic() - out < 5:
            pass
        late = time.monotonic() - out
        self.step(f"the other refuses the session after {late * 1000:.0f} ms", late < 1.1, True)

    def factors(self):
        one, two = self.one, self.two
        self.api(one, "POST", "/users", {"email": "ben@example.com", "password": PASSWORD})
        token = self.sign_in(one, "ben")[1]["access_token"]
        begun = self.api(one, "POST", "/users/me/factors/totp", {}, token)
        confirmed = self.api(two, "POST", "/users/me/factors/totp/confirm", {"code": totp(begun[1]["secret"])}, token)
        self.step("an authenticator app", (begun[0], confirmed[0]), (201, 200))
        status, waiting = self.sign_in(two, "ben")
        self.step("a sign-in waits for it", (status, waiting["code"]), (401, "second_factor_needed"))
        proof = {"challenge": waiting["challenge"], "method": "recovery_code", "code": confirmed[1]["recovery_codes"][0]}
        done = self.api(one, "POST", "/auth/login/factor", proof)
        self.step("a recovery code on the other lets in", done[0], 200)
        self.step("the app goes", self.api(two, "DELETE", "/users/me/factors/totp", token=done[1].get("access_token"))[0], 204)

    def end(self):
        one, two = self.one, self.two
        token = self.sign_in(one, "ana")[1]["access_token"]
        form = {"current_password": PASSWORD, "new_password": NEXT}
        self.step("a change of password", self.api(one, "POST", "/users/me/password", form, token)[0], 204)
        self.step("the old one opens nothing", self.sign_in(two, "ana")[0], 401)
        token = self.sign_in(two, "ana", NEXT)[1]["access_token"]
        gone = self.api(one, "DELETE", "/users/me", {"current_password": NEXT}, token)[0]
        self.step("a deletion", (gone, self.sign_in(two, "ana", NEXT)[0]), (204, 401))
        back = self.api(two, "POST", "/auth/restore", {"email": "ana@example.com", "password": NEXT})
        self.step("restored on the other", back[0], 200)

    def admin(self):
        one, two = self.one, self.two
        made = self.command("create-admin", "--email", "boss@example.com", extra={"ADMIN_PASSWORD": PASSWORD})
        token = self.sign_in(one, "boss")[1].get("access_token")
        people = self.api(two, "GET", "/users?q=ana", token=token)
        self.step("an admin finds somebody", (made, people[0], len(people[1].get("items", []))), (0, 200, 1))
        user = people[1]["items"][0]["id"] if people[0] == 200 else "x"
        off = self.api(one, "PATCH", f"/users/{user}", {"is_active": False}, token)[0]
        self.step("and disables them", (off, self.sign_in(two, "ana", NEXT)[0]), (200, 401))
        trail = self.api(two, "GET", "/audit?limit=100", token=token)
        self.step("the audit trail", (trail[0], len(trail[1].get("items", [])) > 20), (200, True))
        people = "email,password_hash\nold@example.com,$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa\n"
        self.step("an import", self.command("import-users", "/dev/stdin", "--format", "csv", text=people), 0)
        end, verified = time.monotonic() + 150, NOT_SEALED
        while verified == NOT_SEALED and time.monotonic() < end:
            verified = self.command("audit", "verify", said=False)
        self.step("the trail is whole once it is sealed", verified, 0)


def main(program, site, coordinator, *workers):
    program, folder = Path(program).resolve(), Path(tempfile.mkdtemp(prefix="doorstep-citus-"))
    env = {
        "PATH": os.environ["PATH"],
        "APP_ENV": "development",
        "DATABASE_URL": address(coordinator, NAME),
        "LEPTOS_SITE_ROOT": str(Path(site).resolve()),
        "RATE_LIMIT_PER_MINUTE": "0",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    if os.environ.get("LISTEN"):
        env["DATABASE_LISTEN_URL"] = os.environ["LISTEN"]

    def command(*words, text=None, extra=None, said=True):
        done = subprocess.run([program, *words], cwd=folder, env=env | (extra or {}), input=text, text=True, capture_output=True)
        if done.returncode and said:
            print(done.stdout, done.stderr)
        return done.returncode

    servers = []
    try:
        make_database(coordinator, workers)
        if command("migrate"):
            sys.exit("it does not migrate")
        psql(coordinator, "SET citus.enable_unsafe_triggers = on; SELECT citus_schema_distribute('doorstep')", NAME)
        print(psql(coordinator, "SELECT count(*) || ' tables on ' || string_agg(DISTINCT nodename || ':' || nodeport, ', ') FROM citus_shards", NAME))
        for _ in range(2):
            servers.append(Server(program, folder, env))
        for server in servers:
            end, ready = time.monotonic() + 60, False
            while not ready and time.monotonic() < end:
                with contextlib.suppress(OSError):
                    ready = server.call("GET", "/readyz")[0] == 200
        trial = Trial(*servers, command)
        trial.run()
        print(f"{trial.right} of {trial.right + len(trial.wrong)} as they should be; logs in {folder}")
        for server in servers:
            faults = [line for line in Path(server.log.name).read_text(encoding="utf-8").splitlines() if " ERROR " in line or '"ERROR"' in line]
            print(f"{len(faults)} errors in the log of {server.port}", *faults[:5], sep="\n  ")
        sys.exit(bool(trial.wrong))
    finally:
        for server in servers:
            server.process.terminate()
            server.process.wait()
        drop_database((coordinator, *workers))


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
