"""An e-mail address is a user name: written in many ways, one person (S1-06)."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 254
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def email_key(email: str) -> str | None:
    """Return the form in which addresses are compared, or None when `email` is not an address.

    Letter case does not matter, and a domain with letters of any alphabet equals its ASCII form.
    """
    text = unicodedata.normalize("NFC", email.strip())
    local, at, domain = text.rpartition("@")
    if not at or len(text) > LONGEST or not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith("."):
        return None
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return f"{local.casefold()}@{ascii_domain}"


def writings(email: str) -> set[str]:
    """Return the forms in which an address is kept somewhere: as it was typed, small, and the domain either way."""
    key = email_key(email)
    forms = {email, email.casefold()}
    if key is not None:
        local, _, domain = key.rpartition("@")
        forms |= {key, f"{local}@{_readable(domain)}"}
    return forms


def _readable(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def hinted(email: str) -> str:
    """Return an address by which its owner knows it, and nobody else gets to know it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def phone(text: str) -> str | None:
    """Return a telephone number in its international form, or None when it is none; eight digits are Latvian."""
    digits = re.sub(r"[\s().\-/]", "", text)
    if re.fullmatch(r"\d{8}", digits):
        return f"+371{digits}"
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return digits if re.fullmatch(r"\+[1-9]\d{6,14}", digits) else None
