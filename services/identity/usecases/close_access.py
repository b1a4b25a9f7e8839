"""My access is compromised: every session and the password end at once; the way back is a one-time link (S1-41)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from services.identity.messages import CloseAccess, SessionsEnded, UserAccessClosed
from services.identity.store import links as store
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import links
from services.identity.usecases.sessions_common import end_sessions, network_address, person


def run(db: Database, tools: Tools, request: CloseAccess, caller: Caller) -> SessionsEnded:
    """Close the access of the caller, or of the holder of a link sent for it. Raises PortalError link_dead."""
    moment = now()
    address = network_address(request.address)
    with db.unit_of_work(caller) as unit:
        if request.token is not None:
            row = links.held(unit, tools, request.token)
            if row.purpose != "compromise":
                raise PortalError("identity.link_dead")
            user: User | None = links.use(unit, row, moment)
        else:
            user = unit.session.get(User, caller.user, with_for_update=True) if caller.user else None
        if user is None:
            raise PortalError("unauthenticated")
        if user.status != "active":
            raise PortalError("identity.link_dead")
        unit.caller = person(user, caller.session, caller.client, address)
        password = unit.session.get(Password, user.id, with_for_update=True)
        if password is not None:
            password.blocked_at = moment
        store.end_open(unit.session, user.id, moment)
        ended = end_sessions(unit, user.id, moment, "compromised")
        unit.audit(
            "identity.user.close_access",
            on=("user", user.id),
            detail={"by": "link" if request.token else "session", "note": request.note, "sessions_ended": ended},
        )
        unit.emit(
            UserAccessClosed(
                user_id=user.id,
                name=user.name,
                email=user.email,
                language=user.language,
                address=address,
                note=request.note,
            )
        )
        if user.password_allowed:
            links.issue(unit, tools, user, "password_reset")
    return SessionsEnded(count=ended)
