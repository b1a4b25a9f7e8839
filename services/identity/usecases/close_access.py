"""My access is compromised: every session and the password end at once; the way back is a one-time link (S1-41)."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.emails import email_key
from services.identity.messages import CloseAccess, SessionsEnded, UserAccessClosed, UserUpdated
from services.identity.store import access_steps, users
from services.identity.store import links as store
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import links, new_users
from services.identity.usecases.sessions_common import end_sessions, network_address, person


def run(db: Database, tools: Tools, request: CloseAccess, caller: Caller) -> SessionsEnded:
    """Close the access of the caller, or of the holder of a link sent for it. Raises PortalError link_dead."""
    moment = now()
    address = network_address(request.address)
    with db.unit_of_work(caller) as unit:
        if request.token is not None:
            row = links.held(unit, tools, request.token)
            if row.purpose not in ("compromise", "email_undo"):
                raise PortalError("identity.link_dead")
            user: User | None = links.use(unit, row, moment)
        else:
            user = unit.session.get(User, caller.user, with_for_update=True) if caller.user else None
        if user is None:
            raise PortalError("unauthenticated")
        if user.status != "active":
            raise PortalError("identity.link_dead")
        unit.caller = person(user, caller.session, caller.client, address)
        if request.token is not None and row.purpose == "email_undo":
            _take_back(unit, user, row.email)
        password = unit.session.get(Password, user.id, with_for_update=True)
        if password is not None:
            password.blocked_at = moment
        took_back = request.token is not None and row.purpose == "email_undo"
        store.end_open(unit.session, user.id, moment, undo=took_back)
        ended = end_sessions(unit, user.id, moment, "compromised")
        access_steps.add(unit.session, user, "access_closed", "compromise_reported", request.note, unit.caller)
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


def _take_back(unit: UnitOfWork, user: User, email: str) -> None:
    """Make the address a link was sent to the user name again, when somebody has put another in its place."""
    key = email_key(email)
    if key is None or key == user.email_key or new_users.by_email(unit.session, email) is not None:
        return
    given_up = user.email
    user.email, user.email_key, user.email_unproven = email, key, False
    user.former_emails = [one for one in user.former_emails if one != email]
    user.version += 1
    users.describe(user)
    unit.audit("identity.user.take_back_email", on=("user", user.id), right="link", detail={"instead_of": given_up})
    unit.emit(
        UserUpdated(user_id=user.id, name=user.name, email=user.email, phone=user.phone, language=user.language)
    )
