"""A permit's parts as they are shown: the fields of a station, of an assignment; and the document kept of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

PARTS_AT_ONCE = 100

STATION_FIELDS = """station_no, site_no, name, address, cadastre_no, lat::text AS lat, lon::text AS lon,
    ground_m::text AS ground_m, structure_m::text AS structure_m"""

ASSIGNMENT_FIELDS = """a.assignment_no, a.station_no, s.name AS station_name, a.station_class,
    a.freq_mhz::text AS freq_mhz, a.rx_freq_mhz::text AS rx_freq_mhz, a.bandwidth_khz::text AS bandwidth_khz,
    a.emission, a.eirp_dbm::text AS eirp_dbm, a.tx_power_dbm::text AS tx_power_dbm, a.tolerance::text AS tolerance,
    n.polarization, n.make AS antenna_make, n.model AS antenna_model, n.gain_dbi::text AS gain_dbi,
    n.azimuth_deg::text AS azimuth_deg, n.height_m::text AS ant_height_m"""


def assignments_page(condition: str, limit: str) -> str:
    # The page is cut before the joins: one permit of the real register has 14 718 assignments.
    return f"""SELECT {ASSIGNMENT_FIELDS}
    FROM (SELECT * FROM assignments WHERE {condition} ORDER BY assignment_no LIMIT {limit}) a
    JOIN stations s ON s.permit_id = a.permit_id AND s.station_no = a.station_no
    LEFT JOIN antennas n ON n.permit_id = a.permit_id AND n.antenna_no = a.antenna_no
    ORDER BY a.assignment_no"""  # noqa: S608


MORE_STATIONS = sa.text(
    f"SELECT {STATION_FIELDS} FROM stations WHERE permit_id = :permit_id AND station_no > :after "  # noqa: S608
    "ORDER BY station_no LIMIT :limit"
)
MORE_ASSIGNMENTS = sa.text(assignments_page("permit_id = :permit_id AND assignment_no > :after", ":limit"))

# What a list shows of a permit's parts, and the text it is searched by: each station's words once, at most 500 000
# letters (a permit of the real register has 7 363 stations and 96 000 letters).
_SUMMARISE = sa.text("""
UPDATE permits p SET station_count = s.stations, place = s.place, assignment_count = coalesce(a.assignments, 0),
    bandwidth_khz = coalesce(a.bandwidth_khz, 0), freq_min_mhz = a.freq_min_mhz, freq_max_mhz = a.freq_max_mhz,
    search = left(p.search || ' ' || s.words, 500000)
FROM (SELECT permit_id, count(*) AS stations, string_agg(DISTINCT search, ' ') AS words,
             (array_agg(coalesce(name, address) ORDER BY station_no) FILTER (WHERE coalesce(name, address) <> ''))[1]
             AS place
      FROM stations WHERE permit_id = ANY(:ids) GROUP BY permit_id) s
LEFT JOIN (SELECT permit_id, count(*) AS assignments, sum(bandwidth_khz) AS bandwidth_khz,
                  min(freq_mhz) AS freq_min_mhz, max(freq_mhz) AS freq_max_mhz
           FROM assignments WHERE permit_id = ANY(:ids) GROUP BY permit_id) a USING (permit_id)
WHERE p.id = s.permit_id
""")

_DOCUMENT = sa.text(f"""
INSERT INTO permit_documents AS d (permit_id, stations, assignments, equipment)
SELECT p.id,
    coalesce((SELECT json_agg(x) FROM (SELECT {STATION_FIELDS} FROM stations WHERE permit_id = p.id
        ORDER BY station_no LIMIT {PARTS_AT_ONCE}) x)::text, '[]'),
    coalesce((SELECT json_agg(x) FROM ({assignments_page("permit_id = p.id", str(PARTS_AT_ONCE))}) x)::text, '[]'),
    coalesce((SELECT json_agg(x) FROM (SELECT station_no, manufacturer, model, serial_no, count, conformity_doc
        FROM equipment WHERE permit_id = p.id ORDER BY equipment_no LIMIT {PARTS_AT_ONCE}) x)::text, '[]')
FROM permits p WHERE p.id = ANY(:ids)
ON CONFLICT (permit_id) DO UPDATE SET stations = excluded.stations, assignments = excluded.assignments,
    equipment = excluded.equipment
""")  # noqa: S608


def summarise(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Write what follows from the parts of these permits; to be called after their parts were written.

    The permits' `search` must hold number, call sign and holder only: the stations' words are added to it.
    """
    place = {"ids": list(ids)}
    session.execute(_SUMMARISE, place)
    write_documents(session, ids)


def write_documents(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Write the documents of these permits from their parts."""
    session.execute(_DOCUMENT, {"ids": list(ids)})
