"""A person sees, adds and takes away the ways they sign in beside the password (S0-16, S1-08)."""

from __future__ import annotations

from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done
from chassis.unit_of_work import UnitOfWork
from services.identity.domain.assurance import without_login
from services.identity.messages import (
    ConfirmLink,
    LinkedLogin,
    LinkedLogins,
    ListLinkedLogins,
    UnlinkLogin,
    UserCredentialsChanged,
)
from services.identity.store import linked_logins as store
from services.identity.store import login_attempts as attempts
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import codes
from services.identity.usecases import external_people as people
from services.identity.usecases.sessions_common import fallen, network_address
from services.identity.usecases.views import provider_name


def list_own(db: Database, tools: Tools, request: ListLinkedLogins, caller: Caller) -> LinkedLogins:
    """Return the caller's linked logins."""
    with db.reading() as connection:
        rows = store.of_user(connection, caller.user)
        has_password = store.has_password(connection, caller.user)
    return LinkedLogins(items=[_shown(tools, row, has_password or len(rows) > 1) for row in rows])


def _shown(tools: Tools, row: Any, removable: bool) -> LinkedLogin:
    return LinkedLogin(
        login_id=row.id,
        provider=row.provider,
        provider_name=provider_name(tools.providers, row.provider),
        name=row.name,
        person_code=codes.shown_person_code(row.person_code, full=False),
        assurance=row.assurance,
        how=row.how,
        linked_at=row.linked_at,
        last_used_at=row.last_used_at,
        removable=removable,
    )


def confirm(db: Database, tools: Tools, request: ConfirmLink, caller: Caller) -> LinkedLogins:
    """Link whoever the provider vouched for to the caller, who began it in this browser. Raises PortalError."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        row = attempts.waiting(unit.session, request.ticket, request.browser, moment, lock=True)
        # Begun by another account in this browser: that account's link, not this one's.
        if row is None or row.waits_for != "link" or row.user_id is None or row.user_id != caller.user:
            raise PortalError("identity.login_expired")
        identity, provider = people.from_json(row.identity), tools.providers.get(row.provider)
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None or user.status != "active":
            raise PortalError("identity.user_blocked")
        store.lock(unit.session)
        if any(owner != user.id for owner in store.owners(unit.session, identity)):
            raise PortalError("identity.login_taken")
        if store.holds(unit.session, user.id, identity):
            raise PortalError("identity.login_linked_already")
        linked = store.add(unit.session, user.id, identity, "profile", moment)
        attempts.done(unit.session, row.id, moment)
        unit.audit(
            "identity.login.link",
            on=("login", linked.id),
            detail={"provider": provider.id, "assurance": identity.assurance},
        )
        _tell(unit, user, "login_linked", getattr(provider.config.name, user.language))
    return list_own(db, tools, ListLinkedLogins(), caller)


def unlink(db: Database, tools: Tools, request: UnlinkLogin, caller: Caller) -> Done:
    """Take one of the caller's logins away. Raises PortalError not_found, login_last_way."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user, with_for_update=True)
        rows = store.of_user(unit.session, caller.user)
        wanted = next((row for row in rows if row.id == request.login_id), None)
        if user is None or wanted is None:
            raise PortalError("not_found")
        password = unit.session.get(Password, user.id) if user.password_allowed else None
        if len(rows) == 1 and (password is None or password.blocked_at is not None):
            raise PortalError("identity.login_last_way")
        store.end(unit.session, user.id, moment, caller.actor, only=wanted.id)
        lowered = fallen(
            unit, user.id, lambda row: without_login(row.assurance, row.method, row.second_factor, wanted.provider)
        )
        detail = {"provider": wanted.provider, "sessions_lowered": lowered}
        unit.audit("identity.login.unlink", on=("login", wanted.id), detail=detail)
        _tell(unit, user, "login_unlinked", tools.providers.name(wanted.provider, user.language))
    return Done()


def _tell(unit: UnitOfWork, user: User, what: Any, provider: str) -> None:
    unit.emit(
        UserCredentialsChanged(
            user_id=user.id,
            name=user.name,
            email=user.email,
            language=user.language,  # type: ignore[arg-type]
            what=what,
            provider=provider or None,
            address=network_address(None),
        )
    )
