"""Column titles and GeoJSON shapes of exports."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

PERMIT_COLUMNS = (
    ("permit_no", "Atļaujas numurs", "Permit number"),
    ("state", "Stāvoklis", "State"),
    ("permit_kind", "Atļaujas veids", "Permit kind"),
    ("service_kind", "Sakaru veids", "Service kind"),
    ("holder_name", "Adresāts", "Holder"),
    ("call_sign", "Izsaukuma signāls", "Call sign"),
    ("valid_from", "Derīga no", "Valid from"),
    ("valid_to", "Derīga līdz", "Valid to"),
    ("place", "Vieta", "Place"),
    ("station_count", "Stacijas", "Stations"),
    ("assignment_count", "Piešķīrumi", "Assignments"),
    ("freq_min_mhz", "Zemākā frekvence, MHz", "Lowest frequency, MHz"),
    ("freq_max_mhz", "Augstākā frekvence, MHz", "Highest frequency, MHz"),
)

ASSIGNMENT_COLUMNS = (
    ("assignment_no", "Nr.", "No."),
    ("station_no", "Stacija", "Station"),
    ("station_name", "Stacijas nosaukums", "Station name"),
    ("lat", "Platums (WGS 84)", "Latitude (WGS 84)"),
    ("lon", "Garums (WGS 84)", "Longitude (WGS 84)"),
    ("freq_mhz", "Raidīšanas frekvence, MHz", "Transmit frequency, MHz"),
    ("rx_freq_mhz", "Uztveršanas frekvence, MHz", "Receive frequency, MHz"),
    ("bandwidth_khz", "Joslas platums, kHz", "Bandwidth, kHz"),
    ("emission", "Emisijas apzīmējums", "Emission designator"),
    ("eirp_dbm", "EIRP, dBm", "EIRP, dBm"),
    ("tolerance", "Frekvences pielaide", "Frequency tolerance"),
    ("polarization", "Polarizācija", "Polarization"),
    ("antenna_make", "Antenas ražotājs", "Antenna maker"),
    ("antenna_model", "Antenas modelis", "Antenna model"),
    ("gain_dbi", "Pastiprinājums, dBi", "Gain, dBi"),
    ("azimuth_deg", "Azimuts, °", "Azimuth, °"),
    ("ant_height_m", "Antenas augstums, m", "Antenna height, m"),
)

STATE_WORDS = {
    "in_force": ("spēkā", "in force"),
    "upcoming": ("vēl nav spēkā", "not yet in force"),
    "suspended": ("apturēta", "suspended"),
    "expired": ("beigusies", "expired"),
    "cancelled": ("anulēta", "cancelled"),
    "terminated": ("izbeigta", "terminated"),
}
PERMIT_KIND_WORDS = {
    "install": ("uzstādīšanas", "installation"),
    "temporary": ("pagaidu", "temporary"),
    "use": ("lietošanas", "use"),
    "short_term": ("īstermiņa", "short-term"),
    "shared": ("koplietojama", "shared"),
}
SERVICE_KIND_WORDS = {
    "fixed": ("fiksētie sakari", "fixed service"),
    "land_mobile": ("sauszemes mobilie sakari", "land mobile"),
    "public_mobile": ("publiskie mobilie sakari", "public mobile"),
    "broadcasting": ("apraide", "broadcasting"),
    "broadcast_aux": ("apraides palīgdienests", "broadcast auxiliary"),
    "maritime": ("jūras sakari", "maritime"),
    "aeronautical": ("gaisa kuģniecības sakari", "aeronautical"),
    "satellite": ("izplatījuma sakari", "satellite"),
    "amateur": ("radioamatieri", "amateur"),
}
WORDS = {"state": STATE_WORDS, "permit_kind": PERMIT_KIND_WORDS, "service_kind": SERVICE_KIND_WORDS}


def word(column: str, value: Any, language: str) -> Any:
    """Return the word people read for a coded value of `column`; other values stay as they are."""
    words = WORDS.get(column, {}).get(value) if isinstance(value, str) else None
    return value if words is None else words[0 if language == "lv" else 1]


def point(lat: Decimal, lon: Decimal, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature (RFC 7946: longitude first, WGS 84)."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [float(lon), float(lat)]},
        "properties": dict(properties),
    }


GEOJSON_HEAD = '{"type":"FeatureCollection","features":['
GEOJSON_TAIL = "]}\n"
