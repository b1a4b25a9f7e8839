"""Turns the waiting rows of a batch of permits into permits, stations, antennas and assignments."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.permits.store.parts import summarise

# What a change is told by in the permit's history.
WATCHED = (
    "status", "holder_name", "service_kind", "permit_kind", "call_sign", "valid_from", "valid_to", "station_count",
    "assignment_count", "freq_min_mhz", "freq_max_mhz", "bandwidth_khz",
)  # fmt: skip

_NEXT = sa.text("""
SELECT permit_no, rows FROM import_permits WHERE import_id = :import_id AND outcome IS NULL
ORDER BY permit_no LIMIT :most
""")

_BEFORE = sa.text(
    f"SELECT id, permit_no, {', '.join(WATCHED)} FROM permits WHERE permit_no = ANY(:numbers) FOR UPDATE"  # noqa: S608
)
_AFTER = sa.text(_BEFORE.text.replace(" FOR UPDATE", ""))

_PERMITS = sa.text("""
INSERT INTO permits AS p (id, permit_no, permit_kind, service_kind, register_code, status, call_sign,
    holder_client_id, holder_name, holder_sort, valid_from, valid_to, ends_on, source, content_hash, search)
SELECT DISTINCT ON (r.permit_no) n.id, r.permit_no, r.permit_kind, r.service_kind, r.register_code, r.status,
    r.call_sign, h.client_id, r.holder_name, r.holder_sort, r.valid_from, r.valid_to,
    coalesce(r.valid_to, DATE '9999-12-31'), 'register', i.content_hash, r.head_search
FROM json_to_recordset(CAST(:ids AS json)) AS n (permit_no text, id uuid)
JOIN import_permits i ON i.import_id = :import_id AND i.permit_no = n.permit_no
JOIN import_rows r ON r.import_id = i.import_id AND r.permit_no = i.permit_no
JOIN register_holders h ON h.ref = r.holder_ref
ORDER BY r.permit_no, r.row_no
ON CONFLICT (permit_no) DO UPDATE SET permit_kind = excluded.permit_kind, service_kind = excluded.service_kind,
    register_code = excluded.register_code, status = excluded.status, call_sign = excluded.call_sign,
    holder_client_id = excluded.holder_client_id, holder_name = excluded.holder_name,
    holder_sort = excluded.holder_sort, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    ends_on = excluded.ends_on, content_hash = excluded.content_hash, search = excluded.search,
    version = p.version + 1, updated_at = now()
WHERE p.source = 'register'
""")

_CLEAR = tuple(
    sa.text(f"DELETE FROM {table} WHERE permit_id = ANY(:ids)")  # noqa: S608
    for table in ("assignments", "antennas", "stations")
)

# Numbers are given by content, not by the place in the file: the same rows shuffled make the same permit.
_PARTS = sa.text("""
WITH placed AS MATERIALIZED (
    SELECT r.*, p.id AS permit_id, dense_rank() OVER (PARTITION BY p.id ORDER BY
        CASE WHEN r.site_no ~ '^[0-9]{1,9}$' THEN r.site_no::integer ELSE 2147483647 END,
        r.site_no, r.site_name, r.lat, r.lon, r.ground_m, r.structure_m, r.address,
        r.cadastre_no)::integer AS station_no
    FROM import_rows r JOIN permits p USING (permit_no)
    WHERE r.import_id = :import_id AND r.permit_no = ANY(:numbers)
), numbered AS MATERIALIZED (
    SELECT placed.*,
        dense_rank() OVER (PARTITION BY permit_id ORDER BY station_no, azimuth_deg, antenna_make, antenna_model,
            polarization, gain_dbi, ant_height_m)::integer AS antenna_no,
        row_number() OVER (PARTITION BY permit_id ORDER BY station_no, freq_mhz, azimuth_deg, emission, row_hash)
            ::integer AS assignment_no
    FROM placed
), new_stations AS (
    INSERT INTO stations (permit_id, station_no, site_no, name, address, cadastre_no, lat, lon, ground_m, structure_m,
        search)
    SELECT DISTINCT ON (permit_id, station_no) permit_id, station_no, site_no, site_name, address, cadastre_no,
        lat, lon, ground_m, structure_m, coalesce(site_search, '') FROM numbered
), new_antennas AS (
    INSERT INTO antennas (permit_id, antenna_no, station_no, make, model, polarization, azimuth_deg, gain_dbi, height_m)
    SELECT DISTINCT ON (permit_id, antenna_no) permit_id, antenna_no, station_no, antenna_make, antenna_model,
        polarization, azimuth_deg, gain_dbi, ant_height_m FROM numbered
)
INSERT INTO assignments (permit_id, assignment_no, station_no, antenna_no, station_class, freq_mhz, rx_freq_mhz,
    bandwidth_khz, emission, eirp_dbm, tolerance)
SELECT permit_id, assignment_no, station_no, antenna_no, station_class, freq_mhz, rx_freq_mhz, bandwidth_khz,
    emission, eirp_dbm, tolerance FROM numbered
""")

_HISTORY = sa.text("""
INSERT INTO permit_history (permit_id, what, status, note, source, actor, changes)
SELECT permit_id, what, status, :note, 'register', :actor, changes
FROM json_to_recordset(CAST(:rows AS json)) AS r (permit_id uuid, what text, status text, changes jsonb)
""")

_OUTCOMES = sa.text("""
UPDATE import_permits i SET outcome = r.outcome
FROM json_to_recordset(CAST(:rows AS json)) AS r (permit_no text, outcome text)
WHERE i.import_id = :import_id AND i.permit_no = r.permit_no
""")


def next_batch(session: Session, import_id: uuid.UUID, most_permits: int, most_rows: int) -> list[str]:
    """Return the numbers of the permits to apply next: one at least, however many rows it has; empty at the end."""
    batch: list[str] = []
    rows = 0
    for number, size in session.execute(_NEXT, {"import_id": import_id, "most": most_permits}):
        rows += size
        if batch and rows > most_rows:
            break
        batch.append(number)
    return batch


def apply(session: Session, import_id: uuid.UUID, numbers: Sequence[str], *, note: str, actor: str) -> tuple[int, int]:
    """Write the permits of a batch with all their parts and history; returns how many were created and changed."""
    before = {row.permit_no: row for row in session.execute(_BEFORE, {"numbers": list(numbers)})}
    known = {number: before[number].id if number in before else new_id() for number in numbers}
    ids = [{"permit_no": number, "id": permit_id} for number, permit_id in known.items()]
    place = {"import_id": import_id, "numbers": list(numbers)}
    session.execute(_PERMITS, {"import_id": import_id, "ids": orjson.dumps(ids).decode()})
    if before:
        for statement in _CLEAR:
            session.execute(statement, {"ids": list(known.values())})
    session.execute(_PARTS, place)
    summarise(session, list(known.values()))
    steps, outcomes = [], []
    for row in session.execute(_AFTER, {"numbers": list(numbers)}):
        old = before.get(row.permit_no)
        steps.append(
            {
                "permit_id": row.id,
                "what": "changed" if old else "registered",
                "status": row.status,
                "changes": _changes(old, row) if old else {},
            }
        )
        outcomes.append({"permit_no": row.permit_no, "outcome": "changed" if old else "created"})
    session.execute(_HISTORY, {"rows": orjson.dumps(steps).decode(), "note": note, "actor": actor})
    session.execute(_OUTCOMES, {"import_id": import_id, "rows": orjson.dumps(outcomes).decode()})
    return len(numbers) - len(before), len(before)


def _changes(old: sa.Row[Any], new: sa.Row[Any]) -> dict[str, list[str | None]]:
    found = {}
    for name in WATCHED:
        was, became = getattr(old, name), getattr(new, name)
        if was != became:
            found[name] = [None if was is None else str(was), None if became is None else str(became)]
    return found
