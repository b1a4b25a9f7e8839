"""Staff help somebody who lost every second factor, and demand one of somebody."""

from __future__ import annotations

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done
from services.identity.messages import RequireSecondFactor, ResetSecondFactor, SessionsEnded
from services.identity.store import factors, guards
from services.identity.store.tables import User
from services.identity.tools import Tools
from services.identity.usecases.proving import tell
from services.identity.usecases.sessions_common import end_sessions


def reset(db: Database, request: ResetSecondFactor, caller: Caller) -> SessionsEnded:
    """Take away every second factor of a person and end their sessions.

    Raises PortalError not_found, not_yourself, no_second_factor, required (without a word on how they were identified).
    """
    moment = now()
    if not request.note:
        raise PortalError("required", field="note")
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, request.user_id, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if user.id == caller.user:
            raise PortalError("identity.not_yourself")
        if not factors.of(unit.session, user.id).enrolled:
            raise PortalError("identity.no_second_factor")
        factors.forget(unit.session, user.id)
        guards.forgive(unit.session, guards.of_factor(user.id))
        ended = end_sessions(unit, user.id, moment, "second_factor_reset")
        unit.audit(
            "identity.second_factor.reset",
            on=("user", user.id),
            detail={"reason": request.reason, "note": request.note, "sessions_ended": ended},
        )
        tell(unit, user.id, "second_factor_reset")
    return SessionsEnded(count=ended)


def require(db: Database, tools: Tools, request: RequireSecondFactor, caller: Caller) -> Done:
    """Demand a second factor of a person, or no more; repeating it is harmless. Raises PortalError not_found."""
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, request.user_id, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if user.second_factor_required != request.required:
            user.second_factor_required = request.required
            user.version += 1
            unit.audit("identity.second_factor.require", on=("user", user.id), detail={"required": request.required})
            if request.required and not factors.of(unit.session, user.id).enrolled:
                # They set it up at the next sign-in, which is now.
                end_sessions(unit, user.id, now(), "second_factor_required")
    return Done()
