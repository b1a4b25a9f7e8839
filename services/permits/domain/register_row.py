"""One row of a register file: what the columns mean, which values they take, what is wrong with them.

An error means the row cannot be trusted, so its permit is left as it was. A warning means one optional value
was impossible (the real register writes 999 for an unknown azimuth) and is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

from chassis.errors import PortalError
from services.permits.domain.emission import Emission, parse_emission
from services.permits.domain.holders import HolderKind, holder_kind, holder_ref

REQUIRED_COLUMNS = (
    "permit_no", "status", "service_code", "valid_from", "valid_to", "holder", "holder_type", "site_no", "site_name",
    "lat", "lon", "ground_m", "structure_m", "antenna_make", "antenna_model", "polarization", "azimuth_deg",
    "gain_dbi", "ant_height_m", "station_class", "freq_mhz", "tolerance", "eirp_dbm", "emission",
)  # fmt: skip
# May be there as well; a register of our own has them.
OPTIONAL_COLUMNS = ("permit_kind", "call_sign", "address", "cadastre_no", "rx_freq_mhz")
# What belongs to the permit, not to one of its frequencies; holder_ref stands for the name in whatever spelling.
HEAD_COLUMNS = (
    "status", "service_kind", "register_code", "permit_kind", "call_sign", "valid_from", "valid_to", "holder_ref",
)  # fmt: skip

_STATUS = {
    "a": "active", "active": "active", "c": "cancelled", "cancelled": "cancelled", "e": "expired",
    "expired": "expired", "t": "terminated", "terminated": "terminated", "s": "suspended", "suspended": "suspended",
}  # fmt: skip
_BROADCAST_AUX = ("ai", "as", "ct", "lp", "rp", "tb", "ti", "tp", "ts", "tt")
_FIXED = ("cf", "dm", "ld", "mg", "mw", "nn", "wa", "wr")
_KINDS = (
    "fixed", "land_mobile", "public_mobile", "broadcasting", "broadcast_aux", "maritime", "aeronautical",
    "satellite", "amateur",
)  # fmt: skip
_SERVICE = {
    **dict.fromkeys(_BROADCAST_AUX, "broadcast_aux"),
    **dict.fromkeys(_FIXED, "fixed"),
    **{k: k for k in _KINDS},
}
_PERMIT_KINDS = frozenset({"install", "temporary", "use", "short_term", "shared"})
_POLARIZATIONS = frozenset("VHDSXLRC")
_DATES = (
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), (3, 1, 2)),
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\.?"), (3, 2, 1)),
)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one column of one row; `code` is one of the errors of permits or a general one."""

    column: str | None
    value: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True)
class RegisterRow:
    """A row understood. `values` are the columns of the staging table; `content_hash` is the row's fingerprint."""

    permit_no: str | None
    values: Mapping[str, Any]
    problems: Sequence[Problem]
    content_hash: str

    @property
    def bad(self) -> bool:
        """Tell whether the row keeps its permit from being changed."""
        return any(problem.severity == "error" for problem in self.problems)

    @property
    def head_hash(self) -> str:
        """Return the fingerprint of what must be the same in all rows of one permit."""
        return _fingerprint(tuple(self.values[column] for column in HEAD_COLUMNS))


class _Reader:
    """Takes values out of one row and gathers what is wrong with them."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self.row = row
        self.problems: list[Problem] = []

    def text(self, column: str, longest: int, *, required: bool = False) -> str | None:
        value = " ".join(self.row.get(column, "").split())
        if not value and required:
            self._wrong(column, "", "required")
        if len(value) > longest:
            self._wrong(column, value, "too_long", limit=longest)
        return value or None

    def choice(self, column: str, choices: Mapping[str, str], code: str) -> str | None:
        value = self.text(column, 40, required=True)
        if value is not None and value.casefold() not in choices:
            self._wrong(column, value, code, value=value)
        return choices.get(value.casefold()) if value else None

    def day(self, column: str) -> date | None:
        value = self.text(column, 20)
        try:
            return parse_day(value) if value else None
        except PortalError as error:
            self._wrong(column, value or "", error.code, **error.params)
            return None

    def number(
        self, column: str, low: str, high: str, places: int, *, required: bool = False, lenient: bool = False
    ) -> Decimal | None:
        """A lenient number out of its range is a warning and left out; the register marks the unknown that way."""
        value = self.text(column, 30, required=required)
        if value is None:
            return None
        try:
            number = parse_number(value)
        except PortalError as error:
            self._wrong(column, value, error.code, **error.params)
            return None
        if not _limit(low) <= number <= _limit(high):
            self._wrong(column, value, "permits.out_of_range", lenient=lenient, value=value, low=low, high=high)
            return None
        return round(number, places).normalize() + 0

    def checked(self, column: str, check: Callable[[str], str]) -> str | None:
        value = self.text(column, 40)
        try:
            return check(value) if value else None
        except PortalError as error:
            self._wrong(column, value or "", error.code, **error.params)
            return None

    def _wrong(self, column: str, text: str, code: str, *, lenient: bool = False, **params: Any) -> None:
        self.problems.append(Problem(column, text[:200], code, params, "warning" if lenient else "error"))


# A register repeats its values thousands of times; what was understood once is remembered.
@lru_cache(maxsize=20_000)
def parse_day(text: str) -> date:
    """Read `MM/DD/YYYY`, `YYYY-MM-DD` or `dd.mm.yyyy.`; raises PortalError permits.date_malformed."""
    for pattern, (year, month, day) in _DATES:
        match = pattern.fullmatch(text.strip())
        if match:
            try:
                return date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                break
    raise PortalError("permits.date_malformed", value=text)


@lru_cache(maxsize=50_000)
def parse_number(text: str) -> Decimal:
    """Read a decimal number with a point or a comma; raises PortalError permits.number_malformed."""
    try:
        number = Decimal(text.replace(",", ".")) if re.fullmatch(r"[+-]?[\d.,eE+-]+", text) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 20:
        raise PortalError("permits.number_malformed", value=text)
    return number


_limit = lru_cache(Decimal)


@lru_cache(maxsize=50_000)
def _holder_ref(name: str, kind: HolderKind) -> str:
    return holder_ref(name, kind)


@lru_cache(maxsize=50_000)
def _emission(text: str) -> Emission:
    return parse_emission(text)


def _polarization(value: str) -> str:
    if value.upper() not in _POLARIZATIONS:
        raise PortalError("permits.unknown_polarization", value=value)
    return value.upper()


def read_row(row: Mapping[str, str]) -> RegisterRow:
    """Understand one row, given as column -> text; never raises, what is wrong stands in `problems`."""
    read = _Reader(row)
    permit_no = read.text("permit_no", 40, required=True)
    code = read.text("service_code", 40)
    holder = read.text("holder", 200, required=True)
    kind = holder_kind(row.get("holder_type", ""))
    emission = read.checked("emission", lambda value: _emission(value).designator)
    values: dict[str, Any] = {
        "status": read.choice("status", _STATUS, "permits.unknown_status"),
        "service_kind": read.choice("service_code", _SERVICE, "permits.unknown_service"),
        "register_code": code,
        "permit_kind": read.choice("permit_kind", {k: k for k in _PERMIT_KINDS}, "not_a_choice")
        if row.get("permit_kind", "").strip() else "use",
        "call_sign": read.text("call_sign", 40),
        "valid_from": read.day("valid_from"),
        "valid_to": read.day("valid_to"),
        "holder_name": holder,
        "holder_kind": kind,
        "holder_ref": _holder_ref(holder, kind) if holder else None,
        "site_no": read.text("site_no", 20) or "1",
        "site_name": read.text("site_name", 120),
        "station_class": read.text("station_class", 10),
        "address": read.text("address", 200),
        "cadastre_no": read.text("cadastre_no", 20),
        "lat": read.number("lat", "-90", "90", 6),
        "lon": read.number("lon", "-180", "180", 6),
        "ground_m": read.number("ground_m", "-430", "9000", 1, lenient=True),
        "structure_m": read.number("structure_m", "0", "1000", 1, lenient=True),
        "antenna_make": read.text("antenna_make", 80),
        "antenna_model": read.text("antenna_model", 80),
        "polarization": read.checked("polarization", _polarization),
        "azimuth_deg": read.number("azimuth_deg", "0", "360", 1, lenient=True),
        "gain_dbi": read.number("gain_dbi", "-20", "80", 1, lenient=True),
        "ant_height_m": read.number("ant_height_m", "-50", "2000", 1, lenient=True),
        "freq_mhz": read.number("freq_mhz", "0.009", "3000000", 6, required=True),
        "rx_freq_mhz": read.number("rx_freq_mhz", "0.009", "3000000", 6),
        "tolerance": read.number("tolerance", "0", "100", 6, lenient=True),
        "eirp_dbm": read.number("eirp_dbm", "-60", "150", 1, lenient=True),
        "emission": emission,
        "bandwidth_khz": _emission(emission).bandwidth_khz if emission else None,
    }  # fmt: skip
    problems = read.problems
    starts, ends = values["valid_from"], values["valid_to"]
    if starts and ends and ends < starts:
        problems.append(Problem("valid_to", str(ends), "permits.ends_before_start"))
    if (values["lat"] is None) != (values["lon"] is None) and not any(p.column in ("lat", "lon") for p in problems):
        problems.append(Problem("lat", row.get("lat", ""), "permits.half_a_position"))
    return RegisterRow(permit_no, values, tuple(problems), content_hash(values))


def content_hash(values: Mapping[str, Any]) -> str:
    """Return the fingerprint (32 hex digits) of a row's values: equal content, equal fingerprint."""
    return _hash(values.values())


@lru_cache(maxsize=10_000)
def _fingerprint(values: tuple[Any, ...]) -> str:
    return _hash(values)


def _hash(values: Iterable[Any]) -> str:
    canonical = "\x1f".join("" if value is None else f"{value}" for value in values)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()
