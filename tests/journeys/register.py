"""Register files for the importer: small synthetic Latvian ones, and the real register where it can be found."""

from __future__ import annotations

import csv
import io
import secrets
from pathlib import Path

from tests import stack

REAL = stack.ROOT.parent / "shared" / "data" / "radio_licences.csv.gz"
COLUMNS = (
    "permit_no", "status", "service_code", "valid_from", "valid_to", "holder", "holder_type", "site_no", "site_name",
    "lat", "lon", "ground_m", "structure_m", "antenna_make", "antenna_model", "polarization", "azimuth_deg", "gain_dbi",
    "ant_height_m", "station_class", "freq_mhz", "tolerance", "eirp_dbm", "emission",
)  # fmt: skip
ROW = {
    "status": "A", "service_code": "MG", "valid_from": "01.03.2024.", "valid_to": "28.02.2034.",
    "holder": 'SIA "Ērģemes Tīkli"', "holder_type": "L", "site_no": "1", "site_name": "Ērģeme, ūdenstornis",
    "lat": "57.801111", "lon": "25.829722", "ground_m": "78.0", "structure_m": "36.5", "antenna_make": "Andrew",
    "antenna_model": "VHLP2-18", "polarization": "V", "azimuth_deg": "214.5", "gain_dbi": "38.6",
    "ant_height_m": "34.0", "station_class": "FXO", "freq_mhz": "18142.5", "tolerance": "", "eirp_dbm": "62.1",
    "emission": "28M0D7WET",
}  # fmt: skip


def number() -> str:
    """A permit number no other run has used."""
    return f"SYN-{secrets.token_hex(4).upper()}"


def row(permit_no: str, **changed: str) -> dict[str, str]:
    """One row of a register: one frequency of one permit."""
    return {**ROW, "permit_no": permit_no, **changed}


def file(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def real() -> Path | None:
    """The real register, None where it is absent."""
    return REAL if REAL.exists() else None
