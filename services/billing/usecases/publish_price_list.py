"""An accountant publishes a draft: from then on it is law for invoices and nobody can change it."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.billing import messages as m
from services.billing.domain import prices as rules
from services.billing.store import prices
from services.billing.store.tables import PriceList
from services.billing.usecases.common import by_right, who
from services.billing.usecases.save_price_list import held_draft

# Two publications at once must see each other's days; the exclusion constraint is the last word.
_ALONE = sa.text("LOCK TABLE price_lists IN SHARE ROW EXCLUSIVE MODE")


def run(db: Database, request: m.PublishPriceList, caller: Caller) -> m.PriceList:
    """Publish, and end the open version before it on the day before."""
    today = riga_today()
    with db.unit_of_work(caller) as uow:
        uow.session.execute(_ALONE)
        draft = held_draft(uow, request.price_list_id, request.version)
        if not prices.items(uow.session, draft.id):
            raise PortalError("billing.price_list_empty")
        rules.check_draft(draft.valid_from, draft.valid_to, prices.items(uow.session, draft.id))
        validity = rules.Validity(draft.id, draft.title, draft.valid_from, draft.valid_to)
        closing = rules.closes(prices.published(uow.session), validity, today)
        if closing is not None:
            previous, last_day = closing
            uow.session.execute(
                sa.update(PriceList)
                .where(PriceList.id == previous)
                .values(valid_to=last_day, version=PriceList.version + 1)
            )
        draft.state, draft.version = "published", draft.version + 1
        draft.published_at, draft.published_by = now(), who(caller)
        uow.session.flush()
        uow.emit(
            m.PriceListPublished(
                price_list_id=draft.id,
                title=draft.title,
                legal_basis=draft.legal_basis,
                valid_from=draft.valid_from,
            )
        )
        uow.audit(
            "billing.price_list.publish",
            on=("price_list", draft.id),
            right=by_right(caller, ""),
            detail={"title": draft.title, "valid_from": str(draft.valid_from), "closed": str(closing or "")},
        )
        return prices.shown(uow.session, prices.row(uow.session, draft.id), today)
