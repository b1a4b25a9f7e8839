"""Somebody who is signed in proves once more that it is them, at their provider (step-up without a password)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from services.identity.domain.assurance import is_anew
from services.identity.domain.external import ExternalIdentity, strong_enough
from services.identity.messages import LoginFinished
from services.identity.providers.base import SKEW_SECONDS, Provider
from services.identity.store import linked_logins, login_attempts
from services.identity.store.tables import SessionRecord, User
from services.identity.tools import Tools
from services.identity.usecases.sessions_common import own_session, person, proven


def run(
    db: Database,
    tools: Tools,
    provider: Provider,
    attempt: Any,
    identity: ExternalIdentity,
    moment: datetime,
    caller: Caller,
) -> LoginFinished:
    """Make the session fresh in which the attempt was begun, and as sure as the provider is.

    Raises PortalError login_too_weak, login_other_person, login_not_anew, session_ended.
    """
    if not strong_enough(identity.assurance, provider.config.required_assurance):
        raise PortalError("identity.login_too_weak")
    # The provider was asked to ask again; whoever sits at a screen left open must not confirm by a session there.
    if not is_anew(identity.auth_time, attempt.started_at, timedelta(seconds=SKEW_SECONDS)):
        raise PortalError("identity.login_not_anew")
    with db.unit_of_work(caller) as unit:
        if attempt.user_id not in linked_logins.owners(unit.session, identity):
            raise PortalError("identity.login_other_person")
        # The session's row is the lock: of two proofs at the same moment the second finds what the first one left.
        if unit.session.get(SessionRecord, attempt.session_id, with_for_update=True) is None:
            raise PortalError("identity.session_ended")
        user = unit.session.get(User, attempt.user_id)
        if user is None:
            raise PortalError("identity.session_ended")
        unit.caller = replace(person(user, attempt.session_id, None, caller.address), language=caller.language)
        row = own_session(unit, unit.caller, moment)
        if row.gate is not None:
            raise PortalError("conflict")
        way = f"{provider.config.kind}:{provider.id}"
        signed_in = proven(unit, tools, row, way, moment, identified=identity.assurance)
        linked_logins.used(unit.session, user.id, identity, moment)
        login_attempts.done(unit.session, attempt.id, moment)
        unit.audit(
            "identity.session.step_up",
            on=("session", row.session_id),
            detail={"way": way, "assurance": signed_in.session.claims.assurance, "identified_by": identity.auth_method},
        )
    return LoginFinished(outcome="confirmed", target=attempt.target, signed_in=signed_in, kept=attempt.kept)
