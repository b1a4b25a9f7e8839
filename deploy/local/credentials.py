"""Passwords and signing keys of a local stack: made once, kept in the run directory with mode 0600."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
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
    if not (place.keys / "seal.pem").exists():
        write_private(place.keys / "seal.pem", _seal())


def _seal() -> str:
    """A seal for this machine: a key and a certificate that it signed itself. A real office buys one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seal of a local stack")])
    today = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=3650))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()


def _password() -> str:
    # letters and digits only: it stands in URLs and in configuration files
    return secrets.token_hex(16)
