"""Staff send a new link on a written request, and demand that a password be changed (S1-34, S1-39)."""

from __future__ import annotations

from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import DemandPasswordChange, SendLink
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import links
from services.identity.usecases.sessions_common import refresh_sessions


def send_link(db: Database, tools: Tools, request: SendLink, caller: Caller) -> Done:
    """Send a link to the user's own address. Raises PortalError not_found, forbidden, wrong_access_state."""
    with db.unit_of_work(caller) as unit:
        user = _user(unit, request.user_id)
        purpose = links.purpose_for(user)
        if purpose is None:
            raise PortalError("identity.wrong_access_state")
        unit.audit("identity.user.send_link", on=("user", user.id), detail={"purpose": purpose, "note": request.note})
        links.issue(unit, tools, user, purpose)
    return Done()


def demand_change(db: Database, request: DemandPasswordChange, caller: Caller) -> Done:
    """Demand a new password, at once also where the user is signed in. Raises PortalError no_password."""
    with db.unit_of_work(caller) as unit:
        user = _user(unit, request.user_id)
        if unit.session.get(Password, user.id) is None or not user.password_allowed:
            raise PortalError("identity.no_password")
        user.must_change_password = True
        user.version += 1
        unit.audit("identity.user.demand_password_change", on=("user", user.id), detail={"note": request.note})
        refresh_sessions(unit, user.id)
    return Done()


def _user(unit: UnitOfWork, user_id: UUID) -> User:
    user = unit.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise PortalError("not_found")
    # As with blocks: a clerk must not reach into the access of those who watch over clerks.
    if user.kind == "staff" and not unit.caller.is_staff("administrator"):
        raise PortalError("forbidden")
    return user
