"""The two identity providers of a local stack: an OpenID provider and a WS-Federation provider, both on Node.

They are peers like the sandbox bank: where Node or their packages are missing, the portal runs without them. Their keys
and the portal's list of providers are made at the first start and lie in the run directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local import credentials
from deploy.local.paths import ROOT, Place, write_private
from deploy.local.say import line, step

HOME = ROOT / "deploy" / "local" / "idp"
STAMP = HOME / "node_modules" / ".portal-lock.sha256"
OLDEST_NODE = 18
REALM, BANK_REALM, ISSUER = "urn:portal:local", "urn:portal:bankalink", "http://www.latvija.lv/sts"
LEVELS = {f"urn:eidas:{level}": level for level in ("low", "substantial", "high")}


def node() -> str | None:
    """The Node to run them with, None where there is none or an old one."""
    program = shutil.which("node")
    if program is None:
        return None
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    major = told.strip().removeprefix("v").partition(".")[0]
    return program if major.isdigit() and int(major) >= OLDEST_NODE else None


def available() -> bool:
    """Whether the providers can run: Node is there and their packages are installed. Cheap; asked often."""
    return shutil.which("node") is not None and STAMP.exists()


def prepare(place: Place) -> None:
    """Install the packages and make keys and configuration; says in one sentence why when it cannot."""
    if not _install():
        return
    _make_keys(place)
    write_private(place.keys / "providers.json", json.dumps({"providers": _providers(place)}, indent=1))


def _install() -> bool:
    wanted = hashlib.sha256((HOME / "package-lock.json").read_bytes()).hexdigest()
    if available() and STAMP.read_text() == wanted:
        return True
    if node() is None or shutil.which("npm") is None:
        line(f"No Node {OLDEST_NODE} with npm here: the portal runs without the two identity providers for tests.")
        return False
    with step("Installing the identity providers for tests (npm ci)"):
        command = ["npm", "ci", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved=true"]
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, env=os.environ | {"CI": "1"})
    if done.returncode:
        words = [text for text in done.stderr.splitlines() if text.strip()] or ["no word"]
        line(f"Their packages could not be installed ({words[-1].strip()[:200]}): the portal runs without them.")
        return False
    STAMP.write_text(wanted)
    return True


def environment(place: Place, name: str) -> dict[str, str]:
    """What the process `oidc-provider` or `wsfed-provider` is told."""
    portal = {"PORTAL": f"http://127.0.0.1:{place['gateway']}", "HOST": "127.0.0.1", "PORT": str(place[name])}
    if name == "oidc-provider":
        files = {"KEYS": "op-jwks.json", "CLIENTS": "op-clients.json"}
    else:
        files = {
            "KEY": "sts.key",
            "CERTIFICATE": "sts.crt",
            "ENCRYPT_KEY": "portal-decrypt.pub",
            "ENCRYPT_CERTIFICATE": "portal-decrypt.crt",
        }
    # They read their files once: other content is another setting, and `up` restarts whoever has other settings.
    paths = [place.keys / file for file in files.values()]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest()
    return portal | {key: str(place.keys / file) for key, file in files.items()} | {"FILES": digest[:16]}


def _clients(place: Place) -> list[dict[str, str]]:
    secret = credentials.load(place)["idp_secret"]
    return [
        {"id": "eparaksts", "secret": f"{secret}-e", "auth": "client_secret_basic"},
        {"id": "banka", "secret": f"{secret}-b", "auth": "client_secret_post"},
    ]


def _providers(place: Place) -> list[dict[str, Any]]:
    """What the portal is told of them, in the order people see them."""
    issuer = f"http://127.0.0.1:{place['oidc-provider']}"
    secrets = {client["id"]: client for client in _clients(place)}

    def openid(name: str, lv: str, en: str, **more: Any) -> dict[str, Any]:
        client = secrets[name]
        return {
            "id": name, "kind": "oidc", "name": {"lv": lv, "en": en}, "issuer": issuer, "client_id": f"portal-{name}",
            "client_secret": client["secret"], "token_auth": client["auth"], "scopes": "openid profile",
            "prompt": "login", "acr_values": "urn:eidas:high", "assurance": LEVELS,
            "claims": {"former_codes": "former_codes", "company_reg_no": "company_reg_no"}, **more,
        }  # fmt: skip

    def passive(name: str, lv: str, en: str, realm: str, **more: Any) -> dict[str, Any]:
        return {
            "id": name, "kind": "wsfed", "name": {"lv": lv, "en": en}, "issuer": ISSUER, "realm": realm,
            "url": f"http://127.0.0.1:{place['wsfed-provider']}/wsfed",
            "certificate_files": [str(place.keys / "sts.crt")], **more,
        }  # fmt: skip

    return [
        passive("latvija", "Latvija.lv", "Latvija.lv", REALM, require_encryption=True,
                decryption_key_file=str(place.keys / "portal-decrypt.key")),
        openid("eparaksts", "eParaksts vai eID karte", "eParaksts or eID card", required_assurance="substantial"),
        openid("banka", "Internetbanka", "Internet bank", bank=True, idp_initiated=True),
        passive("bankalink", "Banka ar bankas saiti", "Bank by its link", BANK_REALM, bank=True, idp_initiated=True,
                needs_contract=True),
    ]  # fmt: skip


def _make_keys(place: Place) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
    from cryptography.x509.oid import NameOID

    def pair(name: str) -> None:
        if (place.keys / f"{name}.crt").exists():
            return
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        today = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        write_private(place.keys / f"{name}.key", private)
        write_private(place.keys / f"{name}.pub", public)
        write_private(place.keys / f"{name}.crt", certificate.public_bytes(Encoding.PEM).decode())

    pair("sts")
    pair("portal-decrypt")
    if not (place.keys / "op-jwks.json").exists():
        write_private(place.keys / "op-jwks.json", json.dumps({"keys": _signing_keys()}))
    write_private(place.keys / "op-clients.json", json.dumps(_clients(place)))


def _signing_keys() -> list[dict[str, Any]]:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    rsa_key: dict[str, Any] = json.loads(
        RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    )
    ec_key: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    found = []
    for kid, key, algorithm in (("rsa", rsa_key, "RS256"), ("ec", ec_key, "ES256")):
        key.pop("key_ops", None)
        found.append(key | {"kid": kid, "use": "sig", "alg": algorithm})
    return found
