"""Who somebody is in the words of a provider outside, and what that is worth here (S0-12, S1-35, S1-59).

Providers name people in many ways; below this module there is one: `ExternalIdentity`. Nothing here knows a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

ASSURANCES = ("low", "substantial", "high")  # eIDAS, weakest first
_CODE = re.compile(r"[0-3]\d{10}")
_REG_NO = re.compile(r"[4-9]\d{10}")


@dataclass(frozen=True)
class ExternalIdentity:
    """What a provider vouches for, after its answer was verified.

    `subject` is the provider's own stable name of the person; `person_codes` are eleven digits each, the present code
    first and former ones behind it (codes change, any of them matches); `assurance` is `low`, `substantial` or `high`.
    `company_reg_no` stands for a signatory of that company, `principal` for somebody who acts under an authorisation.
    """

    provider: str
    subject: str
    person_codes: tuple[str, ...] = ()
    given_name: str = ""
    family_name: str = ""
    assurance: str = "low"
    company_reg_no: str | None = None
    principal: str | None = None
    auth_method: str = ""
    auth_time: datetime | None = None
    email: str | None = None

    @property
    def name(self) -> str:
        """Return given name and family name as one text; the subject when the provider told neither."""
        return " ".join(part for part in (self.given_name, self.family_name) if part) or self.subject

    @property
    def for_themself(self) -> bool:
        """Tell whether the person came as nobody but themself: no signatory, no proxy, no official."""
        return self.company_reg_no is None and self.principal is None


def person_code(text: str) -> str | None:
    """Return a personal code as eleven digits, or None; understands `PK:`, `PNOLV-` and the dash.

    The check digit is not looked at: whoever vouches for the code has issued it, and codes that begin with 32 carry
    none that is documented (domain facts, section 5).
    """
    digits = re.sub(r"[\s-]", "", text.strip().upper()).removeprefix("PK:").removeprefix("PNOLV").removeprefix("LV")
    return digits if _CODE.fullmatch(digits) else None


def person_codes(values: Iterable[str], first: str | None = None) -> tuple[str, ...]:
    """Return the valid codes of `values`, each once, in their order; `first`, when valid, comes before the others."""
    found = [code for value in ((first,) if first else ()) if (code := person_code(value))]
    found += [code for value in values if (code := person_code(value))]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class StateName:
    """A `NameIdentifier` of Latvija.lv taken apart; `kind` is `person`, `signatory`, `proxy` or `official`."""

    kind: str
    person_code: str
    company_reg_no: str | None = None
    principal: str | None = None


def state_name(text: str) -> StateName | None:
    """Read `PK:…`, `PK:…-UR:…`, `DP:…-PK:…` or `AU:…-PK:…`; None for anything else.

    A form that is not understood must not pass for a plain person: an official would become a private client.
    """
    found = re.fullmatch(r"(?:(DP|AU):(.{1,200})-)?PK:([0-9-]{11,12})(?:-UR:(\d{11}))?", text.strip())
    code = person_code(found[3]) if found else None
    if found is None or code is None:
        return None
    prefix, body, company = found[1], found[2], found[4]
    if prefix and company:
        return None
    if prefix:
        return StateName("proxy" if prefix == "DP" else "official", code, principal=body)
    if company:
        return StateName("signatory", code, company_reg_no=company) if _REG_NO.fullmatch(company) else None
    return StateName("person", code)


def citizen_level(value: str) -> str:
    """Return the assurance of a `citizenQAALevel`: 4 is high, 3 substantial, 2 and less (or nothing sensible) low."""
    digits = value.strip()
    return {"4": "high", "3": "substantial"}.get(digits, "low")


def strong_enough(assurance: str, required: str) -> bool:
    """Tell whether `assurance` reaches `required`; unknown words count as nothing at all."""
    return assurance in ASSURANCES and ASSURANCES.index(assurance) >= ASSURANCES.index(required)
