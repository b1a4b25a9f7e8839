"""Becoming a user: what has to be declared, what an application must say, and the way it goes.

Texts of declarations are rules, not decoration: what somebody agreed to is kept by the hash of the very text.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.days import riga_day
from chassis.errors import FieldError, PortalError
from services.identity.domain.representation import MAIN_ONLY, RIGHTS

# kind -> the sentence in Latvian and English
DECLARATIONS: dict[str, dict[str, str]] = {
    "terms": {
        "lv": "Esmu iepazinies(-usies) ar portāla lietošanas noteikumiem un piekrītu tiem.",
        "en": "I have read the terms of use of the portal and agree to them.",
    },
    "data_true": {
        "lv": "Apliecinu, ka sniegtie dati ir patiesi, derīgi un pilnīgi.",
        "en": "I confirm that the data given are true, valid and complete.",
    },
    "legal_basis": {
        "lv": "Apliecinu, ka norādīto personu datu apstrādei ir tiesisks pamats, arī tad, ja tie ir citu personu dati.",
        "en": "I confirm that there is a legal basis to process the personal data given, other persons' data included.",
    },
    "processing": {
        "lv": "Piekrītu, ka pārzinis apstrādā portālā nodotos personas datus saskaņā ar noteikumiem un normatīvajiem "
        "aktiem.",
        "en": "I agree that the controller processes the personal data handed over in the portal in accordance with "
        "the terms and the law.",
    },
}
FOR_REGISTRATION = ("terms", "data_true", "legal_basis", "processing")
FOR_APPLICATION = ("terms", "data_true", "legal_basis", "processing")

# Crockford's alphabet: nothing that is read out or copied wrongly.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
CODE_LENGTH = 10

OPEN = frozenset({"submitted", "signed"})
# step -> (states it may be taken in, state it leads to)
STEPS: dict[str, tuple[frozenset[str], str]] = {
    "receive": (OPEN, "signed"),
    "approve": (frozenset({"signed"}), "approved"),
    "refuse": (OPEN, "refused"),
    "lapse": (frozenset({"submitted"}), "lapsed"),
}


def text_hash(kind: str, language: str) -> str:
    """Return the SHA-256 of a declaration's text in `lv` or `en`."""
    return hashlib.sha256(DECLARATIONS[kind][language].encode()).hexdigest()


def missing_declarations(wanted: Collection[str], declared: Collection[str]) -> list[FieldError]:
    """Return an error for each declaration that was not made; the field is its kind."""
    return [FieldError(kind, "required") for kind in wanted if kind not in declared]


def after(step: str, state: str) -> str:
    """Return the state `step` leads to from `state`.

    Raises PortalError identity.original_missing for approving before the signed original came (S0-20), and
    identity.application_decided once the application was decided on or lapsed.
    """
    allowed, following = STEPS[step]
    if state in allowed:
        return following
    raise PortalError("identity.original_missing" if state in OPEN else "identity.application_decided")


def wait_until(submitted_at: datetime, days: int) -> date:
    """Return the last day on which the signed original is waited for, `days` (1 or more) after the submission."""
    return riga_day(submitted_at) + timedelta(days=days)


def code(key: str, application_id: UUID) -> str:
    """Return the code by which the applicant finds the application again: `7KQ2M-X9D4T`.

    Derived with a key, so it is kept nowhere; 50 bits, of which a handful of guesses an hour are looked at.
    """
    number = int.from_bytes(hmac.digest(key.encode(), b"application:" + application_id.bytes, "sha256")[:8], "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    text = "".join(letters)
    return f"{text[:5]}-{text[5:]}"


def is_code(key: str, application_id: UUID, given: str) -> bool:
    """Tell, in constant time, whether `given` is an application's code; case, dashes, look-alikes do not matter."""
    typed = "".join(c for c in given.upper().translate(_LOOKALIKES) if c in _ALPHABET)
    return hmac.compare_digest(code(key, application_id).replace("-", "").encode(), typed.encode())


@dataclass(frozen=True)
class Authority:
    """What somebody is to be allowed: the role, the rights ticked, the last day, and how they may sign in."""

    role: str
    rights: frozenset[str]
    valid_to: date | None
    password: bool
    person_code: bool

    def faults(self, today: date, *, password_field: str, code_field: str) -> list[FieldError]:
        """Return what is wrong: no way to sign in (S0-17, S1-30), nothing to do, a last day that is over."""
        found = []
        if not self.password and not self.person_code:
            found += [FieldError(field, "identity.no_means") for field in (password_field, code_field)]
        unknown = self.rights - frozenset(RIGHTS)
        if unknown:
            found.append(FieldError("rights", "not_a_choice"))
        elif not self.granted():
            found.append(FieldError("rights", "identity.rights_missing"))
        if self.valid_to is not None and self.valid_to < today:
            found.append(FieldError("valid_to", "identity.ends_in_past"))
        return found

    def granted(self) -> frozenset[str]:
        """Return the rights given: all of them to a main user, to an additional one those ticked (S3-11)."""
        return frozenset(RIGHTS) if self.role == "main" else (self.rights & frozenset(RIGHTS)) - MAIN_ONLY
