"""A person chooses the client they act for."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.errors import PortalError
from services.identity.domain import representation as rules
from services.identity.messages import ChooseClient, ListMyClients, MyClients, SignedIn
from services.identity.store import representations
from services.identity.tools import Tools
from services.identity.usecases.sessions_common import own_session, rotated
from services.identity.usecases.views import representation


def list_mine(db: Database, request: ListMyClients, caller: Caller) -> MyClients:
    """Return the clients the caller may act for today."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    day = riga_today()
    with db.reading() as connection:
        rows = representations.of_user(connection, caller.user)
    return MyClients(items=[shown for row in rows if (shown := representation(row, day)).in_force])


def choose(db: Database, tools: Tools, request: ChooseClient, caller: Caller) -> SignedIn:
    """Act for another client from now on. Raises PortalError client_not_yours, session_ended."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = own_session(unit, caller, moment)
        mandates = representations.mandates(unit.session, row.user_id)
        if rules.chosen(mandates, request.client_id, riga_day(moment)) is None:
            raise PortalError("identity.client_not_yours", field="client_id")
        unit.audit("identity.session.choose_client", on=("session", row.session_id), client=request.client_id)
        return rotated(unit, tools, row, mandates, request.client_id, moment)
