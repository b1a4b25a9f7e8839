"""Price lists and their items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.billing import messages as m
from services.billing.domain import prices
from services.billing.store.tables import PriceItem, PriceList

FIELDS = (
    "code", "name_lv", "name_en", "unit_lv", "unit_en", "kind", "occasion", "basis",
    "service_kind", "permit_kind", "price", "vat_category",
)  # fmt: skip
_ITEM = [getattr(PriceItem, name) for name in FIELDS]
_COUNT = (
    sa.select(sa.func.count())
    .select_from(PriceItem)
    .where(PriceItem.price_list_id == PriceList.id)
    .correlate(PriceList)
    .scalar_subquery()
)
_LISTS = sa.select(
    PriceList.id, PriceList.version, PriceList.title, PriceList.legal_basis, PriceList.valid_from, PriceList.valid_to,
    PriceList.state, PriceList.published_at, PriceList.published_by, _COUNT.label("item_count"),
)  # fmt: skip


def published(connection: sa.Connection | Session) -> list[prices.Validity]:
    """Return the days of every published list."""
    rows = connection.execute(
        sa.select(PriceList.id, PriceList.title, PriceList.valid_from, PriceList.valid_to).where(
            PriceList.state == "published"
        )
    )
    return [prices.Validity(*row) for row in rows]


def items(connection: sa.Connection | Session, price_list_id: UUID) -> list[prices.PriceItem]:
    """Return the items of a list in their order."""
    rows = connection.execute(
        sa.select(*_ITEM).where(PriceItem.price_list_id == price_list_id).order_by(PriceItem.position)
    )
    return [prices.PriceItem(**row._mapping) for row in rows]


def row(connection: sa.Connection | Session, price_list_id: UUID) -> Any | None:
    """Return the head of a list, None when there is none."""
    return connection.execute(_LISTS.where(PriceList.id == price_list_id)).first()


def page(connection: sa.Connection, after: tuple[Any, ...] | None, limit: int) -> list[Any]:
    """Return heads of lists, the newest first day first."""
    statement = _LISTS
    if after is not None:
        statement = statement.where(sa.tuple_(PriceList.valid_from, PriceList.id) < sa.tuple_(*map(sa.literal, after)))
    return list(connection.execute(statement.order_by(PriceList.valid_from.desc(), PriceList.id.desc()).limit(limit)))


def replace_items(session: Session, price_list_id: UUID, wanted: Sequence[m.PriceItem]) -> None:
    """Put the items of a draft in place of those it had."""
    session.execute(sa.delete(PriceItem).where(PriceItem.price_list_id == price_list_id))
    if wanted:
        session.execute(
            sa.insert(PriceItem),
            [
                {"price_list_id": price_list_id, "position": position, **item.model_dump()}
                for position, item in enumerate(wanted, start=1)
            ],
        )


def shown_row(found: Any, today: date) -> dict[str, Any]:
    """Return the fields of PriceListRow."""
    in_force = found.state == "published" and prices.Validity(
        found.id, found.title, found.valid_from, found.valid_to
    ).covers(today)
    return {
        "price_list_id": found.id,
        "title": found.title,
        "legal_basis": found.legal_basis,
        "valid_from": found.valid_from,
        "valid_to": found.valid_to,
        "state": found.state,
        "item_count": found.item_count,
        "version": found.version,
        "published_at": found.published_at,
        "published_by": found.published_by or "",
        "in_force": in_force,
    }


def shown(connection: sa.Connection | Session, found: Any, today: date) -> m.PriceList:
    """Return a whole list as it is shown."""
    return m.PriceList(
        **shown_row(found, today),
        items=[m.PriceItem.model_validate(vars(item)) for item in items(connection, found.id)],
    )
