"""Registration numbers and personal codes in one form, checked (domain facts, section 5)."""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.lv import pvn

from chassis.errors import PortalError


def reg_no(text: str) -> str:
    """Return eleven digits. Raises PortalError identity.reg_no_invalid."""
    digits = re.sub(r"[\s-]", "", text.upper()).removeprefix("LV")
    if not re.fullmatch(r"[4-9]\d{10}", digits) or not pvn.is_valid(digits):
        raise PortalError("identity.reg_no_invalid", field="reg_no")
    return digits


def person_code(text: str) -> str:
    """Return eleven digits without the dash. Raises PortalError identity.person_code_invalid.

    Codes given out since 2017 begin with 32; sources disagree on their check digit, so it is not held against them.
    """
    digits = re.sub(r"[\s-]", "", text.upper()).removeprefix("PK:").removeprefix("PNOLV")
    if not re.fullmatch(r"[0-3]\d{10}", digits):
        raise PortalError("identity.person_code_invalid", field="person_code")
    if not digits.startswith("32"):
        try:
            pvn.validate(digits)
        except ValidationError as error:
            raise PortalError("identity.person_code_invalid", field="person_code") from error
    return digits


def as_kept(text: str) -> str:
    """Return a number somebody searches for in the form numbers are kept in: personal codes lose their dash."""
    typed = text.strip().upper().removeprefix("PK:").removeprefix("PNOLV-")
    digits = re.sub(r"[\s-]", "", typed).removeprefix("LV")
    return digits if re.fullmatch(r"\d{11}", digits) else text.strip()


def has_wrong_check_digit(digits: str | None) -> bool:
    """Tell whether a new-style personal code (`32…`) fails its check digit: for staff a reason to look again."""
    return bool(digits) and str(digits).startswith("32") and not pvn.is_valid(str(digits))


def shown_person_code(digits: str | None, full: bool) -> str | None:
    """Return a code as people write it, `010180-15097`; only its beginning for those who need no more."""
    if digits is None:
        return None
    return f"{digits[:6]}-{digits[6:]}" if full else f"{digits[:6]}-•••••"
