"""From what a person typed to the one form in which a value is kept; each refusal has a code.

Latvian and international habits are both read: decimal comma or point, `21.11.2026.` or ISO dates, coordinates in
degrees or in degrees, minutes and seconds.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from chassis.errors import PortalError
from services.requests.domain import geo

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_LATVIAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\.?")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,190}$)([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}"
)
_PHONE = re.compile(r"\+?[0-9]{8,15}")
_EMISSION = re.compile(
    r"(?=.{4})(\d+[HKMG]\d*|\d*[HKMG]\d+)([NABCDFGHJKLMPQRVWX])([0-9X])([ABCDEFNWX])([A-NWXY-Z]?[CFNTWX]?)"
)
_KHZ = {"H": Decimal("0.001"), "K": Decimal(1), "M": Decimal(1000), "G": Decimal(1_000_000)}
_DEGREES = re.compile(
    r"""(?P<deg>\d{1,3})\s*[°ºd]\s*
        (?:(?P<min>\d{1,2})\s*['′m]\s*)?
        (?:(?P<sec>\d{1,2}([.,]\d+)?)\s*(?:"|″|''|s)\s*)?
        (?P<side>[NSEWZA]?)""",
    re.IGNORECASE | re.VERBOSE,
)


def number(text: str) -> Decimal:
    """Read a number with a decimal comma or point. Raises PortalError requests.bad_number."""
    plain = _SPACES.sub("", text).replace(",", ".").replace("\u2212", "-")
    if not _NUMBER.fullmatch(plain):
        raise PortalError("requests.bad_number")
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise PortalError("requests.bad_number") from error


def plain_number(value: Decimal) -> str:
    """Return a number as it is kept: a decimal point, no exponent, no trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def day(text: str) -> date:
    """Read an ISO or Latvian date. Raises PortalError requests.bad_date."""
    plain = text.strip()
    match = _LATVIAN_DATE.fullmatch(plain)
    try:
        if match:
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(plain)
    except ValueError as error:
        raise PortalError("requests.bad_date") from error


def coordinates(text: str) -> geo.Point:
    """Read WGS84 latitude and longitude, `56.9463, 24.1059`, `56,9463; 24,1059` or `56°56'47"N 24°6'21"E`.

    Raises PortalError requests.bad_coordinates, or requests.outside_latvia for a point elsewhere.
    """
    plain = " ".join(text.replace("\u00a0", " ").split())
    point = _sexagesimal(plain) if re.search(r"[°º]", plain) and not re.fullmatch(_DECIMAL_MARKED, plain) else None
    if point is None:
        point = _decimal(re.sub(r"[°ºNnEe]", " ", plain))
    if point is None or not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
        raise PortalError("requests.bad_coordinates")
    if not geo.in_latvia(point):
        raise PortalError("requests.outside_latvia")
    return point


_DECIMAL_MARKED = r"\s*\d+[.,]\d+\s*[°º]?\s*[Nn]?[\s;,]+\d+[.,]\d+\s*[°º]?\s*[Ee]?\s*"


def _decimal(text: str) -> geo.Point | None:
    parts = [p for p in re.split(r"\s*;\s*|,\s+|\s+", text.strip()) if p]
    if len(parts) == 1 and text.count(",") == 1 and text.count(".") in (1, 2):
        parts = text.split(",")
    if len(parts) != 2:
        return None
    numbers = [p.strip().rstrip(",").replace(",", ".") for p in parts]
    if not all(_NUMBER.fullmatch(p) for p in numbers):
        return None
    return float(numbers[0]), float(numbers[1])


def _sexagesimal(text: str) -> geo.Point | None:
    found = list(_DEGREES.finditer(text))
    rest = _DEGREES.sub("", text).strip(" ,;")
    if len(found) != 2 or rest:
        return None
    values = []
    for match in found:
        minutes, seconds = float(match["min"] or 0), float((match["sec"] or "0").replace(",", "."))
        if minutes >= 60 or seconds >= 60:
            return None
        values.append(float(match["deg"]) + minutes / 60 + seconds / 3600)
    sides = [match["side"].upper() for match in found]
    if any(sides) and sides not in (["N", "E"], ["Z", "A"]):  # ziemeļu platums, austrumu garums
        return None
    return values[0], values[1]


def plain_coordinates(point: geo.Point) -> str:
    """Return coordinates as they are kept: six decimals (about 0.1 m), `56.946300, 24.105900`."""
    return f"{point[0]:.6f}, {point[1]:.6f}"


def emission(text: str) -> str:
    """Return an ITU emission designator in capitals (RR Appendix 1). Raises PortalError requests.bad_emission."""
    plain = _SPACES.sub("", text).upper()
    if len(plain) > 11 or not _EMISSION.fullmatch(plain):
        raise PortalError("requests.bad_emission")
    return plain


def emission_bandwidth_khz(designator: str) -> Decimal:
    """Return the necessary bandwidth of a designator in kHz: `28M0D7W` is 28 000. Raises as `emission` does."""
    match = _EMISSION.fullmatch(emission(designator))
    if match is None:
        raise PortalError("requests.bad_emission")
    letter = next(c for c in match[1] if c in _KHZ)
    whole, _, fraction = match[1].partition(letter)
    return Decimal(f"{whole or '0'}.{fraction or '0'}") * _KHZ[letter]


def email(text: str) -> str:
    """Return a plausible e-mail address. Raises PortalError requests.bad_email; delivery is the real proof."""
    plain = text.strip()
    local, _, host = plain.rpartition("@")
    if not _EMAIL.fullmatch(plain) or local.startswith(".") or local.endswith(".") or ".." in plain:
        raise PortalError("requests.bad_email")
    return f"{local}@{host.lower()}"


def phone(text: str) -> str:
    """Return a telephone number as digits with an optional +. Raises PortalError requests.bad_phone."""
    plain = re.sub(r"[\s\u00a0().-]", "", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not _PHONE.fullmatch(plain):
        raise PortalError("requests.bad_phone")
    return plain


def cadastre_no(text: str) -> str:
    """Return a cadastre number as its 11 digits. Raises PortalError requests.bad_cadastre."""
    plain = re.sub(r"[\s\u00a0-]", "", text)
    if not re.fullmatch(r"[0-9]{11}", plain):
        raise PortalError("requests.bad_cadastre")
    return plain
