"""A user gives up the use of the portal, or acting for one client; at once, open sessions included (S0-24, S1-47)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import Withdraw, Withdrawn
from services.identity.store.tables import Client, Representation, User
from services.identity.usecases import access_steps, end_representation

REASON = "own_request"


def run(db: Database, request: Withdraw, caller: Caller) -> Withdrawn:
    """End what the caller gives up. Raises PortalError confirmation_needed, not_found.

    Nobody is kept: the last main user of a client may go, too; staff then find a client without one.
    """
    if not request.confirmed:
        raise PortalError("identity.confirmation_needed", field="confirmed")
    moment = now()
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None or user.kind != "customer":
            raise PortalError("not_found")
        held = _held(unit, user, request)
        names = [name for _, name in held]
        if request.client_id is not None:
            return _one(unit, user, held[0][0], names, request.note, moment)
        ended = access_steps.discontinue(unit, user, REASON, request.note, moment)
        unit.audit("identity.user.withdraw", on=("user", user.id), detail={"clients": names, "note": request.note})
        return Withdrawn(everything=True, sessions=ended, clients=names)


def _held(unit: UnitOfWork, user: User, request: Withdraw) -> list[tuple[Representation, str]]:
    statement = (
        sa.select(Representation, Client.name)
        .join(Client, Client.id == Representation.client_id)
        .where(Representation.user_id == user.id, Representation.ended_at.is_(None))
        .order_by(Client.sort_key)
    )
    if request.client_id is not None:
        statement = statement.where(Representation.client_id == request.client_id)
    found = [(row[0], row[1]) for row in unit.session.execute(statement.with_for_update(of=Representation))]
    if request.client_id is not None and not found:
        raise PortalError("not_found", field="client_id")
    return found


def _one(
    unit: UnitOfWork, user: User, held: Representation, names: list[str], note: str | None, moment: datetime
) -> Withdrawn:
    end_representation.close(unit, held, REASON, note, moment)
    unit.audit(
        "identity.user.withdraw",
        on=("user", user.id),
        client=held.client_id,
        detail={"representation": str(held.id), "note": note},
    )
    return Withdrawn(everything=False, sessions=0, clients=names)
