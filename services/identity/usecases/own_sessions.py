"""A person sees and ends their own sessions."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_cursor
from chassis.messages import Done
from services.identity.messages import (
    EndOtherSessions,
    EndSession,
    ListSessions,
    SessionList,
    SessionsEnded,
    SignOut,
)
from services.identity.store import sessions
from services.identity.tools import Tools
from services.identity.usecases.sessions_common import end_sessions, unseen
from services.identity.usecases.views import session_row


def sign_out(db: Database, request: SignOut, caller: Caller) -> Done:
    """End the caller's own session; a session that is over already stays over."""
    if caller.user is None or caller.session is None:
        return Done()
    with db.unit_of_work(caller) as unit:
        if end_sessions(unit, caller.user, now(), "signed_out", only=caller.session):
            unit.audit("identity.session.end", on=("session", caller.session), detail={"reason": "signed_out"})
    return Done()


def list_own(db: Database, tools: Tools, request: ListSessions, caller: Caller) -> SessionList:
    """Return the caller's sessions in force."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    moment = now()
    audience = "staff" if caller.kind == "staff" else "customer"
    idle_since = moment - tools.settings.limits(audience).idle - unseen(tools)
    after = decode_place(request.after) if request.after else None
    with db.reading() as connection:
        rows = sessions.open_of(connection, caller.user, moment, idle_since, after, request.limit + 1)
    shown = rows[: request.limit]
    return SessionList(
        items=[session_row(row, caller.session, tools.providers) for row in shown],
        next=encode_cursor([shown[-1].last_used_at, shown[-1].id]) if len(rows) > request.limit else None,
    )


def end_one(db: Database, request: EndSession, caller: Caller) -> Done:
    """End one of the caller's sessions. Raises PortalError not_found for anybody else's."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    with db.unit_of_work(caller) as unit:
        if not end_sessions(unit, caller.user, now(), "ended_by_user", only=request.session_id):
            raise PortalError("not_found")
        unit.audit("identity.session.end", on=("session", request.session_id), detail={"reason": "ended_by_user"})
    return Done()


def end_others(db: Database, request: EndOtherSessions, caller: Caller) -> SessionsEnded:
    """End all sessions of the caller but the present one."""
    if caller.user is None:
        raise PortalError("unauthenticated")
    with db.unit_of_work(caller) as unit:
        count = end_sessions(unit, caller.user, now(), "ended_by_user", but=caller.session)
        unit.audit("identity.session.end_others", on=("user", caller.user), detail={"count": count})
    return SessionsEnded(count=count)
