"""What the trials beside this file have in common: ports, requests, a mail server and a load, all on loopback."""

import contextlib
import http.client
import json
import secrets
import socket
import ssl
import sys
import threading
import time

PASSWORD = "violet staircase under rain"
CLIENT = "127.0.0.5"
# What is asked while servers come and go: about 300 requests a second in all.
CLIENTS, PAUSE = 16, 0.05


def free_port():
    """Below the ports that the kernel gives to connections, which could take it before it is used."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(what, true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def reachable(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def ask(connection, method, path, body=None, headers=None):
    data = json.dumps(body) if body is not None else None
    headers = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if data:
        headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, data, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace"), answer.headers


class Mails:
    """Takes mails on loopback, over STARTTLS alone."""

    def __init__(self, certificate, key):
        self.texts, self.refused = [], 0
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection):
        secure, lines = False, connection.makefile("rwb", buffering=0)

        def say(text):
            lines.write(text.encode() + b"\r\n")

        say("220 trial")
        while line := lines.readline():
            word = line[:4].upper().strip()
            if word == b"EHLO":
                say("250 trial" if secure else "250-trial\r\n250 STARTTLS")
            elif word == b"STAR":
                say("220 go on")
                connection = self.tls.wrap_socket(connection, server_side=True)
                secure, lines = True, connection.makefile("rwb", buffering=0)
            elif word == b"MAIL" and not secure:
                self.refused += 1
                say("530 STARTTLS first")
            elif word == b"DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += lines.readline()
                self.texts.append(text.decode())
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 good")


class Load:
    """Clients that read pages and files, read and change their profile, each over connections that stay open."""

    def __init__(self, trial, token):
        self.trial, self.token = trial, token
        self.counts, self.failures, self.slowest = {}, [], 0.0
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.client, args=[n]) for n in range(CLIENTS)]

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.began

    def client(self, n):
        bearer = {"Authorization": f"Bearer {self.token}"}
        turns = [
            ("GET", "/login", None, {"Accept": "text/html"}),
            ("GET", "/api/v1/users/me", None, bearer),
            ("PATCH", "/api/v1/users/me", {"bio": f"client {n}"}, bearer),
            ("GET", "/favicon.svg", None, {}),
        ]
        # Half of the clients open a connection for each request.
        kept = self.trial.connection() if n % 2 else None
        turn = n
        while not self.ended.wait(PAUSE):
            method, path, body, headers = turns[turn % len(turns)]
            turn += 1
            began = time.monotonic()
            try:
                status, _, _ = ask(kept or self.trial.connection(), method, path, body, dict(headers))
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
                kept = kept and self.trial.connection()
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.counts[status] = self.counts.get(status, 0) + 1
            if status != 200:
                self.failures.append((round(time.monotonic() - self.began, 2), method, path, status))

    def report(self, what):
        count = sum(self.counts.values())
        print(f"{what}: {count} requests in {self.seconds:.0f} s, {len(self.failures)} failed, slowest {1000 * self.slowest:.0f} ms")
        for failure in self.failures[:10]:
            print("   ", *failure)
        return len(self.failures)
