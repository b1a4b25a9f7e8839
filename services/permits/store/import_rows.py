"""Writes of an import: rows read, the plan of what becomes of each permit, the permits themselves.

Set-based SQL throughout: the rows of one permit may lie anywhere in the file and may be tens of thousands, so they
are gathered in a table, never in memory. Every statement works on one import and, from `apply` on, on one batch.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.permits.store.import_tables import import_rows

_COLUMNS = [column for column in import_rows.c if column.name != "import_id"]
_NAMES = ", ".join(column.name for column in _COLUMNS)
_TYPES = ", ".join(f"{column.name} {column.type.compile()}" for column in _COLUMNS)

# One parameter however many rows: several times cheaper than a list of VALUES.
_ADD_ROWS = sa.text(
    f"INSERT INTO import_rows (import_id, {_NAMES}) SELECT CAST(:import_id AS uuid), {_NAMES} "  # noqa: S608
    f"FROM json_to_recordset(CAST(:rows AS json)) AS r ({_TYPES})"
)

_FORGET = (
    sa.text("DELETE FROM import_permits WHERE import_id = :import_id"),
    sa.text("DELETE FROM import_rows WHERE import_id = :import_id"),
)


def add_rows(session: Session, import_id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows read from the file to those waiting."""
    if rows:
        session.execute(_ADD_ROWS, {"import_id": import_id, "rows": orjson.dumps(rows, default=str).decode()})


def forget_rows(session: Session, import_id: uuid.UUID) -> None:
    """Drop the rows that wait; the problems stay for the report."""
    for statement in _FORGET:
        session.execute(statement, {"import_id": import_id})


# --- the plan ----------------------------------------------------------------------------------------------------

# Same rows in another order give the same fingerprint.
_GATHER = sa.text("""
INSERT INTO import_permits (import_id, permit_no, content_hash, rows, outcome)
SELECT import_id, permit_no,
       encode(sha256(convert_to(string_agg(row_hash, '' ORDER BY row_hash), 'UTF8')), 'hex'), count(*),
       CASE WHEN bool_or(bad) OR count(DISTINCT head_hash) > 1 THEN 'rejected' END
FROM import_rows WHERE import_id = :import_id GROUP BY import_id, permit_no
""")

# For each column in which the good rows of one permit differ: the first row that differs from the first one.
_DISAGREE = sa.text("""
WITH disagreeing AS (
    SELECT permit_no FROM import_rows WHERE import_id = :import_id AND NOT bad
    GROUP BY permit_no HAVING count(DISTINCT head_hash) > 1
), heads AS (
    SELECT r.permit_no, r.row_no, v.name, v.value, v.shown,
           first_value(v.value) OVER (PARTITION BY r.permit_no, v.name ORDER BY r.row_no) AS first
    FROM import_rows r JOIN disagreeing USING (permit_no) CROSS JOIN LATERAL (VALUES
        ('status', r.status, r.status), ('service_code', r.register_code, r.register_code),
        ('permit_kind', r.permit_kind, r.permit_kind), ('call_sign', r.call_sign, r.call_sign),
        ('valid_from', CAST(r.valid_from AS text), CAST(r.valid_from AS text)),
        ('valid_to', CAST(r.valid_to AS text), CAST(r.valid_to AS text)),
        ('holder', r.holder_ref, r.holder_name)) AS v (name, value, shown)
    WHERE r.import_id = :import_id AND NOT r.bad
)
INSERT INTO import_problems (import_id, row_no, permit_no, column_name, value, code, params, severity)
SELECT DISTINCT ON (permit_no, name) :import_id, row_no, permit_no, name, shown, 'permits.rows_disagree',
       jsonb_build_object('permit_no', permit_no, 'column', name), 'error'
FROM heads WHERE value IS DISTINCT FROM first ORDER BY permit_no, name, row_no
""")

_CLASSIFY = sa.text("""
UPDATE import_permits i SET outcome = CASE WHEN p.source = 'decision' THEN 'rejected' ELSE 'unchanged' END
FROM permits p
WHERE i.import_id = :import_id AND i.outcome IS NULL AND p.permit_no = i.permit_no
  AND (p.source = 'decision' OR p.content_hash = i.content_hash)
""")

_HELD = sa.text("""
INSERT INTO import_problems (import_id, row_no, permit_no, column_name, value, code, params, severity)
SELECT :import_id, min(r.row_no), i.permit_no, 'permit_no', i.permit_no, 'permits.held_by_decision',
       jsonb_build_object('permit_no', i.permit_no), 'error'
FROM import_permits i JOIN permits p ON p.permit_no = i.permit_no AND p.source = 'decision'
JOIN import_rows r ON r.import_id = i.import_id AND r.permit_no = i.permit_no
WHERE i.import_id = :import_id AND i.outcome = 'rejected' GROUP BY i.permit_no
""")

_COUNT_PLAN = sa.text("""
SELECT count(*) AS seen, count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
       (SELECT count(DISTINCT row_no) FROM import_problems WHERE import_id = :import_id
        AND code IN ('permits.rows_disagree', 'permits.held_by_decision')) AS more_errors
FROM import_permits WHERE import_id = :import_id
""")


def plan(session: Session, import_id: uuid.UUID) -> sa.Row[Any]:
    """Decide which permits are left alone; the others wait with outcome None. Returns how many were seen, unchanged
    and rejected, and how many rows were found wrong by comparing them (more_errors)."""
    place = {"import_id": import_id}
    # A table that was empty a moment ago: without fresh statistics the planner chooses joins that take minutes.
    session.execute(sa.text("ANALYZE import_rows"))
    session.execute(_GATHER, place)
    session.execute(sa.text("ANALYZE import_permits"))
    session.execute(_DISAGREE, place)
    session.execute(_CLASSIFY, place)
    session.execute(_HELD, place)
    return session.execute(_COUNT_PLAN, place).one()


# --- holders -----------------------------------------------------------------------------------------------------

# The first spelling in the file names a holder nobody knew before.
_NEW_HOLDERS = sa.text("""
SELECT DISTINCT ON (r.holder_ref) r.holder_ref AS ref, r.holder_name AS name, r.holder_kind AS kind
FROM import_permits i JOIN import_rows r ON r.import_id = i.import_id AND r.permit_no = i.permit_no
WHERE i.import_id = :import_id AND i.outcome IS NULL
  AND NOT EXISTS (SELECT 1 FROM register_holders h WHERE h.ref = r.holder_ref)
ORDER BY r.holder_ref, r.row_no LIMIT :most
""")

_KEEP_HOLDERS = sa.text("""
INSERT INTO register_holders (ref, client_id, name, kind)
SELECT ref, client_id, name, kind
FROM json_to_recordset(CAST(:rows AS json)) AS r (ref text, client_id uuid, name text, kind text)
ON CONFLICT (ref) DO NOTHING
""")

_REJECT_HOLDER = sa.text("""
WITH gone AS (
    UPDATE import_permits i SET outcome = 'rejected' WHERE i.import_id = :import_id AND i.outcome IS NULL
    AND EXISTS (SELECT 1 FROM import_rows r
                WHERE r.import_id = i.import_id AND r.permit_no = i.permit_no AND r.holder_ref = :ref)
    RETURNING permit_no
), told AS (
INSERT INTO import_problems (import_id, row_no, permit_no, column_name, value, code, severity)
SELECT :import_id, min(r.row_no), r.permit_no, 'holder', min(r.holder_name), :code, 'error'
FROM import_rows r JOIN gone USING (permit_no) WHERE r.import_id = :import_id GROUP BY r.permit_no
)
SELECT count(*) FROM gone
""")


def new_holders(session: Session, import_id: uuid.UUID, most: int) -> Sequence[sa.Row[Any]]:
    """Return up to `most` holders (ref, name, kind) of waiting permits that no client is known for."""
    return session.execute(_NEW_HOLDERS, {"import_id": import_id, "most": most}).all()


def keep_holders(session: Session, holders: Iterable[dict[str, Any]]) -> None:
    """Remember which client each holder (ref, client_id, name, kind) is."""
    session.execute(_KEEP_HOLDERS, {"rows": orjson.dumps(list(holders)).decode()})


def reject_holder(session: Session, import_id: uuid.UUID, ref: str, code: str) -> int:
    """Leave the permits of a holder alone whom identity refused; returns how many that were."""
    return int(session.execute(_REJECT_HOLDER, {"import_id": import_id, "ref": ref, "code": code}).scalar_one())
