"""Staff read price lists; anybody reads the one in force (S1-15)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import encode_cursor
from chassis.messages import Page
from services.billing import messages as m
from services.billing.domain import prices as rules
from services.billing.store import prices
from services.billing.store.cursors import read_cursor


def page(db: Database, request: m.ListPriceLists, caller: Caller) -> Page[m.PriceListRow]:
    """List versions, the newest first day first."""
    after = read_cursor(request.after, date.fromisoformat, UUID)
    with db.reading() as connection:
        rows = prices.page(connection, after, request.limit + 1)
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    today = riga_today()
    return Page[m.PriceListRow](
        items=[m.PriceListRow(**prices.shown_row(row, today)) for row in rows],
        next=encode_cursor([rows[-1].valid_from, rows[-1].id]) if more else None,
    )


def one(db: Database, request: m.GetPriceList, caller: Caller) -> m.PriceList:
    """Return a version with its items."""
    with db.reading() as connection:
        row = prices.row(connection, request.price_list_id)
        if row is None:
            raise PortalError("not_found")
        return prices.shown(connection, row, riga_today())


def in_force(db: Database, request: m.PriceListInForce, caller: Caller) -> m.PriceList:
    """Return the version that rules on a day."""
    with db.reading() as connection:
        day = request.day or riga_today()
        validity = rules.in_force(prices.published(connection), day)
        row = prices.row(connection, validity.price_list_id)
        return prices.shown(connection, row, riga_today())
