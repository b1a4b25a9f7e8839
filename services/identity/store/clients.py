"""Clients: found by any of their codes, by id, by words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.text import fold, sort_key
from services.identity.store.tables import Client, ClientCode, ClientDatum

REGISTER_LOCK = 7_245_101
_CODES = sa.text("""
SELECT k.kind, k.value, k.client_id FROM client_codes k
JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS w(kind, value) ON k.kind = w.kind AND k.value = w.value
""")
_CARDS = sa.text("""
SELECT id, kind, name, reg_no, address, email, invoice_email, phone, language, EXISTS (
    SELECT 1 FROM erasures e WHERE e.clients @> ARRAY[c.id] AND e.state NOT IN ('asked', 'refused')) AS erased
FROM clients c WHERE id = ANY(:ids)
""")
_DETAILS = sa.text("SELECT * FROM clients WHERE id = :id")
_DATA = sa.text("SELECT field, origin, confirmed_at FROM client_data WHERE client_id = :id ORDER BY field")
_LIST = """
SELECT c.id, c.kind, c.stage, c.name, c.reg_no, c.external_ref, c.email, c.phone, c.sort_key, c.created_at,
    (SELECT count(*) FROM representations r WHERE r.client_id = c.id AND r.ended_at IS NULL) AS users
FROM clients c
"""
_ORDERS = {"name": "c.sort_key", "created": "c.created_at"}


def lock_register(session: Session) -> None:
    """One registration of clients at a time, so that two imports cannot create the same client twice."""
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": REGISTER_LOCK})


def by_codes(session: Session, codes: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Return which client each (kind, value) belongs or belonged to."""
    if not codes:
        return {}
    values = {"kinds": [kind for kind, _ in codes], "values": [value for _, value in codes]}
    return {(row.kind, row.value): row.client_id for row in session.execute(_CODES, values)}


def former_codes(session: Session, codes: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which (kind, value) a client was known by and is no longer."""
    if not codes:
        return set()
    code = sa.tuple_(ClientCode.kind, ClientCode.value)
    asked = sa.select(ClientCode.kind, ClientCode.value).where(code.in_(codes), ClientCode.until.is_not(None))
    return {(row.kind, row.value) for row in session.execute(asked)}


def kinds(session: Session, client_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return of which kind clients are."""
    rows = session.execute(sa.select(Client.id, Client.kind).where(Client.id.in_(client_ids)))
    return {row.id: row.kind for row in rows}


def add_codes(session: Session, codes: dict[tuple[str, str], UUID]) -> None:
    """Keep further codes of clients; a former code that comes back is a present one again."""
    rows = [{"kind": kind, "value": value, "client_id": client_id} for (kind, value), client_id in codes.items()]
    if rows:
        statement = insert(ClientCode)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "value"],
                set_={"until": None},
                where=ClientCode.client_id == statement.excluded.client_id,
            ),
            rows,
        )


def retire_code(session: Session, kind: str, value: str, at: datetime) -> None:
    """Mark a code as a former one; it still matches."""
    session.execute(sa.update(ClientCode).where(ClientCode.kind == kind, ClientCode.value == value).values(until=at))


def remember(client: Client, field: str) -> None:
    """Keep what a natural person is about to lose in a field, for the day on which they are erased (B-15)."""
    word = getattr(client, field)
    if client.kind != "natural" or not word:
        return
    if field == "name":
        client.former = [*(one for one in client.former if one != word), word]
    elif field in ("email", "invoice_email", "phone"):
        client.former_contacts = [*(one for one in client.former_contacts if one != word), word][-40:]


def confirm(session: Session, client_id: UUID, fields: Iterable[str], origin: str, at: datetime) -> None:
    """Keep where data came from, and that they were confirmed now."""
    rows = [{"client_id": client_id, "field": field, "origin": origin, "confirmed_at": at} for field in fields]
    if rows:
        statement = insert(ClientDatum)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["client_id", "field"],
                set_={"origin": statement.excluded.origin, "confirmed_at": statement.excluded.confirmed_at},
            ),
            rows,
        )


def reconfirm(session: Session, client_id: UUID, fields: Iterable[str], origin: str, at: datetime) -> None:
    """Keep that data were confirmed now; their origin stays, and `origin` stands where none was known."""
    rows = [{"client_id": client_id, "field": field, "origin": origin, "confirmed_at": at} for field in fields]
    if rows:
        statement = insert(ClientDatum)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["client_id", "field"], set_={"confirmed_at": statement.excluded.confirmed_at}
            ),
            rows,
        )


def origins(session: Session, client_ids: Sequence[UUID]) -> dict[tuple[UUID, str], str]:
    """Return where each datum of the clients came from."""
    rows = session.execute(
        sa.select(ClientDatum.client_id, ClientDatum.field, ClientDatum.origin).where(
            ClientDatum.client_id.in_(client_ids)
        )
    )
    return {(row.client_id, row.field): row.origin for row in rows}


def cards(connection: sa.Connection, ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    """Return clients by id."""
    return connection.execute(_CARDS, {"ids": list(ids)}).all()


def details(connection: sa.Connection, client_id: UUID) -> sa.Row[Any] | None:
    """Return all of one client."""
    return connection.execute(_DETAILS, {"id": client_id}).first()


def data(connection: sa.Connection, client_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return origin and confirmation of a client's data."""
    return connection.execute(_DATA, {"id": client_id}).all()


def page(
    connection: sa.Connection,
    *,
    pattern: str | None,
    code: str | None = None,
    owners: Sequence[UUID] = (),
    kind: str | None,
    stage: str | None = None,
    sort: str,
    after: tuple[Any, UUID] | None,
    limit: int,
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` clients in the order `name`, `-name`, `created` or `-created`."""
    column = _ORDERS[sort.lstrip("-")]
    direction, sign = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
    conditions = ["true"]
    values: dict[str, Any] = {"limit": limit}
    for column_name, value in (("kind", kind), ("stage", stage)):
        if value is not None:
            conditions.append(f"c.{column_name} = :{column_name}")
            values[column_name] = value
    if pattern is not None:
        # Former codes are found whole, so that everybody in the register needs no second search text.
        conditions.append(
            "(c.search_text LIKE :pattern OR c.id = ANY(:owners)"
            " OR c.id IN (SELECT k.client_id FROM client_codes k WHERE k.value = :code))"
        )
        values["pattern"], values["code"], values["owners"] = pattern, code, list(owners)
    if after is not None:
        cast = "text" if column == "c.sort_key" else "timestamptz"
        conditions.append(f"({column}, c.id) {sign} (CAST(:after_key AS {cast}), CAST(:after_id AS uuid))")
        values["after_key"], values["after_id"] = after
    order = f"{column} {direction}, c.id {direction}"
    return connection.execute(
        sa.text(f"{_LIST} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :limit"), values
    ).all()


def describe(client: Client) -> None:
    """Bring the search and sort columns of a client up to date."""
    parts = (
        client.name,
        client.reg_no,
        client.person_code,
        client.external_ref,
        client.email,
        client.address,
        client.correspondence_address,
        client.phone,
    )
    client.search_text = fold(" ".join(part for part in parts if part))
    client.sort_key = sort_key(client.name)
