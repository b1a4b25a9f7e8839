"""Passwords and signing keys of a local stack: made once, kept in the run directory with mode 0600."""

import base64
import json
import secrets
from typing import Any

from deploy.local.paths import SERVICES, Place, write_private

BROKER_USERS = (*(f"svc-{service}" for service in SERVICES), "gateway", "relay", "admin")
SIGNERS = (*SERVICES, "gateway", "relay")


def load(place: Place) -> dict[str, Any]:
    """All secrets of the stack; those that are missing are made and kept."""
    file = place.run / "secrets.json"
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    made = {
        "broker": {user: _password() for user in BROKER_USERS},
        "database": {role: _password() for role in ("portal", *SERVICES)},
        "erlang_cookie": _password(),
        "gateway_secret_key": _password(),
        "bank_api_key": _password(),
        "idp_secret": _password(),
        "identity_link_key": _password(),
    }
    merged = {
        name: {**value, **kept.get(name, {})} if isinstance(value, dict) else kept.get(name, value)
        for name, value in made.items()
    }
    if merged != kept:
        write_private(file, json.dumps(merged, indent=1))
    return merged


def make_keys(place: Place) -> None:
    """Ed25519 keys: one per service for its calls, identity's root key; and the JWKS of what is pinned.

    The keys that sign people's tokens are not among them: identity makes and rotates those itself, under the root.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    trusted = []
    for name in (*SIGNERS, "identity-signing"):
        file = place.keys / f"{name}.pem"
        if not file.exists():
            fresh = Ed25519PrivateKey.generate()
            pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(file, pem.decode())
        key = load_pem_private_key(file.read_bytes(), password=None)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": base64.urlsafe_b64encode(public).rstrip(b"=").decode()}
        kid = "root:identity" if name == "identity-signing" else f"service:{name}"
        trusted.append(jwk | {"use": "sig", "kid": kid})
    write_private(place.keys / "trusted.json", json.dumps({"keys": trusted}, indent=1))


def _password() -> str:
    # letters and digits only: it stands in URLs and in configuration files
    return secrets.token_hex(16)
