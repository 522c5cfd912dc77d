"""Asks py_webauthn and python-fido2 what they think of some answers.

A list of cases comes in; for each, an object goes out that says why each of them refuses it, or nothing.
"""

import json
import sys

from fido2.cose import CoseKey
from fido2 import cbor
from fido2.server import Fido2Server
from fido2.webauthn import Aaguid, AttestedCredentialData
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException


def py_webauthn(case):
    expected = {
        "credential": case["credential"],
        "expected_challenge": base64url_to_bytes(case["challenge"]),
        "expected_rp_id": case["rp_id"],
        "expected_origin": case["origin"],
        "require_user_verification": True,
    }
    if case["kind"] == "registration":
        verify_registration_response(**expected)
    else:
        verify_authentication_response(
            **expected,
            credential_public_key=base64url_to_bytes(case["public_key"]),
            credential_current_sign_count=case["counter"],
        )


def fido2(case):
    rp = {"id": case["rp_id"], "name": "Example"}
    server = Fido2Server(rp, attestation="none", verify_origin=lambda origin: origin == case["origin"])
    state = {"challenge": case["challenge"], "user_verification": "required"}
    answer = json.loads(case["credential"])
    if case["kind"] == "registration":
        server.register_complete(state, answer)
    else:
        key = CoseKey.parse(cbor.decode(base64url_to_bytes(case["public_key"])))
        stored = AttestedCredentialData.create(Aaguid.NONE, base64url_to_bytes(case["id"]), key)
        server.authenticate_complete(state, [stored], answer)


def objection(verifier, case):
    try:
        verifier(case)
    except Exception as error:
        # Both say what is wrong by exceptions of one kind; any other is an input that they did not expect.
        stumbled = not isinstance(error, (WebAuthnException, ValueError)) or isinstance(error, UnicodeError)
        return {"error": f"{type(error).__name__}: {error}", "stumbled": stumbled}
    return None


def objections(case):
    return {verifier.__name__: objection(verifier, case) for verifier in (py_webauthn, fido2)}


json.dump([objections(case) for case in json.load(sys.stdin)], sys.stdout)
