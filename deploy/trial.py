#!/usr/bin/env python3
"""Runs what compose.yaml describes, without containers: HAProxy with its very configuration in front of two real servers,
with two database roles, Valkey where there is one, and a mail catcher that insists on STARTTLS. Signs up and in through the
proxy, stops, kills and starts servers under a bounded load on loopback, and prints what it counted.

    trial.py SERVER SITE postgres://postgres@127.0.0.1:5432/postgres [VALKEY_SERVER]

SERVER is a release build, SITE its `site` folder; the address is a superuser's, for a database and two roles that are
dropped at the end. SERVERS=4 starts four, and NEW_SERVER names a newer one to replace them by. Needs haproxy, openssl
and psql.
"""

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from urllib.parse import urlencode

from loopback import CLIENT, PASSWORD, Load, Mails, ask, free_port, reachable, wait_until

HERE = Path(__file__).resolve().parent
SERVERS = range(1, 1 + int(os.environ.get("SERVERS", "2")))


class Trial:
    def __init__(self, server, site, superuser):
        self.server, self.site, self.superuser = server, site, superuser
        self.folder = Path(tempfile.mkdtemp(prefix="doorstep-trial-"))
        self.name = f"trial_{secrets.token_hex(4)}"
        self.processes, self.ports = {}, {n: free_port() for n in SERVERS}
        self.http, self.https = free_port(), free_port()

    def prepare(self, valkey):
        subprocess.run(["sh", HERE / "compose/secrets.sh", self.folder], check=True, stdout=subprocess.DEVNULL)
        self.mails = Mails(self.folder / "localhost.pem", self.folder / "localhost.key")
        self.make_database()
        self.env = self.settings()
        if valkey:
            self.env["REDIS_URL"] = self.start_valkey(valkey)

    # --- What stands around the servers ---

    def psql(self, sql, database=None):
        address = self.superuser.rsplit("/", 1)[0] + "/" + database if database else self.superuser
        # By its input: words of a command are everybody's to read, and passwords are among these.
        words = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", address]
        done = subprocess.run(words, input=sql, check=True, text=True, capture_output=True)
        return done.stdout.strip()

    def make_database(self):
        place = self.superuser.rsplit("@", 1)[1].rsplit("/", 1)[0]
        for role, variable in (("owner", "migrate-database-url"), ("app", "database-url")):
            password = (self.folder / f"{role}-password").read_text().strip()
            self.psql(f"CREATE ROLE {self.name}_{role} LOGIN PASSWORD '{password}'")
            address = f"postgres://{self.name}_{role}:{password}@{place}/{self.name}"
            (self.folder / variable).write_text(address)
        self.place = place
        self.psql(f"CREATE DATABASE {self.name} OWNER {self.name}_owner")

    def settings(self):
        """What compose.yaml gives each server, with the places of this trial."""
        (self.folder / "smtp-url").write_text(f"smtp://localhost:{self.mails.port}?tls=required")
        return {
            "PATH": os.environ["PATH"],
            "APP_ENV": "production",
            "BASE_URL": f"https://localhost:{self.https}",
            "DATABASE_URL_FILE": str(self.folder / "database-url"),
            "MIGRATE_DATABASE_URL": f"postgres://{self.name}_owner@{self.place}/{self.name}",
            "SIGNING_KEY_FILE": str(self.folder / "signing-key.pem"),
            "ENCRYPTION_KEY_FILE": str(self.folder / "encryption-key.pem"),
            "SMTP_URL_FILE": str(self.folder / "smtp-url"),
            "SMTP_CA_FILE": str(self.folder / "authority.pem"),
            "MAIL_FROM": "no-reply@example.com",
            "TRUSTED_PROXIES": "127.0.0.1",
            # The load comes from one session.
            "RATE_LIMIT_PER_MINUTE": "0",
            "LEPTOS_SITE_ROOT": str(self.site),
        }

    def start_valkey(self, valkey):
        self.valkey_port, self.valkey = free_port(), valkey
        self.run_valkey()
        return f"redis://127.0.0.1:{self.valkey_port}/0"

    def run_valkey(self):
        # As compose.yaml starts it.
        words = ["--save", "", "--appendonly", "no", "--maxmemory", "128mb", "--maxmemory-policy", "noeviction"]
        words += ["--port", str(self.valkey_port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.start("valkey", [self.valkey, *words])
        wait_until("Valkey", lambda: reachable(self.valkey_port))

    def start(self, name, words, env=None):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(words, env=env, stdout=log, stderr=log, cwd=self.folder)

    def stop(self, name, how=signal.SIGTERM):
        """How many seconds it took."""
        began, process = time.monotonic(), self.processes.pop(name)
        process.send_signal(how)
        process.wait(60)
        return time.monotonic() - began

    def migrate(self):
        env = self.env | {"MIGRATE_DATABASE_URL": "", "MIGRATE_DATABASE_URL_FILE": str(self.folder / "migrate-database-url")}
        subprocess.run([self.server, "migrate"], env=env, check=True, capture_output=True, cwd=self.folder)

    def start_server(self, n):
        began = time.monotonic()
        self.start(f"web-{n}", [self.server], self.env | {"LEPTOS_SITE_ADDR": f"127.0.0.1:{self.ports[n]}"})
        wait_until(f"web-{n} ready", lambda: self.status_of(n, "/readyz") == 200)
        return time.monotonic() - began

    def status_of(self, n, path):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return ask(http.client.HTTPConnection("127.0.0.1", self.ports[n], timeout=5), "GET", path)[0]

    def start_proxy(self):
        """The files of compose.yaml, with the places of this trial; each must stand in them."""
        files = []
        for name in ("haproxy.cfg", "https.cfg"):
            text = (HERE / "compose/haproxy" / name).read_text()
            # Each server has its line, in both backends; more than the two of compose.yaml look the same.
            last = "    server web-2 web-2:8000\n"
            text = text.replace(last, last + "".join(last.replace("web-2", f"web-{n}") for n in SERVERS if n > 2))
            places = {f"web-{n}:8000": f"127.0.0.1:{self.ports[n]}" for n in SERVERS}
            if name == "https.cfg":
                places = {"bind :8080": f"bind 127.0.0.1:{self.http}", "bind :8443": f"bind 127.0.0.1:{self.https}"}
            for place, here in places.items():
                assert place in text, f"{place} is not in {name}"
                text = text.replace(place, here)
            (self.folder / name).write_text(text)
            files += ["-f", str(self.folder / name)]
        env = {"PATH": os.environ["PATH"] + ":/usr/sbin", "TLS_PEM": str(self.folder / "tls.pem"), "BASE_URL": self.env["BASE_URL"]}
        subprocess.run(["haproxy", "-c", "-q", *files], env=env, check=True)
        self.start("haproxy", ["haproxy", "-W", "-db", *files], env)
        wait_until("the proxy", lambda: reachable(self.https) and self.through("GET", "/readyz")[0] == 200)

    def end(self):
        """Whatever there is by now, each thing whether or not another went."""
        for name, process in list(self.processes.items()):
            try:
                self.stop(name, signal.SIGKILL if name == "valkey" else signal.SIGTERM)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for what in (f"DATABASE IF EXISTS {self.name} WITH (FORCE)", f"ROLE IF EXISTS {self.name}_app", f"ROLE IF EXISTS {self.name}_owner"):
            # There may be no psql.
            with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
                self.psql(f"DROP {what}")
        shutil.rmtree(self.folder)

    # --- Requests ---

    def connection(self):
        context = ssl.create_default_context(cafile=self.folder / "authority.pem")
        return http.client.HTTPSConnection("localhost", self.https, timeout=20, context=context, source_address=(CLIENT, 0))

    def through(self, method, path, body=None, **headers):
        return ask(self.connection(), method, path, body, headers)

    def at(self, n, method, path, body=None, **headers):
        # As the proxy would ask for the same client.
        headers |= {"X-Forwarded-For": CLIENT}
        return ask(http.client.HTTPConnection("127.0.0.1", self.ports[n], timeout=20), method, path, body, headers)


def journey(trial):
    """Signs up through the proxy, signs in on one server and goes on at the other."""
    account = {"email": "ana@example.com", "password": PASSWORD}
    status, body, _ = trial.through("POST", "/api/v1/auth/register", account, X_Forwarded_For="203.0.113.9", Forwarded="for=203.0.113.9")
    assert status == 201, (status, body)
    seen = trial.psql("SELECT string_agg(DISTINCT address, chr(32)) FROM audit_details", trial.name)
    print(f"sign-up through the proxy: {status}; a forged X-Forwarded-For in it: the trail holds {seen} alone")
    assert seen == CLIENT, seen
    status, _, headers = trial.through("GET", "/login", Accept="text/html")
    assert status == 200 and "max-age" in headers["Strict-Transport-Security"]
    status, body, _ = trial.at(1, "POST", "/api/v1/auth/login", account)
    token = json.loads(body)["access_token"]
    bearer = f"Bearer {token}"
    statuses = [trial.at(n, "GET", "/api/v1/users/me", Authorization=bearer)[0] for n in (1, 2)]
    print(f"signed in on web-1, used on web-1 and web-2: {statuses}")
    assert statuses == [200, 200]
    trial.at(1, "POST", "/api/v1/auth/logout", Authorization=bearer)
    began = time.monotonic()
    wait_until("signed out", lambda: trial.at(2, "GET", "/api/v1/users/me", Authorization=bearer)[0] == 401, 2)
    print(f"signed out on web-1: web-2 refuses after {1000 * (time.monotonic() - began):.0f} ms (an answer included)")
    wait_until("a mail", lambda: trial.mails.texts, 15)
    print(f"mails taken over STARTTLS: {len(trial.mails.texts)}, offered without it: {trial.mails.refused}")
    # A page's session: by the cookie, through the proxy.
    cookie = page_session(trial, account)
    status, _, _ = trial.through("GET", "/account", Accept="text/html", Cookie=cookie)
    statuses = [trial.at(n, "GET", "/account", Accept="text/html", Cookie=cookie)[0] for n in (1, 2)]
    print(f"signed in by the page through the proxy, /account there: {status}, on web-1 and web-2: {statuses}")
    assert [status, *statuses] == [200, 200, 200]
    status, body, _ = trial.through("POST", "/api/v1/auth/login", account)
    return json.loads(body)["access_token"], cookie


def edges(trial):
    """What the proxy and the servers make of requests that no client should send."""
    plain = http.client.HTTPConnection("127.0.0.1", trial.http, timeout=5)
    page, _, headers = ask(plain, "GET", "/login?next=/account")
    calls = [ask(plain, method, "/api/v1/users/me", {})[0] for method in ("GET", "PATCH")]
    print(f"in clear a page is {page} to {headers['Location'].split(':')[0]}, calls of the API are {calls}")
    assert (page, calls) == (301, [403, 403]) and headers["Location"] == trial.env["BASE_URL"] + "/login?next=/account"
    traces = [trial.through("TRACE", "/login")[0], trial.at(1, "TRACE", "/login")[0]]
    print(f"TRACE: {traces} (proxy, server)")
    assert all(status >= 400 for status in traces)
    for path, kind in (("/login", "text/html; charset=utf-8"), ("/api/v1/users/me", "application/problem+json"), ("/livez", "text/plain; charset=utf-8"), ("/favicon.svg", "image/svg+xml")):
        _, _, headers = trial.through("GET", path)
        assert headers["Content-Type"] == kind and headers["X-Content-Type-Options"] == "nosniff", (path, headers["Content-Type"])
    assert trial.through("GET", "/pkg/")[0] == 404
    # One request by its length, two by its chunks: whoever goes by the length alone is led to take the second.
    body = b"0\r\n\r\nGET /api/v1/users/me HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: "
    answers = []
    for secure, port in ((True, trial.https), (False, trial.ports[1])):
        connection = socket.create_connection(("127.0.0.1", port), 10)
        if secure:
            context = ssl.create_default_context(cafile=trial.folder / "authority.pem")
            connection = context.wrap_socket(connection, server_hostname="localhost")
        connection.settimeout(3)
        connection.sendall(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        text = b""
        with contextlib.suppress(TimeoutError):
            while more := connection.recv(65536):
                text += more
        answers.append(re.findall(rb"HTTP/1.1 (\d+)", text))
    print(f"a length beside chunks: {answers} (proxy, server)")
    assert [len(answer) for answer in answers] == [1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    try:
        old.wrap_socket(socket.create_connection(("127.0.0.1", trial.https), 5))
        sys.exit("TLS 1.1 was taken")
    except ssl.SSLError as error:
        print(f"TLS 1.1: {error.reason}")
        assert "ALERT_PROTOCOL_VERSION" in error.reason


def page_session(trial, account):
    """The sign-in form, posted as a browser without scripts does."""
    status, page, _ = trial.through("GET", "/login", Accept="text/html")
    fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    names = re.findall(r'name="(form\[[^"]+\])"', page)
    for name in names:
        fields.setdefault(name, "")
    fields["form[identifier]"] = account["email"]
    fields["form[password]"] = account["password"]
    fields = {name: value for name, value in fields.items() if value}
    connection = trial.connection()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/fn/login", urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
    found = [cookie for cookie in cookies if cookie.startswith("__Host-token=")]
    assert answer.status == 303 and found, (answer.status, names, answer.headers["Location"])
    return found[0]


def rolling_restart(trial, token):
    with Load(trial, token) as load:
        time.sleep(3)
        for n in SERVERS:
            took = trial.stop(f"web-{n}")
            ready = trial.start_server(n)
            print(f"web-{n}: SIGTERM to end {took:.1f} s, start to ready {ready:.1f} s")
            # What a person who replaces servers waits for: the proxy's word, two good probes.
            time.sleep(3)
    return load.report("each server stopped by SIGTERM and started again")


def upgraded(trial, token, cookie, new):
    """Migrates beside the old servers, has both versions serve for a while, and replaces one after the other, with a new
    signing key that takes over afterwards: whoever is signed in stays so."""
    with Load(trial, token) as load:
        time.sleep(2)
        trial.server = new
        trial.migrate()
        subprocess.run([new, "rotate-keys", "--lead", "1"], env=trial.env, check=True, capture_output=True, cwd=trial.folder)
        rotated = time.monotonic()
        time.sleep(5)
        for n in SERVERS:
            trial.stop(f"web-{n}")
            trial.start_server(n)
            time.sleep(10)
        time.sleep(max(0, rotated + 65 - time.monotonic()))
        account = {"email": "ana@example.com", "password": PASSWORD}
        fresh = json.loads(trial.at(1, "POST", "/api/v1/auth/login", account)[1])["access_token"]
        fresh = [trial.at(n, "GET", "/api/v1/users/me", Authorization=f"Bearer {fresh}")[0] for n in SERVERS]
        pages = [trial.at(n, "GET", "/account", Accept="text/html", Cookie=cookie)[0] for n in SERVERS]
    print(f"after the upgrade and the new key: a page's session of before {pages}, a new token {fresh}")
    failed = load.report("servers replaced by those of a newer version, with a new key")
    return failed + len([status for status in pages + fresh if status != 200])


def killed(trial, token):
    with Load(trial, token) as load:
        time.sleep(2)
        trial.stop("web-1", signal.SIGKILL)
        time.sleep(5)
        trial.start_server(1)
        time.sleep(3)
    return load.report("web-1 killed (SIGKILL) and started again")


def without_valkey(trial, token):
    with Load(trial, token) as load:
        time.sleep(2)
        trial.stop("valkey", signal.SIGKILL)
        time.sleep(4)
        trial.run_valkey()
        time.sleep(3)
    return load.report("Valkey killed and started again")


def without_database(trial, token, cookie):
    """Nobody gets into the database, and who was there is put out."""
    trial.psql(f"ALTER DATABASE {trial.name} ALLOW_CONNECTIONS false")
    trial.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{trial.name}'")
    wait_until("not ready", lambda: trial.status_of(1, "/readyz") == 503)
    time.sleep(3)
    status, page, headers = trial.through("GET", "/account", Accept="text/html", Cookie=cookie)
    _, problem, _ = trial.through("GET", "/api/v1/users/me", Authorization=f"Bearer {token}")
    own = "content-security-policy" in {name.lower() for name in headers}
    code = json.loads(problem).get("code")
    login = trial.through("POST", "/api/v1/auth/login", {"email": "ana@example.com", "password": PASSWORD})[0]
    print(f"database out of reach: a page is {status} ({'the server' if own else 'the proxy'} says so), the API {code}, a sign-in {login}")
    trial.psql(f"ALTER DATABASE {trial.name} ALLOW_CONNECTIONS true")
    began = time.monotonic()
    wait_until("well again", lambda: trial.through("GET", "/api/v1/users/me", Authorization=f"Bearer {token}")[0] == 200)
    print(f"well again after {time.monotonic() - began:.1f} s")
    assert login == 503 and own, (login, own)


def doctored(trial):
    """`server doctor`, with a server's settings, by the way that people come."""
    words = [trial.server, "doctor", "--ca-file", trial.folder / "authority.pem"]
    env = trial.env | {"LEPTOS_SITE_ADDR": f"127.0.0.1:{trial.ports[1]}"}
    done = subprocess.run(words, env=env, text=True, capture_output=True, cwd=trial.folder)
    good = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("ok ")}
    assert done.returncode == 0 and good >= {"clock", "database", "roles", "mail", "proxy", "cookies", "https"}, done.stdout
    print(f"server doctor: {', '.join(sorted(good))} are well")


def main():
    server, site, superuser, *valkey = sys.argv[1:]
    trial = Trial(Path(server).resolve(), Path(site).resolve(), superuser)
    try:
        trial.prepare(valkey[0] if valkey else None)
        trial.migrate()
        for n in SERVERS:
            trial.start_server(n)
        trial.start_proxy()
        token, cookie = journey(trial)
        edges(trial)
        doctored(trial)
        failed = rolling_restart(trial, token)
        if valkey:
            failed += without_valkey(trial, token)
        if "NEW_SERVER" in os.environ:
            failed += upgraded(trial, token, cookie, Path(os.environ["NEW_SERVER"]).resolve())
        in_flight = killed(trial, token)
        without_database(trial, token, cookie)
        print(f"failed where none may: {failed}; where what is in flight may: {in_flight}")
        sys.exit(1 if failed else 0)
    except BaseException:
        if os.environ.get("KEEP_LOGS"):
            shutil.copytree(trial.folder, os.environ["KEEP_LOGS"], dirs_exist_ok=True)
        raise
    finally:
        trial.end()


if __name__ == "__main__":
    main()
