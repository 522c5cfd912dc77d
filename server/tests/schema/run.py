"""Holds a running server against its own description: schemathesis, and a generated client.

    run.py SERVER SITE CASES

DATABASE_URL names an empty database. `cargo xtask schema` and `cargo xtask test` call this; the command line
that schemathesis gets is printed. It fails where an answer is a fault of the server's (5xx), is not in the
document, or does not fit what was asked.
"""

import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

import requests

HERE = pathlib.Path(__file__).parent
TOOLS = pathlib.Path(sys.executable).parent
ADMIN, PASSWORD = "admin@example.com", "amber lighthouse over fog"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def settings(site, port, home):
    return {
        "PATH": os.environ["PATH"],
        "APP_ENV": "development",
        "BASE_URL": f"http://localhost:{port}",
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "LEPTOS_SITE_ADDR": f"127.0.0.1:{port}",
        "LEPTOS_SITE_ROOT": site,
        "SIGNING_KEY_FILE": f"{home}/signing-key.pem",
        "ENCRYPTION_KEY_FILE": f"{home}/encryption-key.pem",
        "RUST_LOG": "warn",
        "ADMIN_PASSWORD": PASSWORD,
        # Each case comes from an address of its own, so no limit on tries is loosened; the general limit
        # counts an admin's calls from wherever they come, and thousands of cases are one admin's.
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "RATE_LIMIT_PER_MINUTE": "10000000",
        # A schema can ask for a password's length and for no more.
        "PASSWORD_MIN_SCORE": "0",
    }


def wait_until_ready(server, url):
    while server.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    sys.exit("the server ended before it was ready")


def schemathesis(url, home, cases):
    # All phases, methods, calls and checks. Of the cases a call has about half come from its schema's limits.
    words = ["--config-file", str(HERE / "schemathesis.toml")]
    words += ["run", f"{url}/openapi.json", "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all"]
    words += ["--checks", "all", "--max-examples", str(cases), "--continue-on-failure"]
    words += ["--generation-database", "none", "--no-color", "--warnings", "off", "--request-timeout", "15"]
    print("$ SCHEMATHESIS_HOOKS=server/tests/schema/hooks.py schemathesis", shlex.join(words), flush=True)
    told = {"DOORSTEP_URL": url, "DOORSTEP_ADMIN": ADMIN, "DOORSTEP_ADMIN_PASSWORD": PASSWORD}
    told |= {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "HYPOTHESIS_STORAGE_DIRECTORY": home}
    return subprocess.run([TOOLS / "schemathesis", *words], env=os.environ | told, cwd=home).returncode


def generated_client(url, home):
    config = pathlib.Path(home, "client.yaml")
    config.write_text("project_name_override: accounts-client\npackage_name_override: accounts_client\n")
    words = ["generate", "--url", f"{url}/openapi.json", "--config", config, "--meta", "none"]
    words += ["--output-path", f"{home}/accounts_client", "--fail-on-warning"]
    # It calls a formatter by its name.
    env = os.environ | {"PYTHONPATH": home, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    made = subprocess.run([TOOLS / "openapi-python-client", *words], cwd=home, env=env).returncode
    return made or subprocess.run([sys.executable, HERE / "client.py", url], env=env).returncode


def main(binary, site, cases):
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="doorstep-schema-") as home:
        port = free_port()
        url, env = f"http://127.0.0.1:{port}", settings(site, port, home)
        subprocess.run([binary, "create-admin", "--email", ADMIN], env=env, check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([binary, "serve"], env=env)
        try:
            wait_until_ready(server, url)
            return generated_client(url, home) or schemathesis(url, home, cases)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])))
