"""The fixed-link form's fields as the typed record that permits is built from."""

from __future__ import annotations

from typing import Any

from services.requests.domain import values
from services.requests.messages import FixedLink, LinkSite


def from_data(data: dict[str, str]) -> FixedLink:
    """Return the link of a checked `fixed_link` form. Raises KeyError for a field the form requires."""
    return FixedLink(
        permit_kind=data["permit_kind"],  # type: ignore[arg-type]
        link_name=data["link_name"],
        site_a=_site(data, "a", data["freq_ab_mhz"], data["freq_ba_mhz"]),
        site_b=_site(data, "b", data["freq_ba_mhz"], data["freq_ab_mhz"]),
        bandwidth_khz=values.number(data["bandwidth_khz"]),
        emission=data["emission"],
        modulation=data.get("modulation"),
        polarization=data["polarization"],  # type: ignore[arg-type]
        equipment_manufacturer=data["equipment_manufacturer"],
        equipment_model=data["equipment_model"],
        desired_from=values.day(data["desired_from"]),
        desired_to=values.day(data["desired_to"]) if data.get("desired_to") else None,
    )


def _site(data: dict[str, str], side: str, transmit: str, receive: str) -> LinkSite:
    def number(name: str) -> Any:
        return values.number(data[f"{side}_{name}"])

    lat, lon = data[f"{side}_coordinates"].split(", ")
    return LinkSite(
        name=data[f"{side}_name"],
        address=data.get(f"{side}_address"),
        cadastre_no=data.get(f"{side}_cadastre_no"),
        lat=values.number(lat),
        lon=values.number(lon),
        ground_elevation_m=number("ground_elevation_m") if f"{side}_ground_elevation_m" in data else None,
        tx_freq_mhz=values.number(transmit),
        rx_freq_mhz=values.number(receive),
        antenna_make=data[f"{side}_antenna_make"],
        antenna_model=data[f"{side}_antenna_model"],
        antenna_gain_dbi=number("antenna_gain_dbi"),
        antenna_height_m=number("antenna_height_m"),
        azimuth_deg=number("azimuth_deg"),
        eirp_dbm=number("eirp_dbm"),
    )
