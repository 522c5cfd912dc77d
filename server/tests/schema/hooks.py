"""What schemathesis needs to know of the server: who signs in, and from where.

Run by `cargo xtask schema`, which says where the server is and who its admin is. No call, method or check
is left out here.
"""

import os
import random
import threading
import uuid

import requests
import schemathesis

URL = os.environ["DOORSTEP_URL"]
PASSWORD = "violet staircase under rain"
# Schemathesis seeds the common one anew for each case.
RANDOM = random.SystemRandom()


def somewhere():
    """An address that nobody else has: the limits by address stay as they are."""
    return f"2001:db8:{RANDOM.getrandbits(16):x}:{RANDOM.getrandbits(16):x}::1"


def post(path, body):
    answer = requests.post(URL + path, json=body, headers={"X-Forwarded-For": somewhere()}, timeout=10)
    answer.raise_for_status()
    return answer


class Callers(threading.local):
    """An admin for the administration's calls and a member for all others, made anew when their tokens end."""

    def __init__(self):
        self.tokens = {}
        self.ended = {}

    def sign_in(self, role):
        if role == "admin":
            email, password = os.environ["DOORSTEP_ADMIN"], os.environ["DOORSTEP_ADMIN_PASSWORD"]
        else:
            email, password = f"{uuid.UUID(int=RANDOM.getrandbits(128))}@example.com", PASSWORD
            post("/api/v1/users", {"email": email, "password": password})
        path = "/auth/login" if role == "cookie" else "/api/v1/auth/login"
        answer = post(path, {"identifier": email, "password": password})
        return answer.cookies["token"] if role == "cookie" else answer.json()["access_token"]

    def token(self, role):
        if role not in self.tokens:
            self.tokens[role] = self.sign_in(role)
        return self.tokens[role]

    def forget(self, token):
        for role in [role for role, known in self.tokens.items() if known == token]:
            self.ended[self.tokens.pop(role)] = role

    def renewed(self, token):
        return self.token(self.ended[token]) if token in self.ended else token


CALLERS = Callers()


@schemathesis.auth(refresh_interval=None)
class Tokens:
    def get(self, case, ctx):
        roles = {"Administration": "admin", "Cookie family": "cookie"}
        return CALLERS.token(roles.get(ctx.operation.tags[0], "member"))

    def set(self, case, data, ctx):
        give(case, data)


def is_cookie_family(case):
    return case.operation.path.startswith("/auth/")


def give(case, token):
    if is_cookie_family(case):
        case.cookies = {**(case.cookies or {}), "token": token}
    else:
        case.headers["Authorization"] = f"Bearer {token}"


def taken(case):
    if is_cookie_family(case):
        return (case.cookies or {}).get("token")
    return str(case.headers.get("Authorization", "")).removeprefix("Bearer ")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    case.headers["X-Forwarded-For"] = somewhere()
    # A case may have got its token before the case before it ended.
    if token := taken(case):
        give(case, CALLERS.renewed(token))
    # That the password must be the caller's own is more than a schema can say.
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and isinstance(case.body, dict) and case.body.get("current_password"):
        case.body["current_password"] = PASSWORD
    # Nor does it say which version is the present one.
    if positive and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"


@schemathesis.hook
def after_call(ctx, case, response):
    # Who has a new password, or is gone, is somebody else from the next case on.
    changed = case.operation.path.endswith("/password") and response.status_code == 204
    if response.status_code == 401 or changed:
        CALLERS.forget(taken(case))
