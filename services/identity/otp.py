"""Authenticator applications (RFC 6238) and recovery codes: made, written for people, and compared."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

from services.identity.domain.second_factor import RECOVERY_CODES, normalised_code

STEP_SECONDS = 30
WINDOW = 1  # one step before and after: clocks of telephones are never off by more
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another one on paper
_GROUPS, _GROUP = 4, 4  # 80 bits: nothing to guess, so SHA-256 keeps it as well as argon2 would


def new_totp_secret() -> str:
    """Return a fresh secret of 160 bits in base 32, as applications take it."""
    return pyotp.random_base32(32)


def totp_uri(secret: str, email: str, issuer: str) -> str:
    """Return the address that a QR code carries to the application."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def steps_of(secret: str, code: str, at: datetime) -> list[int]:
    """Return the time steps around `at` whose code is `code`; all are computed, so that the time tells nothing."""
    totp = pyotp.TOTP(secret)
    now = int(at.timestamp()) // STEP_SECONDS
    around = range(now - WINDOW, now + WINDOW + 1)
    given = normalised_code(code).encode()
    equal = [(step, hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), given)) for step in around]
    return [step for step, same in equal if same]


def new_recovery_codes() -> list[str]:
    """Return fresh recovery codes, written as `ABCD-EFGH-JKLM-NPQR`."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
            for _ in range(RECOVERY_CODES)]  # fmt: skip


def recovery_hash(code: str) -> bytes:
    """Return the hash under which a recovery code is kept; how it is spaced and written does not matter."""
    return hashlib.sha256(normalised_code(code).encode()).digest()
