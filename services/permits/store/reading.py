"""Reads of permits: one round trip each, statements built once.

A list page is a range of one index; a permit's parts are ranges of their primary keys. So neither depends on how
many other permits there are.
"""

from __future__ import annotations

import uuid
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.caller import Objects
from chassis.errors import PortalError
from chassis.ids import decode_cursor
from chassis.text import fold, like
from services.permits.domain.states import Validity, days_left, shown_state
from services.permits.messages import PermitFilter
from services.permits.store.parts import PARTS_AT_ONCE
from services.permits.store.tables import permits

COUNT_LIMIT = 1000
# Trigrams cannot help with fewer letters; a short word is the beginning of a number then.
SHORT_SEARCH = 3

p = permits.c
SUMMARY = (
    p.id.label("permit_id"), p.permit_no, p.permit_kind, p.service_kind, p.status, p.holder_client_id, p.holder_name,
    p.call_sign, p.valid_from, p.valid_to, p.place, p.station_count, p.assignment_count,
    sa.cast(p.freq_min_mhz, sa.Text).label("freq_min_mhz"), sa.cast(p.freq_max_mhz, sa.Text).label("freq_max_mhz"),
)  # fmt: skip
SORTS = {"permit_no": (p.permit_no,), "valid_to": (p.ends_on, p.permit_no), "holder": (p.holder_sort, p.permit_no)}
_TODAY = sa.bindparam("today", type_=sa.Date)
_CLIENT = p.holder_client_id == sa.bindparam("client", type_=sa.UUID(as_uuid=True))
# The permits a right was given for one by one; like the client, part of the search and not a look afterwards.
_NAMED = p.id == sa.any_(sa.bindparam("objects", type_=ARRAY(sa.UUID(as_uuid=True))))
_STARTED = sa.or_(p.valid_from.is_(None), p.valid_from <= _TODAY)
STATES: dict[str, sa.ColumnElement[bool]] = {
    "in_force": sa.and_(p.status == "active", p.ends_on >= _TODAY, _STARTED),
    "upcoming": sa.and_(p.status == "active", p.ends_on >= _TODAY, p.valid_from > _TODAY),
    "expired": sa.or_(p.status == "expired", sa.and_(p.status == "active", p.ends_on < _TODAY)),
    "suspended": p.status == "suspended",
    "cancelled": p.status == "cancelled",
    "terminated": p.status == "terminated",
}
MOST_WORDS = 5


def _found(words: int) -> list[sa.ColumnElement[bool]]:
    """Every word stands somewhere in the permit's search text; no word is the beginning of a number."""
    if not words:
        return [sa.func.lower(p.permit_no).like(sa.bindparam("pattern_0", type_=sa.Text))]
    return [p.search.like(sa.bindparam(f"pattern_{n}", type_=sa.Text)) for n in range(words)]


@lru_cache(maxsize=512)
def conditions(
    client: bool, words: int | None, state: str | None, kind: bool, expiring: bool, named: bool
) -> tuple[sa.ColumnElement[bool], ...]:
    found: list[sa.ColumnElement[bool]] = []
    if client:
        found.append(_CLIENT)
    if named:
        found.append(_NAMED)
    if words is not None:
        found += _found(words)
    if state:
        found.append(STATES[state])
    if kind:
        found.append(p.service_kind == sa.bindparam("service_kind", type_=sa.Text))
    if expiring:
        found += [STATES["in_force"], p.ends_on <= sa.bindparam("until", type_=sa.Date)]
    return tuple(found)


@lru_cache(maxsize=512)
def _page(shape: tuple[Any, ...], sort: str, onward: bool, total: bool) -> sa.Select[Any]:
    down = sort.startswith("-")
    columns = SORTS[sort.lstrip("-")]
    wanted = conditions(*shape)
    shown: tuple[Any, ...] = (*SUMMARY, *(column.label(f"sort_{n}") for n, column in enumerate(columns)))
    if total:
        counted = sa.select(sa.literal(1)).select_from(permits).where(*wanted).limit(COUNT_LIMIT + 1).subquery()
        shown = (*shown, sa.select(sa.func.count()).select_from(counted).scalar_subquery().label("total"))
    statement = sa.select(*shown).where(*wanted)
    if onward:
        last = sa.tuple_(*(sa.bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(columns)))
        here = sa.tuple_(*columns)
        statement = statement.where(here < last if down else here > last)
    order = [column.desc() if down else column.asc() for column in columns]
    return statement.order_by(*order).limit(sa.bindparam("limit", type_=sa.Integer))


def search_patterns(search: str) -> tuple[bool, list[str]] | None:
    """Return LIKE patterns for the words of a search, and whether they may stand anywhere; None without words."""
    words = [word for word in (part.strip(",.;:\"'“”()") for part in fold(search).split()) if word]
    if not words:
        return None
    long = [word for word in words if len(word) >= SHORT_SEARCH]
    if long:
        return True, [like(word) for word in long[:MOST_WORDS]]
    return False, [like(words[0]).removeprefix("%")]


def where(
    wanted: PermitFilter, client: uuid.UUID | None, named: Objects | None, today: date
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the shape of a filter (which conditions) and its values, for `page` and `count`.

    `named` limits it to permits named one by one, None does not (chassis.access.only).
    """
    patterns = search_patterns(wanted.search)
    shape = (
        client is not None,
        None if patterns is None else len(patterns[1]) if patterns[0] else 0,
        wanted.state,
        wanted.service_kind is not None,
        wanted.expiring_within_days is not None,
        named is not None,
    )
    values: dict[str, Any] = {} if named is None else {"objects": list(named.permits)}
    if client is not None:
        values["client"] = client
    if patterns is not None:
        values |= {f"pattern_{n}": pattern for n, pattern in enumerate(patterns[1])}
    if wanted.state in ("in_force", "upcoming", "expired") or wanted.expiring_within_days is not None:
        values["today"] = today
    if wanted.service_kind:
        values["service_kind"] = wanted.service_kind
    if wanted.expiring_within_days is not None:
        values["until"] = date.fromordinal(today.toordinal() + wanted.expiring_within_days)
    return shape, values


def page(
    shape: tuple[Any, ...], sort: str, after: str | None, *, total: bool = False
) -> tuple[sa.Select[Any], dict[str, Any]]:
    """Return the statement of a list page and the values of its cursor. Raises PortalError malformed (after)."""
    values: dict[str, Any] = {}
    if after:
        columns = SORTS[sort.lstrip("-")]
        for n, (column, value) in enumerate(zip(columns, decode_cursor(after, len(columns)), strict=True)):
            try:
                values[f"after_{n}"] = date.fromisoformat(value) if isinstance(column.type, sa.Date) else str(value)
            except (TypeError, ValueError) as error:
                raise PortalError("malformed", field="after") from error
    return _page(shape, sort, after is not None, total), values


def shown(row: sa.RowMapping, today: date) -> dict[str, Any]:
    """Return a row of SUMMARY as the fields of a PermitSummary."""
    fields = {str(name): value for name, value in row.items()}
    validity = Validity(fields["status"], fields["valid_from"], fields["valid_to"])
    fields["state"] = shown_state(validity, today)
    fields["days_left"] = days_left(validity, today)
    return fields


# --- one permit --------------------------------------------------------------------------------------------------

_PERMIT = f"""
SELECT p.id AS permit_id, p.permit_no, p.permit_kind, p.service_kind, p.status, p.holder_client_id, p.holder_name,
    p.call_sign, p.valid_from, p.valid_to, p.place, p.station_count, p.assignment_count,
    p.freq_min_mhz::text AS freq_min_mhz, p.freq_max_mhz::text AS freq_max_mhz, p.conditions::text AS conditions,
    p.previous_permit_no, p.case_id, p.case_no, p.issued_on, p.register_code, p.bandwidth_khz::text AS bandwidth_khz,
    p.version, p.updated_at AS changed_at, d.stations, d.assignments, d.equipment,
    (SELECT json_agg(x) FROM (SELECT at, what, status, note, source, changes FROM permit_history
        WHERE permit_id = p.id ORDER BY id DESC LIMIT {PARTS_AT_ONCE}) x)::text AS history
FROM permits p LEFT JOIN permit_documents d ON d.permit_id = p.id
"""  # noqa: S608
# The client is part of the search: somebody else's permit is simply not there.
PERMIT_BY_ID = sa.text(_PERMIT + "WHERE p.id = :permit_id")
PERMIT_BY_NO = sa.text(_PERMIT + "WHERE p.permit_no = :permit_no")
_OWN, _ONE_OF = " AND p.holder_client_id = :client", " AND p.id = ANY(:objects)"
OWN_PERMIT_BY_ID = sa.text(_PERMIT + "WHERE p.id = :permit_id" + _OWN)
OWN_PERMIT_BY_NO = sa.text(_PERMIT + "WHERE p.permit_no = :permit_no" + _OWN)
NAMED_PERMIT_BY_ID = sa.text(_PERMIT + "WHERE p.id = :permit_id" + _OWN + _ONE_OF)
NAMED_PERMIT_BY_NO = sa.text(_PERMIT + "WHERE p.permit_no = :permit_no" + _OWN + _ONE_OF)

HOLDER = sa.text("""
SELECT holder_client_id, permit_no FROM permits WHERE id = :permit_id
    AND (CAST(:client AS uuid) IS NULL OR holder_client_id = :client)
    AND (CAST(:objects AS uuid[]) IS NULL OR id = ANY(:objects))
""")

FOUND = sa.text("""
SELECT id, permit_no, place FROM permits WHERE holder_client_id = :client
    AND (id = ANY(CAST(:ids AS uuid[])) OR lower(permit_no) = ANY(CAST(:numbers AS text[]))) ORDER BY permit_no
""")

# --- counts ------------------------------------------------------------------------------------------------------

COUNTS = sa.select(
    sa.func.count().label("total"),
    sa.func.count().filter(STATES["in_force"]).label("in_force"),
    sa.func.count().filter(STATES["expired"]).label("expired"),
    sa.func.count().filter(STATES["in_force"], p.ends_on <= sa.bindparam("until", type_=sa.Date)).label("ending_soon"),
)
OWN_COUNTS = COUNTS.where(_CLIENT)
NAMED_COUNTS = OWN_COUNTS.where(_NAMED)
