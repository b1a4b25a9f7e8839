"""A person sees and changes their own data, and their password (S1-37, S1-43, S3-04, C1)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from chassis.access import is_stale
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import FieldError, PortalError
from services.identity.domain import emails
from services.identity.domain.passwords import faults
from services.identity.messages import (
    ChangePassword,
    GetProfile,
    Profile,
    SessionChanged,
    SessionsEnded,
    UpdateProfile,
    UserUpdated,
)
from services.identity.store import factors, guards, representations, users
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import guarding, views
from services.identity.usecases.own_password import own_data, set_password, tell_changed
from services.identity.usecases.sessions_common import end_sessions, network_address, refresh_sessions


def get(db: Database, request: GetProfile, caller: Caller) -> Profile:
    """Return the caller's own data."""
    with db.reading() as connection:
        row = users.profile(connection, caller.user)
        if row is None:
            raise PortalError("not_found")
        return views.profile(row, list(representations.of_user(connection, row.id)), riga_today())


def update(db: Database, request: UpdateProfile, caller: Caller) -> Profile:
    """Change name, telephone or language. Raises PortalError stale, required, identity.phone_malformed."""
    changes = _changes(request)
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if request.version is not None and request.version != user.version:
            raise PortalError("stale")
        changed = [field for field, value in changes.items() if getattr(user, field) != value]
        if changed:
            if "name" in changed:
                users.remember_name(user, user.name)
            for field in changed:
                setattr(user, field, changes[field])
            user.version += 1
            users.describe(user)
            unit.audit("identity.user.update", on=("user", user.id), detail={"fields": changed})
            unit.emit(
                UserUpdated(user_id=user.id, name=user.name, email=user.email, phone=user.phone, language=user.language)
            )
            if caller.session and {"name", "language"} & set(changed):
                unit.emit(SessionChanged(session_id=caller.session, user_id=user.id))
        unit.session.flush()
        row = users.profile(unit.session, user.id)
        return views.profile(row, list(representations.of_user(unit.session, user.id)), riga_today())


def _changes(request: UpdateProfile) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if request.name is not None:
        if not request.name:
            raise PortalError("required", field="name")
        changes["name"] = request.name
    if request.phone is not None:
        changes["phone"] = emails.phone(request.phone) if request.phone else None
        if request.phone and changes["phone"] is None:
            raise PortalError("identity.phone_malformed", field="phone")
    if request.language is not None:
        changes["language"] = request.language
    return changes


def change_password(db: Database, tools: Tools, request: ChangePassword, caller: Caller) -> SessionsEnded:
    """Set a new password; the old one is asked, and guesses at it count like those at the door (C8)."""
    moment = now()
    policy = tools.settings.lock_policy
    with db.unit_of_work(caller) as unit:
        user, password = _own_password(unit.session, caller)
        found = faults(request.new_password, tools.settings.password_policy, own_data(unit.session, user), tools.common)
        if found:
            raise PortalError.many(found)
        kept = password.hash
        # The old password is proof enough, unless the account has a better one.
        if is_stale(caller) and factors.of(unit.session, user.id).enrolled:
            raise PortalError("step_up_needed")
    subject = guards.of_user(user.id)
    seen = guarding.look(db, tools, caller, subject, kept, request.old_password)
    if not seen.right:
        with db.unit_of_work(caller) as unit:
            unit.audit("identity.user.change_password", on=("user", user.id), outcome="refused")
            if seen.admitted:
                guarding.count_failure(unit, subject, now(), policy, user, network_address(None))
        raise PortalError("identity.password_wrong", field="old_password")
    if tools.hasher.matches(kept, request.new_password):
        with db.unit_of_work(caller) as unit:
            guards.forgive(unit.session, subject)  # the old password was right
        raise PortalError.many([FieldError("new_password", "identity.password_same")])
    fresh = tools.hasher.hash(request.new_password)
    with db.unit_of_work(caller) as unit:
        user, password = _own_password(unit.session, caller, lock=True)
        if password.hash != kept:
            raise PortalError("conflict")
        guards.forgive(unit.session, subject)
        set_password(unit, user, fresh, moment)
        ended = end_sessions(unit, user.id, moment, "password_changed", but=caller.session)
        unit.audit("identity.user.change_password", on=("user", user.id), detail={"sessions_ended": ended})
        refresh_sessions(unit, user.id)
        tell_changed(unit, user, "password", network_address(None))
    return SessionsEnded(count=ended)


def _own_password(session: Session, caller: Caller, lock: bool = False) -> tuple[User, Password]:
    user = session.get(User, caller.user, with_for_update=lock or None)
    password = session.get(Password, caller.user, with_for_update=lock or None)
    if user is None:
        raise PortalError("not_found")
    if password is None or not user.password_allowed:
        raise PortalError("identity.own_no_password")
    return user, password
