"""Tokens that say who calls: EdDSA-signed JWTs, verified by every service itself.

A person's or a machine's token is signed by identity (five minutes); a service signs its own (two minutes) with the
key of SERVICE_KEY_FILE. Whose signature is believed: chassis/trust.py. Nothing trusts a plain header (architecture,
sections 3 and 6).
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.caller import NOBODY, Caller, Objects
from chassis.errors import PortalError
from chassis.trust import ALGORITHM, SIGNING_PREFIX, TrustedKeys, trusted

AUDIENCE = "portal"
SERVICE_TOKEN_SECONDS = 120
CACHE_SIZE = 20_000


def claims_of(caller: Caller) -> dict[str, Any]:
    """Return the claims that stand for a caller; `caller_of` reads them back."""
    claims: dict[str, Any] = {
        "sub": str(caller.user or caller.name),
        "kind": caller.kind,
        "name": caller.name,
        "lang": caller.language,
        "rights": sorted(caller.rights),
        "roles": sorted(caller.roles),
    }
    if caller.client:
        claims["client"] = str(caller.client)
    if caller.session:
        claims["sid"] = str(caller.session)
        claims["gen"] = caller.generation
    if caller.assurance:
        claims["assurance"] = caller.assurance
    if caller.service:
        claims["service"] = caller.service
    if caller.scopes:
        claims |= _packed(caller.scopes)
    if caller.second_factor:
        claims["factor"] = caller.second_factor
    if caller.areas is not None:
        claims["areas"] = sorted(caller.areas)
    if caller.client_kind:
        claims["ckind"] = caller.client_kind
    if caller.short:
        claims["short"] = dict(caller.short)
    if caller.stepped_up_at:
        claims["stepped_up"] = int(caller.stepped_up_at.timestamp())
    return claims


def _packed(scopes: Mapping[str, Objects]) -> dict[str, Any]:
    """Return rights for named objects in little room: every id once in 16 bytes, and for each right which of them.

    A hundred objects and five rights take 2.3 kB in the token instead of 20.
    """
    permits = sorted({one for held in scopes.values() for one in held.permits})
    contracts = sorted({one for held in scopes.values() for one in held.contracts})
    first = {one: bit for bit, one in enumerate(permits)}
    then = {one: bit for bit, one in enumerate(contracts, start=len(permits))}
    bits = {
        right: format(sum(1 << first[one] for one in held.permits) + sum(1 << then[one] for one in held.contracts), "x")
        for right, held in sorted(scopes.items())
        if held
    }
    return {"objects": [_together(permits), _together(contracts)], "scopes": bits}


def _together(ids: list[UUID]) -> str:
    return base64.urlsafe_b64encode(b"".join(one.bytes for one in ids)).decode()


def _apart(text: str) -> list[UUID]:
    raw = base64.urlsafe_b64decode(text)
    return [UUID(bytes=raw[start : start + 16]) for start in range(0, len(raw), 16)]


def _unpacked(claims: dict[str, Any]) -> dict[str, Objects]:
    bits = claims.get("scopes")
    if not bits:
        return {}
    permits, contracts = map(_apart, claims["objects"])
    found = {}
    for right, text in bits.items():
        held = int(text, 16)
        found[right] = Objects(
            frozenset(one for bit, one in enumerate(permits) if held >> bit & 1),
            frozenset(one for bit, one in enumerate(contracts, start=len(permits)) if held >> bit & 1),
        )
    return found


def caller_of(claims: dict[str, Any]) -> Caller:
    """Read a caller from verified claims."""
    kind = claims["kind"]
    return Caller(
        kind=kind,
        user=UUID(claims["sub"]) if kind in ("user", "staff", "machine", "pending") else None,
        client=UUID(claims["client"]) if claims.get("client") else None,
        rights=frozenset(claims.get("rights") or ()),
        roles=frozenset(claims.get("roles") or ()),
        session=UUID(claims["sid"]) if claims.get("sid") else None,
        assurance=claims.get("assurance"),
        name=claims.get("name") or "",
        language=claims.get("lang") or "lv",
        service=claims.get("service"),
        scopes=_unpacked(claims),
        generation=int(claims.get("gen") or 0),
        second_factor=claims.get("factor"),
        stepped_up_at=datetime.fromtimestamp(claims["stepped_up"], UTC) if claims.get("stepped_up") else None,
        areas=frozenset(claims["areas"]) if "areas" in claims else None,
        client_kind=claims.get("ckind"),
        short=claims.get("short") or {},
    )


def sign(caller: Caller, key: Ed25519PrivateKey, key_id: str, seconds: int, issuer: str, **more: Any) -> str:
    """Return a signed token for `caller`, good for `seconds`; `more` are claims for readers outside the suite."""
    moment = int(time.time())
    claims = more | claims_of(caller) | {"iss": issuer, "aud": AUDIENCE, "iat": moment, "exp": moment + seconds}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})


class Verifier:
    """Verifies tokens and remembers the verdict until the token ends: one signature check per token and process."""

    def __init__(self, keys: TrustedKeys) -> None:
        self._keys = keys
        self._known: dict[str, tuple[float, Caller, str]] = {}

    def verify(self, token: str | None) -> Caller:
        """Return the caller; NOBODY without a token. Raises PortalError unauthenticated for a bad or ended one."""
        if not token:
            return NOBODY
        known = self._known.get(token)
        if known is not None and known[0] > time.time() and self._keys.holds(known[2]):
            return known[1]
        try:
            key_id = jwt.get_unverified_header(token).get("kid", "")
            claims = jwt.decode(
                token,
                self._keys.find(key_id),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["exp", "iss", "sub"]},
                leeway=2,
            )
            caller = caller_of(claims)
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise PortalError("unauthenticated") from error
        self._check_issuer(claims["iss"], key_id, caller)
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()  # cheaper than an LRU, and a full cache only means one more check per token
        self._known[token] = (float(claims["exp"]), caller, key_id)
        return caller

    @staticmethod
    def _check_issuer(issuer: str, key_id: str, caller: Caller) -> None:
        # A service's key must never vouch for a person, nor for another service.
        by_identity = key_id.startswith(SIGNING_PREFIX) and issuer == "identity" and caller.kind != "service"
        by_itself = key_id == issuer == f"service:{caller.service}" and caller.kind == "service"
        if not (by_identity or by_itself):
            raise PortalError("unauthenticated")


_verifier = Verifier(trusted)
_own: dict[str, tuple[float, str]] = {}


def verify(token: str | None) -> Caller:
    """Return the caller of a token with this process's trusted keys; see Verifier.verify."""
    return _verifier.verify(token)


def load_key(path: str) -> Ed25519PrivateKey:
    """Read an Ed25519 private key from a PEM file. Raises ValueError for any other kind of key."""
    key = load_pem_private_key(Path(path).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return key


def own_token(service: str | None = None) -> str:
    """Return this service's own short-lived token (SERVICE_NAME, SERVICE_KEY_FILE), made anew before it ends."""
    name = service or os.environ["SERVICE_NAME"]
    known = _own.get(name)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    caller = Caller(kind="service", service=name, name=f"service:{name}")
    issuer = f"service:{name}"
    token = sign(caller, load_key(os.environ["SERVICE_KEY_FILE"]), issuer, SERVICE_TOKEN_SECONDS, issuer)
    _own[name] = (time.monotonic() + SERVICE_TOKEN_SECONDS * 0.7, token)
    return token
