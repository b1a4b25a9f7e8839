"""The ID token, checked as OpenID Connect Core 3.1.3.7 wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from services.identity.providers.base import SKEW_SECONDS, Refused
from services.identity.providers.jwks import Kept, pick

# Signatures with a public key only: `none` proves nothing, and an HMAC can be made by whoever knows a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LONGEST = 64 * 1024
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@dataclass(frozen=True)
class Expected:
    """What the token must agree with."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: tuple[str, ...] = ALGORITHMS
    access_token: str | None = None
    max_age: int | None = None


def verified(token: str, keys: Kept, expected: Expected) -> dict[str, Any]:
    """Return the claims of a token that proves itself. Raises Refused."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise Refused("the id_token is no signed token")
    try:
        header = jwt.get_unverified_header(token)
    except PyJWTError as error:
        raise Refused(f"the id_token has no header: {error}") from error
    algorithm = header.get("alg")
    if algorithm not in expected.algorithms:
        raise Refused(f"the id_token is signed with {str(algorithm)[:20]!r}")
    if "crit" in header:
        raise Refused("the id_token has critical headers")
    claims = _signed(token, header, keys, str(algorithm))
    _check_party(claims, expected)
    _check_times(claims, expected)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise Refused("the nonce is not ours")
    _check_access_token(claims, str(algorithm), expected.access_token)
    return claims


def _signed(token: str, header: dict[str, Any], keys: Kept, algorithm: str) -> dict[str, Any]:
    document: dict[str, Any] | None = keys.get()
    claims = _decoded(token, header, document, algorithm)
    if claims is None:
        # The provider may have another key since we asked: look again, once.
        document = keys.again()
        claims = _decoded(token, header, document, algorithm) if document is not None else None
    if claims is None:
        raise Refused("no key of the provider has signed the id_token")
    return claims


def _decoded(
    token: str, header: dict[str, Any], document: dict[str, Any] | None, algorithm: str
) -> dict[str, Any] | None:
    key = pick(document or {}, header)
    if key is None:
        return None
    try:
        # Only the signature here: the claims are looked at one by one below, so that each refusal has its reason.
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False,
                "verify_iss": False, "verify_sub": False, "verify_jti": False,
            },
        )  # fmt: skip
    except PyJWTError:
        return None
    return found


def _check_party(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise Refused(f"the id_token is of {str(claims.get('iss'))[:200]!r}")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Refused("the id_token has no sub")
    audience = claims.get("aud")
    listed = [audience] if isinstance(audience, str) else audience
    if not isinstance(listed, list) or expected.client_id not in listed:
        raise Refused("the id_token is for somebody else")
    party = claims.get("azp")
    if party is None and len(set(map(str, listed))) > 1:
        raise Refused("the id_token is for several and does not say whom it was given to")
    if party is not None and party != expected.client_id:
        raise Refused("the id_token was given to somebody else")


def _check_times(claims: dict[str, Any], expected: Expected) -> None:
    now = time.time()
    ends, made = _moment(claims, "exp"), _moment(claims, "iat")
    if ends is None or made is None:
        raise Refused("the id_token does not say when it was made or when it ends")
    if now >= ends + SKEW_SECONDS:
        raise Refused("the id_token has expired")
    if made > now + SKEW_SECONDS:
        raise Refused("the id_token was made in the future")
    begins = _moment(claims, "nbf")
    if "nbf" in claims and (begins is None or begins > now + SKEW_SECONDS):
        raise Refused("the id_token is not valid yet")
    if expected.max_age is not None:
        proved = _moment(claims, "auth_time")
        if proved is None or now > proved + expected.max_age + SKEW_SECONDS:
            raise Refused("the person proved who they are too long ago")


def _moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if -(2**53) < value < 2**53 else None  # neither infinity nor no number at all


def _check_access_token(claims: dict[str, Any], algorithm: str, access_token: str | None) -> None:
    """at_hash, where the provider sends it, binds the access token to the ID token."""
    stated = claims.get("at_hash")
    if stated is None:
        return
    # Ed25519 signs with SHA-512 inside; for everything else the algorithm's name ends in the bits of its hash.
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)((access_token or "").encode()).digest()
    wanted = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(stated, str) or not hmac.compare_digest(stated.rstrip("=").encode(), wanted.encode()):
        raise Refused("the access token is not the one of this id_token")
