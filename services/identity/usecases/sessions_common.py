"""What every use case about sessions shares: opening, rotating, telling, and the signed token."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from chassis import context
from chassis.caller import Caller, Objects
from chassis.days import RIGA, riga_day
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import assurance as levels
from services.identity.domain import entitlements, second_factor
from services.identity.domain import representation as rules
from services.identity.domain.devices import device
from services.identity.domain.representation import Mandate
from services.identity.messages import (
    LimitedRight,
    Session,
    SessionChanged,
    SessionClaims,
    SessionRevoked,
    SignedIn,
)
from services.identity.store import factors, representations, sessions, terms
from services.identity.store.tables import SessionRecord, User
from services.identity.tools import Tools
from services.identity.usecases import places

# How long somebody may take to give (or set up) the second factor.
HALF_OPEN = timedelta(minutes=15)


def network_address(stated: str | None) -> str | None:
    """Return the address to keep: what the request states, else what the gateway saw."""
    return stated or context.current().address


def person(row: Any, session_id: UUID | None, client_id: UUID | None = None, address: str | None = None) -> Caller:
    """Return an account as the caller who stands in the audit trail for what it does."""
    return Caller(
        kind="staff" if row.kind == "staff" else "user",
        user=row.id,
        client=client_id,
        session=session_id,
        name=row.name,
        language=row.language,
        address=address,
    )


def open_session(
    unit: UnitOfWork,
    tools: Tools,
    *,
    user_id: UUID,
    audience: str,
    mandates: list[Mandate],
    method: str,
    assurance: str,
    address: str | None,
    user_agent: str,
    now: datetime,
    proved_at: datetime | None = None,
) -> tuple[str, SessionRecord]:
    """Begin a session, acting for the client last acted for; return its secret and its record.

    It begins half open when the account owes a second factor; `assurance` says how surely the first one identified
    the person. `proved_at` is when the person proved it, if that was not now (a provider's own session). The sessions
    of the user used least recently end when there are too many.
    """
    sessions.begins(unit.session)
    secret, secret_hash = sessions.new_secret()
    owed = second_factor.gate(assurance, factors.of(unit.session, user_id), must_have_factor(unit, tools, user_id))
    absolute = tools.settings.limits(audience).absolute
    start = rules.first_choice(mandates, riga_day(now), sessions.last_client(unit.session, user_id))
    record = SessionRecord(
        id=new_id(),
        secret_hash=secret_hash,
        user_id=user_id,
        client_id=start.client_id if start else None,
        audience=audience,
        method=method,
        assurance=assurance,
        address=address,
        user_agent=user_agent[:500],
        terms_id=terms.current_id(unit.session, audience, riga_day(now)),
        device=device(user_agent),
        started_at=now,
        last_used_at=now,
        ends_at=now + (min(HALF_OPEN, absolute) if owed else absolute),
        gate=owed,
        stepped_up_at=None if owed else (proved_at or now),
    )
    unit.session.add(record)
    unit.session.flush()
    if not owed:
        places.came(unit, record, now)
    for old in sessions.beyond(unit.session, user_id, now, record.id, tools.settings.sessions_per_user - 1):
        end_sessions(unit, user_id, now, "too_many", only=old)
        unit.audit("identity.session.end", on=("session", old), detail={"reason": "too_many"})
    return secret, record


def terms_on_record(record: SessionRecord, session: Session) -> dict[str, str | None]:
    """Return what the audit trail keeps of the terms at every sign-in (C6, S1-71).

    `terms` is the version in force for the person, `terms_to_accept` the same one until they have accepted it.
    """
    owed = session.claims.terms_to_accept
    return {
        "terms": str(record.terms_id) if record.terms_id else None, "terms_to_accept": str(owed) if owed else None,
    }  # fmt: skip


def must_have_factor(unit: UnitOfWork, tools: Tools, user_id: UUID) -> bool:
    """Tell whether a user may not sign in without a second factor: by the setting for staff, or by their own flag."""
    user = unit.session.get(User, user_id)
    if user is None:
        return False
    return user.second_factor_required or (user.kind == "staff" and tools.settings.staff_must_have_factor)


def issue(tools: Tools, row: Any, mandates: list[Mandate], now: datetime) -> Session:
    """Return the signed token and the claims of a session (`row` of store.sessions).

    Until the terms in force are accepted, and a password is changed that must be, the token carries no client, no
    rights and no roles, so that the gates of S1-18 and S1-39 hold in every service and not only in the pages. While the
    second factor is owed it is nobody's but a `pending` person's, whom no other door lets in.
    """
    day = riga_day(now)
    holding = rules.in_force(mandates, day)
    gated = row.gate is not None or row.terms_to_accept is not None or row.must_change_password
    acting = None if gated else rules.chosen(mandates, row.client_id, day)
    held = acting.rights_on(day) if acting else frozenset()
    named = acting.named_on(day) if acting else {}
    short = levels.withheld({*held, *named}, row.demanded, row.assurance)
    rights = sorted(held - short.keys())
    named = {right: kinds for right, kinds in named.items() if right not in short}
    roles = list(row.roles) if row.kind == "staff" and not gated else []
    caller = Caller(
        kind="pending" if row.gate else "staff" if row.kind == "staff" else "user",
        user=row.user_id,
        client=acting.client_id if acting else None,
        rights=frozenset(rights),
        roles=frozenset(roles),
        session=row.session_id,
        assurance=row.assurance,
        name=row.name,
        language=row.language,
        scopes={
            right: Objects(kinds.get("permit", frozenset()), kinds.get("contract", frozenset()))
            for right, kinds in named.items()
        },
        generation=row.generation,
        second_factor=row.second_factor,
        stepped_up_at=row.stepped_up_at,
        areas=entitlements.areas(acting.settlement, acting.services) if acting else None,
        client_kind=acting.client_kind if acting else None,
        short=short,
    )
    seconds = min(tools.settings.token_seconds, max(1, int((_good_until(row, mandates, now) - now).total_seconds())))
    token, ends = tools.signer.sign(caller, seconds)
    claims = SessionClaims(
        session_id=row.session_id,
        user_id=row.user_id,
        kind=row.kind,
        name=row.name,
        email=row.email,
        email_unproven=row.email_unproven,
        language=row.language,
        client_id=caller.client,
        client_name=acting.client_name if acting else None,
        other_clients=len(holding) > 1,
        rights=rights,
        limited=[
            LimitedRight(right=right, permits=sorted(held.permits), contracts=sorted(held.contracts))
            for right, held in sorted(caller.scopes.items())
        ],
        roles=roles,
        assurance=row.assurance,
        generation=row.generation,
        terms_to_accept=None if row.gate else row.terms_to_accept,
        method=row.method,
        second_factor=row.second_factor,
        gate=row.gate,
        stepped_up_at=row.stepped_up_at,
        must_change_password=row.must_change_password and row.gate is None,
        areas=None if caller.areas is None else sorted(caller.areas),
        client_kind=caller.client_kind,  # type: ignore[arg-type]
        short=short,  # type: ignore[arg-type]
        services_known=acting is None or acting.services is not None,
        settlement=acting.settlement if acting else None,  # type: ignore[arg-type]
    )
    return Session(token=token, expires_at=ends, claims=claims)


def _good_until(row: Any, mandates: list[Mandate], now: datetime) -> datetime:
    """Return when a token must end: with the session, or at midnight in Riga when a mandate begins or ends there."""
    tomorrow = riga_day(now) + timedelta(days=1)
    ends: datetime = row.ends_at
    if any(mandate.changes_on(tomorrow) for mandate in mandates):
        ends = min(ends, datetime.combine(tomorrow, time(), RIGA))
    return ends


def rotated(
    unit: UnitOfWork, tools: Tools, row: Any, mandates: list[Mandate], client_id: UUID | None, now: datetime
) -> SignedIn:
    """Give a session a new secret and perhaps another client; every token kept of it is dropped by the event."""
    secret, secret_hash = sessions.new_secret()
    sessions.rotate(unit.session, row.session_id, secret_hash, client_id, now)
    fresh = sessions.by_id(unit.session, row.session_id, riga_day(now))
    if fresh is None:
        raise PortalError("identity.session_ended")
    unit.emit(SessionChanged(session_id=row.session_id, user_id=row.user_id, generation=fresh.generation))
    session = issue(tools, fresh, mandates, now)
    return SignedIn(
        secret=secret,
        ends_at=row.ends_at,
        session=session,
        must_accept_terms=session.claims.terms_to_accept is not None,
    )


def proven(
    unit: UnitOfWork, tools: Tools, row: Any, way: str, now: datetime, identified: str | None = None
) -> SignedIn:
    """Note that the person of a session (`row`) just proved that it is them: a new secret, fresh, nothing owed.

    `way` is how: `password`, a provider, or a second factor, which then stands in the session and lifts its assurance.
    `identified` is how surely a provider identified the person.
    """
    secret, secret_hash = sessions.new_secret()
    mandates = representations.mandates(unit.session, row.user_id)
    ends_at = row.started_at + tools.settings.limits(row.audience).absolute
    lifted = levels.stronger(row.assurance, identified) if identified else second_factor.raised(row.assurance, way)
    sessions.proven(
        unit.session,
        row.session_id,
        secret_hash,
        second_factor=way if way in ("totp", "webauthn", "recovery") else None,
        assurance=lifted,
        client_id=row.client_id,
        ends_at=ends_at,
        now=now,
    )
    if row.gate is not None:
        places.came(unit, unit.session.get_one(SessionRecord, row.session_id), now)
    unit.emit(SessionChanged(session_id=row.session_id, user_id=row.user_id))
    session = issue(tools, sessions.by_id(unit.session, row.session_id, riga_day(now)), mandates, now)
    return SignedIn(
        secret=secret,
        ends_at=ends_at,
        session=session,
        must_accept_terms=session.claims.terms_to_accept is not None,
    )


def own_session(unit: UnitOfWork, caller: Caller, now: datetime) -> Any:
    """Return the caller's own open session. Raises PortalError session_ended."""
    row = sessions.by_id(unit.session, caller.session, riga_day(now)) if caller.session else None
    if row is None or row.user_id != caller.user or row.ends_at <= now or row.status != "active":
        raise PortalError("identity.session_ended")
    return row


def changed_rights(unit: UnitOfWork, *user_ids: UUID) -> None:
    """Make everybody who keeps a token of these users ask again, and refuse the old one, from the commit on."""
    _tell_changed(unit, sessions.changed(unit.session, user_ids))


def changed_level(unit: UnitOfWork, right: str, before: str, after: str, now: datetime) -> int:
    """Do the same for the sessions that lose or regain a right by the level it demands; return how many."""
    rows = sessions.changed_by_level(unit.session, right, levels.reached_by(before, after), now)
    _tell_changed(unit, rows)
    return len(rows)


def fallen(unit: UnitOfWork, user_id: UUID, worth: Callable[[Any], str]) -> int:
    """Lower the open sessions of a user to what their proofs are still worth, at once; return how many fell."""
    rows = [
        sessions.relevel(unit.session, row.id, level)
        for row in sessions.proofs(unit.session, user_id)
        if (level := worth(row)) != row.assurance
    ]
    _tell_changed(unit, rows)
    return len(rows)


def _tell_changed(unit: UnitOfWork, rows: Iterable[Any]) -> None:
    for row in rows:
        unit.emit(SessionChanged(session_id=row.id, user_id=row.user_id, generation=row.generation))


def end_sessions(
    unit: UnitOfWork, user_id: UUID, now: datetime, reason: str, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End sessions of a user and tell everybody who keeps their tokens; return how many there were."""
    ended = sessions.end(unit.session, user_id, now, reason, only=only, but=but)
    for session_id in ended:
        unit.emit(SessionRevoked(session_id=session_id, user_id=user_id))
    return len(ended)


def refresh_sessions(unit: UnitOfWork, user_id: UUID) -> None:
    """Let everybody who keeps a token of the user's sessions ask again: what it says is no longer right."""
    for session_id in sessions.open_ids(unit.session, user_id):
        unit.emit(SessionChanged(session_id=session_id, user_id=user_id))


def unseen(tools: Tools) -> timedelta:
    """Return how long the use of a session may go unnoticed while its token is kept elsewhere."""
    return timedelta(seconds=tools.settings.token_seconds)
