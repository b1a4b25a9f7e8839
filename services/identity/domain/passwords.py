"""What a password must be (C1, S1-37, S3-29, S3-30)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from chassis.errors import FieldError

# Common here and missing from the international list, each already long enough and with a digit.
LATVIAN_COMMON = frozenset(
    f"{word}{tail}"
    for word in ("parole", "parole-", "latvija", "riga", "rīga", "sveiki", "klients", "portals", "portāls")
    for tail in ("1", "12", "123", "1234", "12345", "1234567", "2024", "2025")
)
# Shorter pieces of a name or an address appear in too many honest passwords.
SHORTEST_OWN_PIECE = 4


@dataclass(frozen=True)
class PasswordPolicy:
    """The numbers of C1; lengths count Unicode characters after normalisation."""

    shortest: int = 8
    longest: int = 128
    letter: bool = True
    digit: bool = True


def normalised(password: str) -> str:
    """Return the form that is checked and hashed: the same characters however a keyboard composed them."""
    return unicodedata.normalize("NFC", password)


def own_pieces(name: str, email: str, numbers: Iterable[str | None] = ()) -> set[str]:
    """Return the pieces of a person's own data a password must not contain, in lower case."""
    local, _, _domain = email.partition("@")
    pieces = {*name.casefold().split(), email.casefold(), local.casefold()}
    pieces.update(part for part in local.casefold().replace("_", ".").replace("-", ".").split("."))
    pieces.update(number.casefold() for number in numbers if number)
    return {piece for piece in pieces if len(piece) >= SHORTEST_OWN_PIECE}


def faults(
    password: str,
    policy: PasswordPolicy,
    own: Iterable[str] = (),
    common: Collection[str] = (),
    field: str = "new_password",
) -> list[FieldError]:
    """Return everything wrong with `password`; an empty list when it may be used."""
    text = normalised(password)
    folded = text.casefold()
    found: list[FieldError] = []
    if len(text) < policy.shortest:
        found.append(FieldError(field, "identity.password_too_short", {"limit": policy.shortest}))
    if len(text) > policy.longest:
        found.append(FieldError(field, "identity.password_too_long", {"limit": policy.longest}))
    if policy.letter and not any(character.isalpha() for character in text):
        found.append(FieldError(field, "identity.password_needs_letter"))
    if policy.digit and not any(character.isdigit() for character in text):
        found.append(FieldError(field, "identity.password_needs_digit"))
    if folded in common or folded in LATVIAN_COMMON:
        found.append(FieldError(field, "identity.password_common"))
    if any(piece in folded for piece in own):
        found.append(FieldError(field, "identity.password_personal"))
    return found
