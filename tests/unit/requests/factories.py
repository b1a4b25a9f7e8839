"""A request for a fixed link that is right in every field; tests change one thing at a time."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from services.requests.domain.forms import Form, read_form

FORMS = Path(__file__).resolve().parents[3] / "services" / "requests" / "forms"
TODAY = date(2026, 11, 23)  # a Monday
PDF = b"%PDF-1.7\n" + b"data sheet\n" * 40 + b"%%EOF\n"


@lru_cache
def form(code: str = "fixed_link", version: int = 1) -> Form:
    return read_form(json.loads((FORMS / f"{code}.v{version}.json").read_text("utf-8")))


def fixed_link(today: date = TODAY, **changed: str) -> dict[str, str]:
    data = {
        "permit_kind": "use",
        "link_name": "Rīga – Jūrmala",
        "desired_from": (today + timedelta(days=30)).isoformat(),
        "desired_to": (today + timedelta(days=395)).isoformat(),
        "purpose": "Datu pārraide starp birojiem.",
        "a_name": "Zaķusala",
        "a_address": "Zaķusalas krastmala 1, Rīga",
        "a_coordinates": "56,9236; 24,1372",
        "a_ground_elevation_m": "4",
        "a_antenna_make": "Andrew",
        "a_antenna_model": "VHLP2-11W",
        "a_antenna_gain_dbi": "34,7",
        "a_antenna_height_m": "72",
        "a_azimuth_deg": "285",
        "a_eirp_dbm": "55",
        "b_name": "Dzintari",
        "b_cadastre_no": "1300 008 4512",
        "b_coordinates": "56.9800, 23.8010",
        "b_ground_elevation_m": "6",
        "b_antenna_make": "Andrew",
        "b_antenna_model": "VHLP2-11W",
        "b_antenna_gain_dbi": "34.7",
        "b_antenna_height_m": "38.5",
        "b_azimuth_deg": "107",
        "b_eirp_dbm": "55",
        "freq_ab_mhz": "10 735",
        "freq_ba_mhz": "11265",
        "bandwidth_khz": "28000",
        "emission": "28m0d7wet",
        "modulation": "256QAM",
        "polarization": "V",
        "equipment_manufacturer": "SAF Tehnika",
        "equipment_model": "Integra-G",
        "contact_name": "Anna Ozola",
        "contact_email": "anna@radiolinks.example",
        "contact_phone": "+371 67000000",
    }
    return {name: text for name, text in {**data, **changed}.items() if text}


def free_form(**changed: str) -> dict[str, str]:
    data = {
        "topic": "question",
        "subject": "Jautājums par antenu",
        "text": "Vai drīkst nomainīt antenu, nemainot frekvenci?",
        "answer_by": "portal",
        "contact_name": "Anna Ozola",
        "contact_email": "anna@radiolinks.example",
    }
    return {name: text for name, text in {**data, **changed}.items() if text}
