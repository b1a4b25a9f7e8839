"""The second factor: who owes one, which proofs an account has, and what they are worth.

Assurance says how surely the person is known. A password says `low`. A code of the authenticator application, a
recovery code, or a security key that verified its user lift it to `substantial`: the account's owner was identified
when the account was made, and two independent proofs show that it is them (NIST SP 800-63B, AAL2). `high` is left to
providers that say so themselves: a key in somebody's hand proves the account, not the identity behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Gate = Literal["give", "enrol"]
Way = Literal["totp", "webauthn", "recovery", "password"]

RECOVERY_CODES = 10
MOST_KEYS = 10
_ORDER = ("low", "substantial", "high")


@dataclass(frozen=True)
class Factors:
    """What an account can prove itself with: an authenticator application, keys, unused recovery codes."""

    totp: bool = False
    keys: int = 0
    recovery_left: int = 0

    @property
    def enrolled(self) -> bool:
        """Tell whether the account has a second factor; recovery codes alone are none."""
        return self.totp or self.keys > 0


def gate(assurance: str, factors: Factors, required: bool) -> Gate | None:
    """Return what a new session owes before it may do anything: `give` the factor, `enrol` one, or nothing.

    Whoever was identified at `substantial` or above has given two factors elsewhere already (unified login).
    """
    if _ORDER.index(assurance) >= _ORDER.index("substantial"):
        return None
    if factors.enrolled:
        return "give"
    return "enrol" if required else None


def ways(factors: Factors, has_password: bool) -> list[Way]:
    """Return how a person can confirm that it is them, the strongest first.

    With a second factor enrolled the password alone is not asked for: who stole it would confirm with it.
    """
    if factors.enrolled:
        found: list[Way] = []
        if factors.keys:
            found.append("webauthn")
        if factors.totp:
            found.append("totp")
        if factors.recovery_left:
            found.append("recovery")
        return found
    return ["password"] if has_password else []


def raised(assurance: str, way: str) -> str:
    """Return the assurance after a proof: a second factor lifts `low` to `substantial`, nothing ever lowers it."""
    if way == "password" or _ORDER.index(assurance) >= _ORDER.index("substantial"):
        return assurance
    return "substantial"


def accepted_step(candidates: Collection[int], last_step: int) -> int | None:
    """Return the time step of a right code that was not used before, None when every one of them is used.

    `candidates` are the steps of 30 seconds (RFC 6238) whose code equals the one given; `last_step` is the newest one
    that was ever accepted: codes are good once, and an older one never after a newer one.
    """
    fresh = [step for step in candidates if step > last_step]
    return max(fresh) if fresh else None


def normalised_code(text: str) -> str:
    """Return a typed code without spaces, dashes and case, as people copy it from paper or a screen."""
    return "".join(c for c in text.upper() if c.isalnum())
