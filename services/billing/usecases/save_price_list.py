"""An accountant makes, changes and throws away drafts of price lists."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.billing import messages as m
from services.billing.domain import prices as rules
from services.billing.store import prices
from services.billing.store.tables import PriceList
from services.billing.usecases.common import by_right, who


def create(db: Database, request: m.CreatePriceList, caller: Caller) -> m.PriceList:
    """Make a draft, empty or with the items of another version."""
    rules.check_draft(request.valid_from, request.valid_to, [])
    with db.unit_of_work(caller) as uow:
        done = uow.replayed(request, m.PriceList)
        if done is not None:
            return done
        copied: list[m.PriceItem] = []
        if request.copy_from is not None:
            if prices.row(uow.session, request.copy_from) is None:
                raise PortalError("not_found", field="copy_from")
            copied = [m.PriceItem.model_validate(vars(i)) for i in prices.items(uow.session, request.copy_from)]
        draft = PriceList(
            id=new_id(),
            title=request.title,
            legal_basis=request.legal_basis,
            valid_from=request.valid_from,
            valid_to=request.valid_to,
            state="draft",
            created_by=who(caller),
        )
        uow.session.add(draft)
        uow.session.flush()
        prices.replace_items(uow.session, draft.id, copied)
        _audit(uow, "create", draft.id, {"title": request.title, "copied_from": str(request.copy_from or "")})
        return uow.remember(request, _shown(uow, draft.id))


def save(db: Database, request: m.SavePriceList, caller: Caller) -> m.PriceList:
    """Replace a draft with what the accountant has now."""
    rules.check_draft(request.valid_from, request.valid_to, as_rules(request.items))
    with db.unit_of_work(caller) as uow:
        draft = held_draft(uow, request.price_list_id, request.version)
        draft.title, draft.legal_basis = request.title, request.legal_basis
        draft.valid_from, draft.valid_to = request.valid_from, request.valid_to
        draft.version += 1
        uow.session.flush()
        prices.replace_items(uow.session, draft.id, request.items)
        _audit(uow, "save", draft.id, {"version": draft.version, "items": len(request.items)})
        return _shown(uow, draft.id)


def drop(db: Database, request: m.DropPriceList, caller: Caller) -> Done:
    """Throw a draft away."""
    with db.unit_of_work(caller) as uow:
        draft = held_draft(uow, request.price_list_id, request.version)
        uow.session.execute(sa.delete(PriceList).where(PriceList.id == draft.id))
        _audit(uow, "drop", draft.id, {"title": draft.title})
        return Done()


def held_draft(uow: UnitOfWork, price_list_id: UUID, version: int) -> PriceList:
    """Lock a draft. Raises not_found, price_list_published, stale when somebody else changed it meanwhile."""
    draft = uow.session.get(PriceList, price_list_id, with_for_update=True)
    if draft is None:
        raise PortalError("not_found")
    if draft.state == "published":
        raise PortalError("billing.price_list_published")
    if draft.version != version:
        raise PortalError("stale")
    return draft


def as_rules(items: Sequence[m.PriceItem]) -> list[rules.PriceItem]:
    """Return items as the rules know them."""
    return [rules.PriceItem(**item.model_dump()) for item in items]


def _shown(uow: UnitOfWork, price_list_id: UUID) -> m.PriceList:
    return prices.shown(uow.session, prices.row(uow.session, price_list_id), riga_today())


def _audit(uow: UnitOfWork, verb: str, price_list_id: UUID, detail: dict[str, object]) -> None:
    uow.audit(
        f"billing.price_list.{verb}",
        on=("price_list", price_list_id),
        right=by_right(uow.caller, ""),
        detail=detail,
    )
