"""Signs up, signs in, refreshes and reads the account through a client that was generated from /openapi.json."""

import sys
import uuid

from accounts_client import AuthenticatedClient, Client
from accounts_client.api.my_account import change_me, list_sessions, read_me
from accounts_client.api.signing_in import login, logout, refresh, register
from accounts_client.models import LoginRequest, NewAccount, Renewal, TokenPair, UserPatch, UserView

url = sys.argv[1]
email, password = f"{uuid.uuid4()}@example.com", "violet staircase under rain"

stranger = Client(base_url=url)
user = register.sync(client=stranger, body=NewAccount(email=email, password=password, first_name="Ana"))
assert isinstance(user, UserView) and user.email == email and user.name == "Ana", user

pair = login.sync(client=stranger, body=LoginRequest(email=email, password=password))
assert isinstance(pair, TokenPair), pair
renewed = refresh.sync(client=stranger, body=Renewal(refresh_token=pair.refresh_token))
assert isinstance(renewed, TokenPair) and renewed.refresh_token != pair.refresh_token, renewed

member = AuthenticatedClient(base_url=url, token=renewed.access_token)
me = read_me.sync(client=member)
assert isinstance(me, UserView) and me.id == user.id, me
changed = change_me.sync(client=member, body=UserPatch(bio="Keeps the harbour light."))
assert isinstance(changed, UserView) and changed.bio == "Keeps the harbour light.", changed
assert [session.current for session in list_sessions.sync(client=member)] == [True]
assert logout.sync_detailed(client=member).status_code == 204
assert read_me.sync_detailed(client=member).status_code == 401
print("the generated client works")
