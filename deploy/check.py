#!/usr/bin/env python3
"""Checks what lies here by what can check it on this machine: see requirements.txt. It starts nothing that stays and asks no
cluster. SERVER may name a built server, which is asked whether it takes the settings. Ends with `N passed, N failed, N
skipped`; skipped is what has no checker here."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# Programs of the same virtual environment first.
os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
SETTINGS = {"BASE_URL": "https://accounts.example.com", "TRUSTED_PROXIES": "10.244.0.0/16"}
VALUES = {"settings": SETTINGS, "ingress": {"enabled": True, "className": "public"}}
# Names in these files that are variables of others, or of compose.yaml itself.
OTHERS = re.compile(
    r"^(PG\w+|POSTGRES_\w+|MP_\w+|TLS_PEM|PROXY|PROXY_ADDRESS|BIND|HTTPS?_PORT|MAIL_PORT|MAIL_INTERNAL|FRONT_SUBNET|"
    r"CREDENTIALS_DIRECTORY|KEEP_LOGS|NEW_SERVER|AF_\w+|TLS_\w+|DAC_OVERRIDE|CHOWN|FOWNER|ON_ERROR_STOP|VALKEY_SERVER|METH_\w+)$"
)


class Skipped(Exception):
    """Nothing here checks it."""


def program(name):
    if not shutil.which(name):
        raise Skipped(f"{name} is not here")
    return name


def run(*words, env=None):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True, env={**os.environ, **(env or {})})
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    return told


def certificate(folder):
    """What secrets.sh makes, which is tried by that."""
    run("sh", HERE / "compose/secrets.sh", folder)
    files = {path.name: path.stat().st_mode & 0o077 for path in Path(folder).iterdir()}
    assert not any(files.values()), f"others may read {files}"
    first = {name: (Path(folder) / name).read_bytes() for name in files}
    run("sh", HERE / "compose/secrets.sh", folder)
    assert all((Path(folder) / name).read_bytes() == text for name, text in first.items()), "a second run changed a secret"
    return Path(folder) / "tls.pem"


def haproxy():
    program("haproxy"), program("openssl")
    with tempfile.TemporaryDirectory() as folder:
        env = {"TLS_PEM": str(certificate(folder)), "BASE_URL": "https://localhost:8443"}
        for way in ("http", "https"):
            run("haproxy", "-c", "-f", HERE / "compose/haproxy/haproxy.cfg", "-f", HERE / f"compose/haproxy/{way}.cfg", env=env)


def nginx():
    program("nginx"), program("openssl")
    text = (HERE / "proxies/nginx.conf").read_text()
    with tempfile.TemporaryDirectory() as folder:
        run("sh", HERE / "compose/secrets.sh", folder)
        text = text.replace("/etc/ssl/accounts.example.com.pem", f"{folder}/localhost.pem")
        text = text.replace("/etc/ssl/accounts.example.com.key", f"{folder}/localhost.key")
        whole = f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {text} }}"
        (Path(folder) / "nginx.conf").write_text(whole)
        run("nginx", "-t", "-c", f"{folder}/nginx.conf")


def compose():
    for path in (HERE / "compose/compose.yaml", HERE / "citus/compose.yaml", ROOT / "compose.yaml"):
        run(program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", path)


def valid(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        told = run(program("kubernetes-validate"), "--strict", file.name)
    return len(re.findall(r" passed ", told))


def kustomize():
    kinds = [valid(run(program("kubectl"), "kustomize", HERE / "kubernetes" / name)) for name in ("base", "example")]
    assert kinds == [8, 10], kinds


def helm():
    try:
        import helm_python
    except ImportError as error:
        raise Skipped(str(error)) from error
    chart = str(HERE / "helm/doorstep")
    told = helm_python.lint(chart, VALUES, strict=True)
    assert told.get("passed", True) and not told.get("errors"), told
    rendered = helm_python.Chart.load(chart).render(VALUES, name="doorstep")
    files = rendered.values() if isinstance(rendered, dict) else [rendered]
    count = valid("\n---\n".join(text for text in files if text.strip()))
    assert count == 9, count
    for wrong in (
        {},
        {"settings": SETTINGS | {"BASE_URL": "http://a.example"}},
        {"settings": SETTINGS | {"TRUSTED_PROXIES": ""}},
        {"settings": SETTINGS | {"SECRET_KEY": "x"}},
        {"settings": SETTINGS | {"MIGRATE_DATABASE_URL": "postgres://owner:password@db/doorstep"}},
    ):
        try:
            helm_python.Chart.load(chart).render(wrong, name="doorstep")
        except helm_python.HelmError:
            continue
        raise AssertionError(f"values that cannot work were taken: {wrong}")


def systemd():
    for path in (HERE / "systemd").glob("*.service"):
        told = run(program("systemd-analyze"), "security", "--offline=true", path)
        exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", told)[1])
        assert exposure <= 2.0, f"{path.name}: {exposure}"
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / path.name
            unit.write_text(path.read_text().replace("/opt/doorstep/server", "/bin/true"))
            told = run("systemd-analyze", "verify", "--man=no", unit)
            assert path.name not in told, told


def prometheus():
    """Each expression of the alerts and of the dashboard is one that Prometheus' own grammar takes."""
    try:
        import promql_parser
    except ImportError as error:
        raise Skipped(str(error)) from error
    import yaml

    groups = yaml.safe_load((HERE / "prometheus/alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert all(rule.keys() <= {"alert", "expr", "for", "labels", "annotations"} for rule in rules), rules
    found = {rule["alert"]: rule["expr"] for rule in rules}
    dashboard = json.loads((HERE / "prometheus/dashboard.json").read_text())
    for panel in dashboard["panels"]:
        found |= {f"{panel['title']} {number}": one["expr"] for number, one in enumerate(panel.get("targets", []))}
    assert len(rules) >= 9 and len(found) > 20, list(found)
    for name, text in found.items():
        # Grafana writes the interval itself.
        promql_parser.parse(text.replace("$__rate_interval", "5m").replace("$job", "doorstep").replace("$instance", ".*"))
    for wrong in ("rate(doorstep_x[5m", "sum by instance (x)", "x >"):
        try:
            promql_parser.parse(wrong)
        except ValueError:
            continue
        raise AssertionError(f"{wrong} was taken")


def settings():
    """Each variable that is set for a server here is one that the server knows."""
    known = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    named = {}
    for path in HERE.rglob("*"):
        if path.suffix in {".yaml", ".service", ".cfg", ".sh", ".md"} and "var" not in path.parts:
            text = path.read_text()
            # Words of prose have no underscore, and keys may do without.
            for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|^ *[A-Z]{3,}(?=:)", text, re.M):
                name = name.strip()
                named.setdefault(name, path.relative_to(ROOT))
    unknown = {name: str(path) for name, path in named.items() if name not in known and not OTHERS.match(name)}
    assert len(known) > 40 and not unknown, unknown


def server():
    """A server takes what is set for it here: all that it lacks is the database."""
    if not os.environ.get("SERVER"):
        raise Skipped("SERVER names no server")
    import yaml

    default = re.compile(r"\$\{\w+:?-([^}]*)\}")
    compose = yaml.safe_load((HERE / "compose/compose.yaml").read_text())["services"]
    named = {f"compose {name}": compose[name]["environment"] for name in ("web-1", "migrate")}
    for document in yaml.safe_load_all(run("kubectl", "kustomize", HERE / "kubernetes/example")):
        if document["kind"] == "ConfigMap":
            named["kubernetes"] = document["data"]
    values = yaml.safe_load((HERE / "helm/doorstep/values.yaml").read_text())
    named["helm"] = values["settings"] | VALUES["settings"]
    with tempfile.TemporaryDirectory() as folder:
        run("sh", HERE / "compose/secrets.sh", folder)
        (Path(folder) / "redis-url").write_text("rediss://user:password@127.0.0.1:1/0")
        for name, role in (("database-url", "doorstep"), ("migrate-database-url", "owner")):
            (Path(folder) / name).write_text(f"postgres://{role}@127.0.0.1:1/doorstep")
        for who, settings in named.items():
            env = {name: default.sub(r"\1", value).replace("/run/doorstep", folder) for name, value in settings.items()}
            env = {name: value.replace("/run/owner", folder) for name, value in env.items()}
            # Only the job has the owner's address with a password; the others would ask its name server.
            if env.get("MIGRATE_DATABASE_URL"):
                env["MIGRATE_DATABASE_URL"] = "postgres://owner@127.0.0.1:1/doorstep"
            done = subprocess.run([os.environ["SERVER"], "migrate"], env=env, text=True, capture_output=True, cwd=folder)
            assert "cannot reach the database" in done.stderr, f"{who}: {done.stderr}"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for check in (haproxy, nginx, compose, kustomize, helm, systemd, prometheus, settings, server):
        try:
            check()
            how, why = "passed", ""
        except Skipped as skipped:
            how, why = "skipped", f": {skipped}"
        except Exception as error:  # Whatever it is, it is told, and the others are still checked.
            how, why = "failed", f": {error}"
        counts[how] += 1
        print(f"{check.__name__}: {how}{why}")
    print(", ".join(f"{count} {how}" for how, count in counts.items()))
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
