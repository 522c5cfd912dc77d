#!/usr/bin/env python3
"""What a primary that dies costs: two real servers over a primary with one synchronous standby, at an address that follows
the primary. People sign up all the time; the primary is killed (SIGKILL), the standby promoted, and each sign-up that was
acknowledged is looked for.

    failover.py SERVER SITE PG_BINDIR [USER]

PG_BINDIR holds initdb, postgres, pg_ctl and pg_basebackup; USER runs them where this is root. Everything is on loopback
and in a folder that is removed at the end.
"""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from loopback import PASSWORD, ask, free_port, reachable, wait_until

HERE = Path(__file__).resolve().parent
SECONDS_BEFORE, SECONDS_AFTER, CLIENTS = 5, 10, 6


class Follower:
    """The address that follows the primary: a forwarder of bytes."""

    def __init__(self, target):
        self.target, self.open = target, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            inner, _ = self.listener.accept()
            try:
                outer = socket.create_connection(("127.0.0.1", self.target), 1)
            except OSError:
                inner.close()
                continue
            self.open += [inner, outer]
            for ends in ((inner, outer), (outer, inner)):
                threading.Thread(target=self.copy, args=ends, daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Cluster:
    def __init__(self, folder, binaries, user):
        self.folder, self.binaries, self.user = folder, binaries, user
        self.ports = {"primary": free_port(), "standby": free_port()}
        if user:
            shutil.chown(folder, user)
        self.run("initdb", "-D", folder / "primary", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C")
        self.configure("primary", "synchronous_standby_names = '*'")
        self.ctl("primary", "start")
        source = f"host=127.0.0.1 port={self.ports['primary']} user=postgres"
        self.run("pg_basebackup", "-D", folder / "standby", "-d", source, "-R", "-X", "stream")
        # Promoted, it has no standby of its own.
        self.configure("standby", "synchronous_standby_names = ''")
        self.ctl("standby", "start")
        sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until("the standby", lambda: self.psql("primary", sync) == "1")

    def run(self, program, *words):
        words = [str(self.binaries / program), *map(str, words)]
        subprocess.run(["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *words] if self.user else words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def configure(self, name, more):
        with open(self.folder / name / "postgresql.conf", "a") as file:
            file.write(f"\nport = {self.ports[name]}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n{more}\n")

    def ctl(self, name, *words):
        self.run("pg_ctl", "-D", self.folder / name, "-l", self.folder / name / "log", "-w", *words)

    def psql(self, name, sql, database="postgres"):
        address = f"postgres://postgres@127.0.0.1:{self.ports[name]}/{database}"
        return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", address, "-c", sql], check=True, text=True, capture_output=True).stdout.strip()

    def kill_primary(self):
        """Postgres and all that it started, so that nothing is ended in good order."""
        leader = int((self.folder / "primary/postmaster.pid").read_text().split()[0])
        # While it is stopped it waits for none of them, so no number becomes another's.
        os.kill(leader, signal.SIGSTOP)
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(leader)], text=True, capture_output=True).stdout.split()
        for pid in [*map(int, children), leader]:
            os.kill(pid, signal.SIGKILL)


class SignUps:
    def __init__(self, ports):
        self.ports, self.answers, self.ended = ports, [], threading.Event()
        self.threads = [threading.Thread(target=self.client, args=[n]) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def client(self, n):
        count = 0
        while not self.ended.wait(0.05):
            count += 1
            email = f"client{n}.{count}@example.com"
            # Each from an address and a network of its own: an address makes ten accounts at once.
            headers = {"X-Forwarded-For": f"10.{16 * n + count // 250}.{count % 250}.1"}
            connection = http.client.HTTPConnection("127.0.0.1", self.ports[count % 2], timeout=15)
            began = time.monotonic()
            try:
                status, text, _ = ask(connection, "POST", "/api/v1/auth/register", {"email": email, "password": PASSWORD}, headers)
                unknown = "outcome_unknown" in text
            except (OSError, http.client.HTTPException) as error:
                status, unknown = type(error).__name__, True
            self.answers.append((began, time.monotonic(), email, status, unknown))

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def main():
    server, site, binaries, *user = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="doorstep-failover-"))
    folder.chmod(0o755)
    servers, cluster = [], None
    try:
        subprocess.run(["sh", HERE / "compose/secrets.sh", folder / "secrets"], check=True, stdout=subprocess.DEVNULL)
        (folder / "data").mkdir()
        cluster = Cluster(folder / "data", Path(binaries), user[0] if user else None)
        cluster.psql("primary", "CREATE DATABASE doorstep")
        follower = Follower(cluster.ports["primary"])
        ports = [free_port(), free_port()]
        env = {
            "PATH": os.environ["PATH"],
            "APP_ENV": "production",
            "BASE_URL": "https://accounts.example.com",
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{follower.port}/doorstep",
            "SIGNING_KEY_FILE": str(folder / "secrets/signing-key.pem"),
            "TRUSTED_PROXIES": "127.0.0.1",
            "LEPTOS_SITE_ROOT": str(Path(site).resolve()),
            "RATE_LIMIT_PER_MINUTE": "0",
        }
        for port in ports:
            log = open(folder / f"{port}.log", "wb")
            words = env | {"LEPTOS_SITE_ADDR": f"127.0.0.1:{port}"}
            servers.append(subprocess.Popen([Path(server).resolve()], env=words, stdout=log, stderr=log, cwd=folder))
            wait_until("a server", lambda port=port: reachable(port))
        time.sleep(1)
        people = SignUps(ports)
        time.sleep(SECONDS_BEFORE)
        killed = time.monotonic()
        cluster.kill_primary()
        # What notices that it is gone, and promotes, takes its time elsewhere.
        time.sleep(2)
        promoting = time.monotonic()
        cluster.ctl("standby", "promote")
        follower.target = cluster.ports["standby"]
        promoted = time.monotonic()
        time.sleep(SECONDS_AFTER)
        people.end()
        there = set(cluster.psql("standby", "SELECT email FROM users", "doorstep").split())
        acknowledged = [email for _, _, email, status, _ in people.answers if status == 201]
        lost = [email for email in acknowledged if email not in there]
        well = min(end for began, end, _, status, _ in people.answers if status == 201 and began > killed)
        odd = {}
        for began, end, _, status, unknown in people.answers:
            if status != 201:
                key = f"{status}{' (said to be unknown)' if unknown else ''}"
                odd[key] = odd.get(key, 0) + 1
        late = [status for began, _, _, status, _ in people.answers if began > promoted + 2 and status != 201]
        print(f"sign-ups acknowledged: {len(acknowledged)}, lost: {len(lost)}")
        print(f"others: {odd}; later than 2 s after the promotion: {len(late)}")
        print(f"promotion took {promoted - promoting:.1f} s; the first sign-up was acknowledged {well - promoted:.1f} s after it")
        sys.exit(1 if lost or late else 0)
    finally:
        for process in servers:
            process.terminate()
        for process in servers:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if cluster:
            for name in ("standby", "primary"):
                with contextlib.suppress(subprocess.CalledProcessError):
                    cluster.ctl(name, "stop", "-m", "immediate")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
