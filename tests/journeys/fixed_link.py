"""A complete request for a fixed link, as Anna would type it: Latvian numbers, places and letters."""

from __future__ import annotations

import secrets
from datetime import timedelta

from chassis.days import riga_today

DATA_SHEET = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def link_name() -> str:
    """A name by which one request is found among all others."""
    return f"Zaķusala–Sloka {secrets.token_hex(3)}"


def typed(name: str, **changed: str) -> dict[str, str]:
    """What is typed into every field of the form, by field name."""
    begins = riga_today() + timedelta(days=40)
    values = {
        "permit_kind": "use", "link_name": name, "desired_from": begins.isoformat(),
        "purpose": "Rezerves savienojums ūdensapgādes telemetrijai: ĀČĒĢĪĶĻŅŠŪŽ āčēģīķļņšūž.",
        "a_name": "Rīga, Zaķusala", "a_address": "Zaķusalas krastmala 1, Rīga", "a_coordinates": "56,9241; 24,1372",
        "a_ground_elevation_m": "3", "a_antenna_make": "Ziemeļantena", "a_antenna_model": "PZ-06-130",
        "a_antenna_gain_dbi": "36,1", "a_antenna_height_m": "41,5", "a_azimuth_deg": "275,1", "a_eirp_dbm": "58",
        "b_name": "Jūrmala, Sloka", "b_address": "Ventspils šoseja 61, Jūrmala", "b_coordinates": "56,9487; 23,6145",
        "b_ground_elevation_m": "5", "b_antenna_make": "Ziemeļantena", "b_antenna_model": "PZ-06-130",
        "b_antenna_gain_dbi": "36,1", "b_antenna_height_m": "38", "b_azimuth_deg": "94,6", "b_eirp_dbm": "58",
        "freq_ab_mhz": "13012", "freq_ba_mhz": "13278", "bandwidth_khz": "28000", "emission": "28M0D7WET",
        "modulation": "128QAM", "polarization": "V", "equipment_manufacturer": "Ziemeļradio",
        "equipment_model": "ZR-130 Ērglis", "contact_name": "Anna Kalniņa", "contact_email": "anna@radiolinks.example",
        "contact_phone": "+371 67000000",
    }  # fmt: skip
    return values | changed


def sent(name: str, **changed: str) -> dict[str, str]:
    """The same as a program sends it: decimal points instead of commas."""
    values = typed(name, **changed)
    text = {"purpose", "a_address", "b_address", "a_name", "b_name", "link_name"}
    return {key: value if key in text else value.replace(",", ".").replace(";", ",") for key, value in values.items()}
