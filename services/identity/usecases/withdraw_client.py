"""A client gives up the portal: everybody's right to act for it ends at once (S0-24, S1-47, S1-55)."""

from __future__ import annotations

import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import FieldError, PortalError
from services.identity.messages import ClientWithdrawn, WithdrawClient
from services.identity.store.tables import Client, Representation, User
from services.identity.usecases import end_representation

REASON = "client_request"


def run(db: Database, request: WithdrawClient, caller: Caller) -> ClientWithdrawn:
    """End every open right to act for the client, those that begin later too.

    Raises PortalError confirmation_needed, required, day_ahead, nobody_acts, not_found. Users keep their accounts: they
    may act for others, and whoever acts for nobody is found by the sweep (S1-56).
    """
    client_id = scoped_client(caller, request.client_id)
    if caller.kind == "staff":
        _check_paper(request)
    if client_id is None:
        raise PortalError("required", field="client_id")
    if not request.confirmed:
        raise PortalError("identity.confirmation_needed", field="confirmed")
    moment = now()
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, ClientWithdrawn)
        if done is not None:
            return done
        # The client's row is the lock, as wherever one of its representations ends.
        if unit.session.execute(sa.select(Client.id).where(Client.id == client_id).with_for_update()).first() is None:
            raise PortalError("not_found")
        held = unit.session.execute(
            sa.select(Representation, User.name)
            .join(User, User.id == Representation.user_id)
            .where(Representation.client_id == client_id, Representation.ended_at.is_(None))
            .order_by(Representation.id)
            .with_for_update(of=Representation)
        ).all()
        if not held:
            raise PortalError("identity.nobody_acts")
        for representation, _ in held:
            end_representation.close(unit, representation, REASON, request.note, moment)
        names = sorted({name for _, name in held})
        unit.audit(
            "identity.client.withdraw",
            on=("client", client_id),
            client=client_id,
            right="users.manage" if caller.kind == "user" else None,
            detail={
                "users": [str(representation.user_id) for representation, _ in held],
                "channel": request.channel,
                "received_on": request.received_on.isoformat() if request.received_on else None,
                "note": request.note,
            },
        )
        return unit.remember(request, ClientWithdrawn(users=names))


def _check_paper(request: WithdrawClient) -> None:
    """Raise PortalError for a signed withdrawal of which staff do not say how and when it came."""
    missing = [FieldError(name, "required") for name in ("channel", "received_on") if getattr(request, name) is None]
    if missing:
        if not request.confirmed:  # said with the others, not in a second round
            missing.append(FieldError("confirmed", "identity.confirmation_needed"))
        raise PortalError.many(missing)
    if request.received_on is not None and request.received_on > riga_today():
        raise PortalError("identity.day_ahead", field="received_on")
