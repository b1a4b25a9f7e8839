"""Security keys and passkeys (WebAuthn level 2): the two ceremonies, through the `webauthn` library.

The relying party is the portal's own host, taken from PUBLIC_URL. Browsers accept no bare network address as one, so
on a single machine `127.0.0.1` becomes `localhost`.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TIMEOUT_MS = 120_000
# What a malformed answer raises inside the library beside its own exceptions.
_REFUSED = (WebAuthnException, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class NewKey:
    """A key that registered itself."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    backed_up: bool


class SecurityKeys:
    """The ceremonies for one relying party."""

    def __init__(self, public_url: str, name: str) -> None:
        parts = urlsplit(public_url)
        host = parts.hostname or "localhost"
        self.origins = [f"{parts.scheme}://{parts.netloc}"]
        if _is_address(host):
            port = f":{parts.port}" if parts.port else ""
            host, self.origins = "localhost", [f"{parts.scheme}://localhost{port}"]
        self.rp_id = host
        self._name = name

    @property
    def origin(self) -> str:
        """Return the address at which keys work."""
        return self.origins[0]

    def registration(self, user_id: UUID, email: str, name: str, held: Sequence[bytes]) -> tuple[bytes, dict[str, Any]]:
        """Return a challenge and what the browser's `create()` is given; keys in `held` are not taken twice."""
        challenge = secrets.token_bytes(32)
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=self._name,
            user_id=user_id.bytes,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
        )
        return challenge, json.loads(webauthn.options_to_json(options))

    def registered(self, credential: dict[str, Any], challenge: bytes) -> NewKey | None:
        """Return the key of a browser's answer to `registration`, None when anything about it is wrong."""
        try:
            found = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origins,
                require_user_verification=True,
            )
        except _REFUSED:
            return None
        return NewKey(
            found.credential_id,
            found.credential_public_key,
            found.sign_count,
            found.aaguid,
            found.credential_backed_up,
        )

    def authentication(self, held: Sequence[tuple[bytes, Sequence[str]]]) -> tuple[bytes, dict[str, Any]]:
        """Return a challenge and what the browser's `get()` is given for the keys (id, transports) of an account."""
        challenge = secrets.token_bytes(32)
        options = webauthn.generate_authentication_options(
            rp_id=self.rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=[
                PublicKeyCredentialDescriptor(id=one, transports=_transports(known) or None) for one, known in held
            ],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return challenge, json.loads(webauthn.options_to_json(options))

    def authenticated(
        self, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
    ) -> int | None:
        """Return the key's new count for a right answer, None for a wrong one or one of a copied key (old count)."""
        try:
            found = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=self.origins,
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except _REFUSED:
            return None
        return found.new_sign_count


def credential_id(credential: dict[str, Any]) -> bytes | None:
    """Return the id of the key that answered, None when the answer names none."""
    raw = credential.get("rawId") or credential.get("id")
    if not isinstance(raw, str) or len(raw) > 2000:
        return None
    try:
        return webauthn.base64url_to_bytes(raw)
    except ValueError:
        return None


def transports(credential: dict[str, Any]) -> list[str]:
    """Return the ways the browser says a new key can be reached (usb, nfc, internal ...), known words only."""
    response = credential.get("response")
    stated = response.get("transports") if isinstance(response, dict) else None
    return [one.value for one in _transports([str(t) for t in stated])] if isinstance(stated, list) else []


def _transports(names: Sequence[str]) -> list[AuthenticatorTransport]:
    known = {one.value: one for one in AuthenticatorTransport}
    return [known[name] for name in names if name in known]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
