"""What the register keeps of a client, and when two clients look the same (S1-04, S1-09)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from services.identity.domain.matching import words

CODES = ("external_ref", "reg_no", "person_code")
CONTACTS = ("address", "correspondence_address", "email", "invoice_email", "phone", "language")
# After this long the client is asked whether the contact data are still right (S1-43).
CONFIRM_AFTER = timedelta(days=365)


def alike(given: Mapping[str, str | None], known: Mapping[str, str | None]) -> list[str]:
    """Return of what two clients look the same: name, email, phone; an empty list when they do not.

    Names are compared as in matching: without legal form, case and diacritics. A telephone or an e-mail alone is
    enough, because families and groups of companies share them and somebody should look.
    """
    kind = given.get("kind")
    found = []
    mine = words(given.get("name") or "", kind)
    if mine and kind == known.get("kind") and mine == words(known.get("name") or "", kind):
        found.append("name")
    for field in ("email", "phone"):
        one, other = (given.get(field) or "").casefold(), (known.get(field) or "").casefold()
        if one and one == other:
            found.append(field)
    return found


def fingerprint(data: Mapping[str, str | None]) -> str:
    """Return the SHA-256 (hex) of contact data, the same for the same data in any order."""
    text = json.dumps({name: data.get(name) for name in CONTACTS}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def confirm_due(confirmed: Mapping[str, datetime], at: datetime) -> bool:
    """Tell whether any contact datum was last confirmed more than a year before `at`; `confirmed` by field."""
    return any(at - moment > CONFIRM_AFTER for field, moment in confirmed.items() if field in CONTACTS)
