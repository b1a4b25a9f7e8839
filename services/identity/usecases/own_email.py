"""A person's user name proves to be their address: a new one, of which the old one is told, or one that was typed at
a first login (S1-06, S1-43, S3-28).
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done
from services.identity.domain.emails import email_key
from services.identity.messages import ChangeEmail, ConfirmEmail, EmailConfirmed, UserUpdated
from services.identity.store import guards, users
from services.identity.store import links as store
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import guarding, links
from services.identity.usecases.own_password import tell_changed
from services.identity.usecases.sessions_common import network_address, refresh_sessions


def ask(db: Database, tools: Tools, request: ChangeEmail, caller: Caller) -> Done:
    """Send the link to the new address and a notice to the old one; nothing changes yet.

    Raises PortalError password_wrong, email_malformed, email_same. An address that is taken gets no link, and the
    answer does not tell.
    """
    key = email_key(request.email)
    if key is None:
        raise PortalError("identity.email_malformed", field="email")
    _prove(db, tools, request, caller)
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if key == user.email_key:
            raise PortalError("identity.email_same", field="email")
        taken = unit.session.execute(sa.select(User.id).where(User.email_key == key)).first() is not None
        unit.audit("identity.user.ask_email_change", on=("user", user.id), outcome="refused" if taken else "done")
        tell_changed(unit, user, "email_asked", network_address(None))
        if not taken:
            links.issue(unit, tools, user, "email_change", email=request.email)
    return Done()


def _prove(db: Database, tools: Tools, request: ChangeEmail, caller: Caller) -> None:
    """Ask whoever has a password for it; guesses count like those at the door (C8)."""
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user)
        password = unit.session.get(Password, caller.user)
        if user is None:
            raise PortalError("not_found")
        if password is None or not user.password_allowed:
            return
        kept = password.hash
    subject, policy = guards.of_user(user.id), tools.settings.lock_policy
    seen = guarding.look(db, tools, caller, subject, kept, request.password)
    with db.unit_of_work(caller) as unit:
        if seen.right:
            guards.forgive(unit.session, subject)
            return
        unit.audit("identity.user.ask_email_change", on=("user", user.id), outcome="refused")
        if seen.admitted:
            guarding.count_failure(unit, subject, now(), policy, user, network_address(None))
    raise PortalError("identity.password_wrong", field="password")


def confirm(db: Database, tools: Tools, request: ConfirmEmail, caller: Caller) -> EmailConfirmed:
    """Make the address the link was sent to the user name. Raises PortalError link_dead, email_taken and, for one that
    was typed at a first login, email_proof_elsewhere.
    """
    moment = now()
    try:
        with db.unit_of_work(caller) as unit:
            row = links.held(unit, tools, request.token)
            if row.purpose not in ("email_change", "email_proof"):
                raise PortalError("identity.link_dead")
            if row.purpose == "email_proof" and caller.user != row.user_id:
                raise PortalError("identity.email_proof_elsewhere")
            user = links.use(unit, row, moment)
            if user.status != "active":
                raise PortalError("identity.link_dead")
            if row.purpose == "email_proof":
                user.email_unproven = False
                user.version += 1
                unit.audit("identity.user.prove_email", on=("user", user.id), detail={"link": str(row.id)})
                refresh_sessions(unit, user.id)
                return EmailConfirmed(email=user.email, audience=user.kind)
            before = user.email
            if not user.email_unproven:
                users.remember_email(user, before)
            user.email_unproven = False
            user.email, user.email_key = row.email, email_key(row.email) or row.email
            user.version += 1
            users.describe(user)
            unit.session.flush()
            # By the right of the link, whoever opened it: it may be another browser than the one that asked.
            unit.audit("identity.user.change_email", on=("user", user.id), right="link", detail={"link": str(row.id)})
            unit.emit(
                UserUpdated(user_id=user.id, name=user.name, email=user.email, phone=user.phone, language=user.language)
            )
            # The notice to the old address is the way back to it, should it not have been its owner who changed it.
            links.issue(unit, tools, user, "email_undo", email=before)
            refresh_sessions(unit, user.id)
            return EmailConfirmed(email=user.email, audience=user.kind)
    except IntegrityError as error:
        raise PortalError("identity.email_taken", field="email") from error


def send_proof(db: Database, tools: Tools, caller: Caller) -> Done:
    """Send the link for an address that was typed once more. Raises PortalError email_proven, too_many."""
    with db.unit_of_work(caller) as unit:
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        if not user.email_unproven:
            raise PortalError("identity.email_proven")
        if store.count_since(unit.session, user.id, now() - timedelta(hours=1)) >= tools.settings.links_per_hour:
            raise PortalError("too_many")
        links.issue(unit, tools, user, "email_proof")
    return Done()
