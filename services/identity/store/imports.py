"""Imports of clients, as the chassis works on them, and their waiting rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.imports.kit import Kit
from services.identity.domain.erasing import UNDER_WAY
from services.identity.messages import ClientImport, ClientImportProblem
from services.identity.settings import settings
from services.identity.store.import_tables import import_problems, import_rows, imports
from services.identity.store.person_tables import Erasure

KIT = Kit(
    service="identity", imports=imports, problems=import_problems, key="client",
    title={"lv": "Klients", "en": "Client"}, view=ClientImport, problem=ClientImportProblem, settings=settings,
)  # fmt: skip
_R = import_rows.c


def add(session: Session, import_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
    """Add rows (row_no, record, warned) to those waiting."""
    if rows:
        session.execute(sa.insert(import_rows), [{"import_id": import_id, **row} for row in rows])


def forget(session: Session, import_id: uuid.UUID) -> None:
    """Drop the rows of an import."""
    session.execute(sa.delete(import_rows).where(_R.import_id == import_id))


def being_erased(session: Session, person_codes: Sequence[str]) -> set[str]:
    """Return which personal codes are of people whose erasure is under way: nothing new is written of them."""
    e = Erasure.__table__.c
    asked = sa.select(sa.func.unnest(e.sure)).where(
        e.state.in_(sorted(UNDER_WAY)), e.sure.overlap(sa.cast(person_codes, ARRAY(sa.Text)))
    )
    return set(session.execute(asked).scalars()) & set(person_codes)


def running(reader: sa.Connection, since: datetime) -> bool:
    """Tell whether an import that began before a moment is still at work; one that is being received is not."""
    c = imports.c
    asked = sa.select(c.id).where(c.status.in_(("waiting", "reading", "applying")), c.started_at < since)
    return reader.execute(asked.limit(1)).first() is not None


def waiting(session: Session, import_id: uuid.UUID, most: int) -> Sequence[Any]:
    """Return the next rows in the order of the file."""
    asked = sa.select(_R.row_no, _R.record, _R.warned).where(_R.import_id == import_id, ~_R.done)
    return session.execute(asked.order_by(_R.row_no).limit(most)).all()


def spoken_of(session: Session, import_id: uuid.UUID, client_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return which of the clients an earlier row of the file was about."""
    asked = sa.select(_R.client_id).where(_R.import_id == import_id, _R.client_id.in_(client_ids))
    return {one for one in session.execute(asked).scalars() if one is not None}


def settle(session: Session, import_id: uuid.UUID, rows: Sequence[dict[str, Any]]) -> None:
    """Mark rows (number, client or None) as done."""
    statement = (
        sa.update(import_rows)
        .where(_R.import_id == import_id, _R.row_no == sa.bindparam("number"))
        .values(done=True, client_id=sa.bindparam("about"))
    )
    session.connection().execute(statement, list(rows))
