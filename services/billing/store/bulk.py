"""Appending many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing.store.tables import Base


def append(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows in a few statements.

    Past the ORM, which inserts one by one where the database computes a column (measured: a third of a fee run).
    """
    if rows:
        session.flush()
        session.connection().execute(sa.insert(table_of(model)), list(rows))


def table_of(model: type[Base]) -> sa.Table:
    """Return the table behind a mapped class."""
    return cast("sa.Table", model.__table__)
