"""From an approved request to a permit: number, validity, stations and assignments. Plain facts in, plain facts out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.errors import PortalError
from services.permits.domain.emission import parse_emission


@dataclass(frozen=True)
class SiteFacts:
    """One end of a link as asked for; units as in the permit (MHz, dBi, metres, degrees, dBm)."""

    name: str
    address: str | None
    cadastre_no: str | None
    lat: Decimal
    lon: Decimal
    ground_m: Decimal | None
    tx_freq_mhz: Decimal
    rx_freq_mhz: Decimal
    antenna_make: str
    antenna_model: str
    gain_dbi: Decimal
    height_m: Decimal
    azimuth_deg: Decimal
    eirp_dbm: Decimal


@dataclass(frozen=True)
class LinkFacts:
    """A fixed link as asked for. `bandwidth_khz` is what was asked; the emission designator may say less."""

    sites: tuple[SiteFacts, ...]
    bandwidth_khz: Decimal
    emission: str
    polarization: str


@dataclass(frozen=True)
class Technical:
    """The rows of a permit's parts, numbered from 1, ready to be stored."""

    stations: tuple[dict[str, object], ...]
    antennas: tuple[dict[str, object], ...]
    assignments: tuple[dict[str, object], ...]


def permit_number(year: int, counter: int) -> str:
    """Return `RL-2026-000123`. Raises ValueError for a counter below 1 or above 999999."""
    if not 1 <= counter <= 999_999:
        raise ValueError("permit numbers run from 1 to 999999")
    return f"RL-{year:04d}-{counter:06d}"


def validity(today: date, wanted_from: date, wanted_to: date | None, years: int) -> tuple[date, date]:
    """Return the first and last day of a new permit.

    It never begins before the day of the decision; a wish that has passed meanwhile keeps its length's end only if
    that still lies ahead. Without a wanted end it lasts `years` years (1..50), to the day before the anniversary.
    Raises PortalError permits.ends_before_start when the wanted end has passed.
    """
    start = max(today, wanted_from)
    if wanted_to is not None:
        if wanted_to < start:
            raise PortalError("permits.ends_before_start", field="desired_to")
        return start, wanted_to
    try:
        anniversary = start.replace(year=start.year + years)
    except ValueError:  # 29 February
        anniversary = start.replace(year=start.year + years, month=3, day=1)
    return start, date.fromordinal(anniversary.toordinal() - 1)


def technical_parts(link: LinkFacts) -> Technical:
    """Return stations, antennas and assignments of a link: one of each per site.

    Raises PortalError permits.emission_malformed; permits.case_without_parameters when there is no site.
    """
    if not link.sites:
        raise PortalError("permits.case_without_parameters", column="sites")
    emission = parse_emission(link.emission)
    stations, antennas, assignments = [], [], []
    for number, site in enumerate(link.sites, start=1):
        stations.append(
            {
                "station_no": number,
                "site_no": str(number),
                "name": site.name,
                "address": site.address,
                "cadastre_no": site.cadastre_no,
                "lat": site.lat,
                "lon": site.lon,
                "ground_m": site.ground_m,
            }
        )
        antennas.append(
            {
                "antenna_no": number,
                "station_no": number,
                "make": site.antenna_make,
                "model": site.antenna_model,
                "polarization": link.polarization,
                "azimuth_deg": site.azimuth_deg,
                "gain_dbi": site.gain_dbi,
                "height_m": site.height_m,
            }
        )
        assignments.append(
            {
                "assignment_no": number,
                "station_no": number,
                "antenna_no": number,
                "station_class": "FX",
                "freq_mhz": site.tx_freq_mhz,
                "rx_freq_mhz": site.rx_freq_mhz,
                "bandwidth_khz": link.bandwidth_khz,
                "emission": emission.designator,
                "eirp_dbm": site.eirp_dbm,
            }
        )
    return Technical(tuple(stations), tuple(antennas), tuple(assignments))
