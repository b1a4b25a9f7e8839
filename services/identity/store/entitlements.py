"""Reads about what clients are registered for and how they settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

_ONE = sa.text("""
SELECT id, version, kind, settlement, payer, services, services_asked_at FROM clients WHERE id = :id
""")
_OLD = sa.text("""
SELECT id FROM clients WHERE services_asked_at < :before ORDER BY services_asked_at LIMIT :limit
""")
_HISTORY = sa.text("""
SELECT settlement, payer, ground, by_name, at FROM client_settlements WHERE client_id = :id
ORDER BY at DESC, id DESC LIMIT 50
""")
_ACTING = sa.text("SELECT DISTINCT user_id FROM sessions WHERE client_id = :id AND ended_at IS NULL")


def one(connection: sa.Connection, client_id: UUID) -> sa.Row[Any] | None:
    """Return how a client settles and what it is registered for."""
    return connection.execute(_ONE, {"id": client_id}).first()


def old(connection: sa.Connection, before: datetime, limit: int) -> list[UUID]:
    """Return clients for whom the services were asked before a moment, the oldest answer first."""
    return list(connection.execute(_OLD, {"before": before, "limit": limit}).scalars())


def history(connection: sa.Connection, client_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the arrangements a client was given, the newest first."""
    return connection.execute(_HISTORY, {"id": client_id}).all()


def acting(session: Session, client_id: UUID) -> list[UUID]:
    """Return the users with an open session that acts for a client."""
    return list(session.execute(_ACTING, {"id": client_id}).scalars())
