"""Coming in by a one-time link: the account is activated, or a new password is set (S3-19, S1-34, S3-34, C8, C9).

The link itself signs in. Whoever holds it has shown more than a password would, and somebody who keeps guessing at the
account, and so keeps it locked, cannot keep its owner out.
"""

from __future__ import annotations

from datetime import datetime

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day
from chassis.errors import PortalError
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import SignedIn, UseLink, UserActivated
from services.identity.store import links as store
from services.identity.store import representations, sessions
from services.identity.store.tables import Password, User
from services.identity.tools import Tools
from services.identity.usecases import links
from services.identity.usecases.own_password import check, set_password, tell_changed
from services.identity.usecases.sessions_common import (
    end_sessions,
    issue,
    network_address,
    open_session,
    person,
    terms_on_record,
)

PURPOSES = ("activation", "password_reset")


def run(db: Database, tools: Tools, request: UseLink, caller: Caller) -> SignedIn:
    """Use the link up and open a session. Raises PortalError link_dead, required, password_*."""
    moment = now()
    fresh = _hash(db, tools, request, caller)
    address = network_address(request.address)
    with db.unit_of_work(caller) as unit:
        sessions.begins(unit.session)
        row = links.held(unit, tools, request.token)
        user = links.use(unit, row, moment)
        if links.purpose_for(user) != row.purpose or (fresh is None) != (not user.password_allowed):
            raise PortalError("identity.link_dead")
        unit.caller = person(user, None, None, address)
        before = _let_in(unit, user, row.purpose, moment)
        if fresh is not None:
            set_password(unit, user, fresh, moment)
        store.end_open(unit.session, user.id, moment)
        ended = end_sessions(unit, user.id, moment, "link_used")
        unit.audit(
            "identity.link.use",
            on=("user", user.id),
            detail={"purpose": row.purpose, "link": str(row.id), "status_before": before, "sessions_ended": ended},
        )
        if row.purpose == "password_reset":
            tell_changed(unit, user, "password", address)
        return _enter(unit, tools, user, request, address, moment)


def _hash(db: Database, tools: Tools, request: UseLink, caller: Caller) -> str | None:
    """Check the new password and hash it, outside the transaction that uses the link up: it takes its time."""
    with db.unit_of_work(caller) as unit:
        row = links.held(unit, tools, request.token)
        user = unit.session.get_one(User, row.user_id)
        if row.purpose not in PURPOSES:
            raise PortalError("identity.link_dead")
        if not user.password_allowed:
            return None
        if not request.new_password:
            raise PortalError("required", field="new_password")
        check(unit.session, tools, user, request.new_password)
        kept = unit.session.get(Password, user.id)
        # A password that others know, or that staff want changed, must not come back.
        compared = kept.hash if kept and (kept.blocked_at or user.must_change_password) else None
    if compared is not None and tools.hasher.matches(compared, request.new_password):
        raise PortalError("identity.password_same", field="new_password")
    return tools.hasher.hash(request.new_password)


def _let_in(unit: UnitOfWork, user: User, purpose: str, moment: datetime) -> str:
    """Make the user active, and return what they were before."""
    before = user.status
    user.last_sign_in_at = moment
    if purpose == "activation":
        user.status = "active"
        user.blocked_reason = user.blocked_until = None
        user.version += 1
        unit.audit("identity.user.activate", on=("user", user.id), detail={"status_before": before})
        unit.emit(
            UserActivated(user_id=user.id, kind=user.kind, name=user.name, email=user.email, language=user.language)
        )
    return before


def _enter(
    unit: UnitOfWork, tools: Tools, user: User, request: UseLink, address: str | None, moment: datetime
) -> SignedIn:
    unit.session.flush()
    mandates = representations.mandates(unit.session, user.id)
    secret, record = open_session(
        unit,
        tools,
        user_id=user.id,
        audience=user.kind,
        mandates=mandates,
        method="link",
        assurance="low",
        address=address,
        user_agent=request.user_agent,
        now=moment,
    )
    session = issue(tools, sessions.by_id(unit.session, record.id, riga_day(moment)), mandates, moment)
    unit.caller = person(user, record.id, record.client_id, address)
    detail = {"method": record.method, "device": record.device, **terms_on_record(record, session)}
    unit.audit("identity.session.start", on=("session", record.id), detail=detail)
    return SignedIn(
        secret=secret,
        ends_at=record.ends_at,
        session=session,
        must_accept_terms=session.claims.terms_to_accept is not None,
        gate=session.claims.gate,
    )
