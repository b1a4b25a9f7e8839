"""The register of clients: codes with their history, clients that look alike, notices about contact data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.identity.store.register_tables import ContactNoticeRecord

Reader = sa.Connection | Session

_CODES = sa.text("""
SELECT kind, value, since, until FROM client_codes WHERE client_id = :id ORDER BY kind, until NULLS FIRST, since DESC
""")
# Every word of the name somewhere in the client, or one of the other data the same. The rule decides what is alike.
_ALIKE = sa.text("""
SELECT id, kind, name, reg_no, external_ref, email, phone FROM clients
WHERE search_text LIKE ALL (CAST(:words AS text[])) OR lower(email) = :email OR phone = :phone
ORDER BY sort_key, id LIMIT :limit
""")


def codes(connection: Reader, client_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the codes of a client, present ones first."""
    return connection.execute(_CODES, {"id": client_id}).all()


def alike(
    connection: Reader, patterns: Sequence[str], email: str | None, phone: str | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return clients that hold every pattern, or the same e-mail (lower case) or telephone."""
    values = {"words": list(patterns) or ["-"], "email": email, "phone": phone, "limit": limit}
    return connection.execute(_ALIKE, values).all()


def notices(
    connection: sa.Connection, client_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return up to `limit` notices of a client, newest first."""
    table = ContactNoticeRecord.__table__
    asked = sa.select(table).where(table.c.client_id == client_id)
    if after is not None:
        asked = asked.where(sa.tuple_(table.c.at, table.c.id) < sa.tuple_(sa.literal(after[0]), sa.literal(after[1])))
    return connection.execute(asked.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)).all()
