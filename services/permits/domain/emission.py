"""Emission designators of ITU Radio Regulations, Appendix 1: `28M0D7WET` is 28 MHz wide, amplitude-phase, digital.

Four signs of necessary bandwidth (the letter H, K, M or G is the decimal point and the unit), three of class,
two optional ones of detail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from chassis.errors import PortalError

_DESIGNATOR = re.compile(
    r"^(?=.{4})(\d+[HKMG]\d*|\d*[HKMG]\d+)([NABCDFGHJKLMPQRVWX])([0-9X])([ABCDEFNWX])([A-NWXY-Z]?[CFNTWX]?)$"
)
_KHZ = {"H": Decimal("0.001"), "K": Decimal(1), "M": Decimal(1000), "G": Decimal(1000000)}


@dataclass(frozen=True)
class Emission:
    """A designator taken apart; `bandwidth_khz` is the necessary bandwidth in kHz."""

    designator: str
    bandwidth_khz: Decimal
    modulation: str
    signal: str
    information: str
    detail: str


def parse_emission(text: str) -> Emission:
    """Return the parts of a designator; letter case and surrounding spaces do not matter.

    Raises PortalError permits.emission_malformed for anything that is none.
    """
    designator = text.strip().upper()
    match = _DESIGNATOR.match(designator)
    if match is None:
        raise PortalError("permits.emission_malformed", value=text.strip()[:40])
    width, modulation, signal, information, detail = match.groups()
    unit = next(letter for letter in width if letter in _KHZ)
    whole, _, fraction = width.partition(unit)
    khz = Decimal(f"{whole or 0}.{fraction or 0}") * _KHZ[unit]
    return Emission(designator, khz.normalize() + 0, modulation, signal, information, detail)
