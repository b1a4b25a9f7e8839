"""Rules over several fields, by the name a form's definition calls them.

Each takes the values that are right by themselves (typed) and the rule's parts and parameters; it answers with what is
wrong. A rule whose fields are missing or wrong by themselves says nothing: one mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.errors import FieldError
from services.requests.domain import geo, values

Values = Mapping[str, Any]
Check = Callable[[Values, Mapping[str, str], Mapping[str, Any]], list[FieldError]]


def address_or_cadastre(found: Values, parts: Mapping[str, str], _: Mapping[str, Any]) -> list[FieldError]:
    """One of the two must be there: a mast in a field has no address."""
    if found.get(parts["address"]) or found.get(parts["cadastre_no"]):
        return []
    return [FieldError(parts["address"], "requests.address_or_cadastre")]


def ends_after_start(found: Values, parts: Mapping[str, str], _: Mapping[str, Any]) -> list[FieldError]:
    """The end date is not before the start date."""
    start, end = found.get(parts["start"]), found.get(parts["end"])
    if isinstance(start, date) and isinstance(end, date) and end < start:
        return [FieldError(parts["end"], "requests.dates_crossed")]
    return []


def link_length(found: Values, parts: Mapping[str, str], params: Mapping[str, Any]) -> list[FieldError]:
    """The two sites are apart, and not further than `max_km`."""
    a, b = found.get(parts["a"]), found.get(parts["b"])
    if a is None or b is None:
        return []
    metres = geo.distance_m(a, b)
    if metres < float(params.get("min_m", 10)):
        return [FieldError(parts["b"], "requests.same_site", {"distance_m": round(metres)})]
    if metres > float(params["max_km"]) * 1000:
        shown = {"distance_km": round(metres / 1000), "limit": params["max_km"]}
        return [FieldError(parts["b"], "requests.too_far_apart", shown)]
    return []


def azimuth_towards(found: Values, parts: Mapping[str, str], params: Mapping[str, Any]) -> list[FieldError]:
    """The antenna at `here` looks at `there`, give or take `tolerance_deg`."""
    here, there, azimuth = found.get(parts["here"]), found.get(parts["there"]), found.get(parts["azimuth"])
    if here is None or there is None or azimuth is None or geo.distance_m(here, there) < 10:
        return []
    bearing = geo.bearing_deg(here, there)
    if geo.turn_deg(bearing, float(azimuth)) <= float(params["tolerance_deg"]):
        return []
    return [FieldError(parts["azimuth"], "requests.azimuth_off", {"bearing": f"{bearing:.1f}"})]


def emission_fits(found: Values, parts: Mapping[str, str], _: Mapping[str, Any]) -> list[FieldError]:
    """The emission's necessary bandwidth is not wider than the bandwidth asked for."""
    designator, width = found.get(parts["emission"]), found.get(parts["bandwidth_khz"])
    if designator is None or width is None:
        return []
    needed = values.emission_bandwidth_khz(designator)
    if needed <= width:
        return []
    return [FieldError(parts["emission"], "requests.emission_wider", {"emission_khz": values.plain_number(needed)})]


def duplex_apart(found: Values, parts: Mapping[str, str], _: Mapping[str, Any]) -> list[FieldError]:
    """The channels of the two directions do not overlap: their centres are at least one bandwidth apart."""
    there, back, width = (found.get(parts[key]) for key in ("there_mhz", "back_mhz", "bandwidth_khz"))
    if there is None or back is None or width is None or abs(there - back) * 1000 >= Decimal(width):
        return []
    return [FieldError(parts["back_mhz"], "requests.same_frequency")]


RULES: Mapping[str, Check] = {
    rule.__name__: rule
    for rule in (address_or_cadastre, ends_after_start, link_length, azimuth_towards, emission_fits, duplex_apart)
}
