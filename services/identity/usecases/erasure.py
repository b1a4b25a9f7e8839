"""A person is erased: asked for, approved when something is still open, begun (S3-27, S3-35, B-15).

`begin` is what every way to an erasure ends in; `work_erasures` does the rest in the background.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import person_messages
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place, new_id
from chassis.person_messages import Person
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails, erasing
from services.identity.messages import (
    AskErasure,
    DecideErasure,
    ErasureOutlook,
    ErasurePage,
    ErasureStarted,
    ErasureView,
    GetErasure,
    ListErasures,
    LookAtErasure,
    OpenObligation,
)
from services.identity.store import access_steps, approvals
from services.identity.store.person_tables import Erasure, ErasureStep
from services.identity.store.tables import Client, User
from services.identity.usecases.access_steps import discontinue
from services.identity.usecases.erasure_views import BESIDE, LISTED, UNREACHABLE, brief, view
from services.identity.usecases.people import OTHERS, SERVICES, accounts_beside, person_of

STUCK_AFTER = timedelta(minutes=10)


def outlook(db: Database, bus: Bus, request: LookAtErasure, caller: Caller) -> ErasureOutlook:
    """Return what an erasure of the caller would meet."""
    if caller.user is None:
        raise PortalError("forbidden")
    with db.reading() as connection:
        person = person_of(connection, caller.user)
        named = sa.select(Client.name).where(Client.id.in_(person.clients)).order_by(Client.sort_key)
        clients = list(connection.execute(named).scalars())
        asked = _latest(connection, caller.user)
        shown = view(connection, asked) if asked is not None else None
        beside = [emails.hinted(one.email) for one in accounts_beside(connection, person)]
        user = connection.execute(sa.select(User.__table__).where(User.id == caller.user)).one()
    open_things, unknown = _obligations(bus, person)
    return ErasureOutlook(
        obligations=open_things, clients=clients, unknown=unknown, asked=shown, accounts=beside,
        unreachable=_reachable(user, person) is None,
    )  # fmt: skip


def _latest(connection: sa.Connection, user_id: UUID) -> Any:
    e = Erasure.__table__
    return connection.execute(
        sa.select(e).where(e.c.user_id == user_id).order_by(e.c.asked_at.desc()).limit(1)
    ).first()


def _obligations(bus: Bus, person: Person) -> tuple[list[OpenObligation], list[str]]:
    """Return what is open, and which services could not say."""
    names = [name for name in OTHERS if name != "notifications"]
    asked = [person_messages.requests_for(name).obligations(person=person) for name in names]
    answers = bus.gather(asked, return_errors=True)
    found: list[OpenObligation] = []
    unknown = []
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, PortalError):
            unknown.append(name)
        else:
            found += [OpenObligation(kind=one.kind, label=one.label) for one in answer.items]
    return found, unknown


def ask(db: Database, bus: Bus, request: AskErasure, caller: Caller) -> ErasureView:
    """Ask to be erased. Raises PortalError identity.erasure_not_confirmed, identity.erasure_asked."""
    if caller.user is None:
        raise PortalError("forbidden")
    with db.reading() as connection:
        person = person_of(connection, caller.user)
        email = connection.execute(sa.select(User.email).where(User.id == caller.user)).scalar_one()
    if emails.email_key(request.confirm) != emails.email_key(email):
        raise PortalError("identity.erasure_not_confirmed", field="confirm")
    open_things, unknown = _obligations(bus, person)
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, ErasureView)
        if done is not None:
            return done
        user = unit.session.get(User, caller.user, with_for_update=True)
        if user is None:
            raise PortalError("not_found")
        _refuse_second(unit, user.id)
        record = _record(unit, user, "person")
        record.obligations = [one.model_dump() for one in open_things] + [
            {"kind": "unknown", "label": name} for name in unknown
        ]
        unit.session.add(record)
        unit.session.flush()
        unit.audit(
            "identity.erasure.ask", on=("user", user.id), detail={"erasure": str(record.id), "open": len(open_things)}
        )
        if erasing.may_begin(len(record.obligations)):
            _begin(unit, user, record, "own_request", None)
        unit.session.flush()
        return unit.remember(request, view(unit.session.connection(), record))


def begin(unit: UnitOfWork, user: User, reason: str, note: str | None) -> UUID:
    """Begin an erasure that staff decided on, in their transaction; return its id.

    `user` is locked. Raises PortalError identity.erasure_asked when one is under way.
    """
    asked = sa.select(Erasure).where(Erasure.user_id == user.id, Erasure.state == "asked")
    waiting = unit.session.scalars(asked).first()
    if waiting is None:
        _refuse_second(unit, user.id)
        waiting = _record(unit, user, "staff")
        unit.session.add(waiting)
        unit.session.flush()
    _begin(unit, user, waiting, reason, note)
    return waiting.id


def _refuse_second(unit: UnitOfWork, user_id: UUID) -> None:
    known = sa.select(Erasure.id).where(Erasure.user_id == user_id, Erasure.state != "refused")
    if unit.session.execute(known).first() is not None:
        raise PortalError("identity.erasure_asked")


def _record(unit: UnitOfWork, user: User, by: str) -> Erasure:
    moment = now()
    return Erasure(
        id=new_id(),
        user_id=user.id,
        clients=[],
        state="asked",
        names=[],
        marks=[],
        email=None,
        language=user.language,
        obligations=[],
        report={},
        asked_at=moment,
        asked_by=by,
        state_since=moment,
        checks=0,
    )


def _begin(unit: UnitOfWork, user: User, record: Erasure, reason: str, note: str | None) -> None:
    moment = now()
    person = person_of(unit.session.connection(), user.id)
    record.clients, record.names, record.marks = person.clients, person.names, person.marks
    record.sure, record.acted_for = person.sure, person.acted_for
    record.email, record.language = _reachable(user, person), user.language
    if record.email is None:
        record.report = {**record.report, UNREACHABLE: True}
    beside = accounts_beside(unit.session.connection(), person)
    record.report = {**record.report, BESIDE: [str(one.id) for one in beside]}
    # What was to be decided on this person is decided: an approval of yesterday must not be answered by an error.
    for row in approvals.lapse_of(unit.session, user.id, moment):
        unit.audit("identity.approval.lapse", on=("approval", row.id), detail={"kind": row.kind})
    if user.status not in ("discontinued", "deleted"):
        discontinue(unit, user, reason, note, moment, write=False)
    if user.status != "deleted":
        access_steps.add(unit.session, user, "deleted", reason, note, unit.caller, status_before=user.status)
        user.status = "deleted"
        user.version += 1
    record.state, record.state_since = "erasing", moment
    record.decided_at, record.decided_by = moment, unit.caller.user
    unit.session.add_all(
        ErasureStep(erasure_id=record.id, service=name, tables=[], traces=[], tries=0, next_try_at=moment)
        for name in SERVICES
    )
    unit.session.flush()
    unit.audit("identity.erasure.begin", on=("user", user.id), detail={"erasure": str(record.id), "reason": reason})
    unit.emit(ErasureStarted(erasure_id=record.id, user_id=user.id, client_ids=person.clients))


def _reachable(user: Any, person: Person) -> str | None:
    """Return where the last letter goes: an address the person proved, a former one if nobody else has it, or None."""
    if not user.email_unproven:
        return str(user.email)  # a firm may have written it down for itself, too
    return next((email for email in reversed(user.former_emails) if email in person.sure_marks), None)


def decide(db: Database, request: DecideErasure, caller: Caller) -> ErasureView:
    """Approve or refuse what met something open; who says the same again is answered the same.

    Raises PortalError not_found, identity.erasure_decided.
    """
    with db.unit_of_work(caller) as unit:
        record = unit.session.get(Erasure, request.erasure_id, with_for_update=True)
        if record is None:
            raise PortalError("not_found")
        if record.user_id == caller.user:
            raise PortalError("identity.not_yourself")
        if record.state != "asked":
            if erasing.decided_so(record.state, record.decided_by, request.approve, caller.user):
                return view(unit.session.connection(), record)
            raise PortalError("identity.erasure_decided")
        if not request.approve and not (request.note or "").strip():
            raise PortalError("identity.erasure_reason_missing", field="note")
        record.decision_note = request.note or None
        if request.approve:
            user = unit.session.get(User, record.user_id, with_for_update=True)
            if user is None:
                raise PortalError("not_found")
            _begin(unit, user, record, "own_request", None)
        else:
            record.state, record.state_since = "refused", now()
            record.decided_at, record.decided_by = now(), caller.user
            unit.audit(
                "identity.erasure.refuse", on=("user", record.user_id),
                detail={"erasure": str(record.id), "note": request.note},
            )  # fmt: skip
        unit.session.flush()
        return view(unit.session.connection(), record)


def page(db: Database, request: ListErasures, caller: Caller) -> ErasurePage:
    """Return erasures, newest first."""
    e = Erasure.__table__
    wanted = LISTED.order_by(e.c.asked_at.desc(), e.c.id.desc()).limit(request.limit + 1)
    if request.query:
        wanted = wanted.where(User.search_text.like(like(request.query)))
    if request.state:
        wanted = wanted.where(e.c.state == request.state)
    if request.after:
        moment, id_ = decode_place(request.after)
        wanted = wanted.where(sa.tuple_(e.c.asked_at, e.c.id) < sa.tuple_(sa.literal(moment), sa.literal(id_)))
    with db.reading() as connection:
        rows = connection.execute(wanted).all()
    shown = rows[: request.limit]
    items = [brief(row) for row in shown]
    following = encode_place(shown[-1].asked_at, shown[-1].id) if len(rows) > request.limit else None
    return ErasurePage(items=items, next=following)


def get(db: Database, request: GetErasure, caller: Caller) -> ErasureView:
    """Return one erasure with every step. Raises PortalError not_found."""
    e = Erasure.__table__
    with db.reading() as connection:
        row = connection.execute(sa.select(e).where(e.c.id == request.erasure_id)).first()
        if row is None:
            raise PortalError("not_found")
        shown = view(connection, row)
    db.disclosed("identity.erasure.view", on=("user", row.user_id), caller=caller)
    return shown
