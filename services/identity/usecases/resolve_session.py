"""The gateway trades a cookie for a signed token."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from chassis.errors import PortalError
from services.identity.domain.sessions import is_over
from services.identity.messages import ResolveSession, Session
from services.identity.store import representations, sessions
from services.identity.tools import Tools
from services.identity.usecases.sessions_common import issue, unseen


def run(db: Database, tools: Tools, request: ResolveSession, caller: Caller) -> Session:
    """Return a fresh token for a session in force. Raises PortalError session_ended for anything else."""
    moment = now()
    with db.reading() as connection:
        row = sessions.by_secret(connection, request.secret, riga_day(moment))
        if row is None or row.status != "active":
            raise PortalError("identity.session_ended")
        if is_over(moment, row.last_used_at, row.ends_at, tools.settings.limits(row.audience), unseen(tools)):
            raise PortalError("identity.session_ended")
        mandates = representations.mandates(connection, row.user_id) if row.kind == "customer" else []
    if moment - row.last_used_at >= sessions.TOUCH_AFTER:
        with db.unit_of_work(caller) as unit:
            sessions.touch(unit.session, row.session_id, moment)
    return issue(tools, row, mandates, moment)
