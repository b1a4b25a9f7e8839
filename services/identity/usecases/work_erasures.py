"""The steps of an erasure in the background: every service, identity itself, the search, the last letter, the proof.

A service that is away is asked again; a step is done once and stays done. The order matters: the letter says what
stays, so it is written when the rest is searched; its address and the words stand in the erasure until the end, and
notifications, which sends it, forgets the person after it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Gauge

from chassis import person_erasing, person_messages
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.person_data import KEPT
from chassis.person_messages import Person, PersonErased, PersonTraces
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import erasing
from services.identity.messages import ErasureDone, ErasureLetter, ErasureReported, GetErasureLetter
from services.identity.store import clients, imports
from services.identity.store.person_tables import Erasure, ErasureStep
from services.identity.store.personal import PERSONAL
from services.identity.usecases import audit_exports
from services.identity.usecases.forgetting import forget_person
from services.identity.usecases.people import OTHERS, SERVICES, common_names

log = get_logger(__name__)

STUCK = Gauge("identity_erasures_stuck", "Erasures that wait for something for more than 15 minutes")
LAST = ("notifications", "identity")
_FOUND = {"lv": "Jūsu vārds vai cits apzīmējums citos ierakstos", "en": "Your name or another word of yours elsewhere"}


def work_off(db: Database, bus: Bus, caller: Caller) -> int:
    """Take the next step of every erasure under way; return how many were looked at."""
    e = Erasure.__table__.c
    with db.reading() as connection:
        rows = connection.execute(
            sa.select(e.id, e.state, e.state_since)
            .where(e.state.in_(sorted(erasing.UNDER_WAY)))
            # Those looked at longest ago first: some that take long must not keep the others from their turn.
            .order_by(sa.func.coalesce(e.searched_at, e.state_since))
            .limit(200)
        ).all()
    STUCK.set(sum(erasing.stuck(row.state, row.state_since, now()) for row in rows))
    for row in rows:
        try:
            _STEPS[row.state](db, bus, caller, row.id)
        except Exception:
            # One that cannot be done must not keep the others waiting; it is tried again, and found `stuck`.
            log.error("an erasure failed", erasure=str(row.id), exc_info=True)
            _count_search(db, caller, row.id)
    return len(rows)


def _person(db: Database, record: Any) -> Person:
    with db.reading() as connection:
        common = common_names(connection, record.names, record.sure, record.user_id, record.clients)
    return Person(
        user=record.user_id,
        clients=record.clients,
        acted_for=record.acted_for,
        names=record.names,
        marks=record.marks,
        sure=record.sure,
        common=common,
        pseudonym=erasing.pseudonym(str(record.id)),
    )


def _load(db: Database, erasure_id: UUID) -> tuple[Any, list[Any]]:
    e, s = Erasure.__table__, ErasureStep.__table__
    with db.reading() as connection:
        record = connection.execute(sa.select(e).where(e.c.id == erasure_id)).one()
        steps = connection.execute(sa.select(s).where(s.c.erasure_id == erasure_id)).all()
    return record, list(steps)


def _erase(db: Database, bus: Bus, caller: Caller, erasure_id: UUID) -> None:
    record, steps = _load(db, erasure_id)
    person = _person(db, record)
    moment = now()
    for step in steps:
        if step.service not in LAST and step.done_at is None and step.next_try_at <= moment:
            _ask(db, bus, caller, erasure_id, step, person, force=False)
    record, steps = _load(db, erasure_id)
    if all(step.done_at for step in steps if step.service not in LAST):
        _erase_here(db, caller, erasure_id, person)


def _ask(
    db: Database, bus: Bus, caller: Caller, erasure_id: UUID, step: Any, person: Person, *, force: bool
) -> bool:
    problem, done = None, None
    try:
        answer: PersonErased = bus.call(person_messages.requests_for(step.service).erase(person=person, force=force))
        done = None if answer.waits else answer
        problem = "letter" if answer.waits else None
    except PortalError as error:
        log.warning("a service does not erase yet", service=step.service, code=error.code)
        problem = error.code
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(ErasureStep, (erasure_id, step.service), with_for_update=True)
        if held is None or held.done_at is not None:
            return True
        held.tries += 1
        held.problem = problem
        if done is not None:
            held.done_at = now()
            held.tables = [_part(one) for one in done.tables]
        else:
            held.next_try_at = now() + erasing.wait(min(held.tries, 3) if problem == "letter" else held.tries)
    return done is not None


def _part(one: Any) -> dict[str, Any]:
    return {
        "title": one.title, "deleted": one.deleted, "changed": one.changed, "kept": one.kept, "reason": one.reason
    }  # fmt: skip


def _after_letter(db: Database, bus: Bus, caller: Caller, erasure_id: UUID) -> None:
    record, steps = _load(db, erasure_id)
    known = {step.service: step for step in steps}
    letter = known["notifications"]
    person = _person(db, record)
    moment = now()
    if letter.done_at is None:
        if letter.next_try_at > moment:
            return
        # Without a proven address there is no letter to wait for.
        force = not record.email or moment - record.state_since > erasing.LETTER_WAIT
        if not _ask(db, bus, caller, erasure_id, letter, person, force=force):
            return
    if known["identity"].done_at is None:
        _erase_here(db, caller, erasure_id, person)
    else:
        _go_on(db, caller, erasure_id, "reporting", "checking")


def _go_on(db: Database, caller: Caller, erasure_id: UUID, before: str, state: str) -> None:
    """Come to the next state, whose first search is made at once."""
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(Erasure, erasure_id, with_for_update=True)
        if held is not None and held.state == before:
            held.state, held.state_since, held.searched_at, held.checks = state, now(), None, 0


def _erase_here(db: Database, caller: Caller, erasure_id: UUID, person: Person) -> None:
    """Identity's own part, and the trail's."""
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(Erasure, erasure_id, with_for_update=True)
        step = unit.session.get(ErasureStep, (erasure_id, "identity"), with_for_update=True)
        if held is None or step is None or held.state not in ("erasing", "reporting"):
            return
        done, forgotten = _within(unit, db, person, caller)
        step.tries += 1
        step.done_at = now()
        step.tables = [_part(one) for one in done.tables]
        held.report = {**held.report, "audit_records": forgotten}
        held.state, held.state_since, held.searched_at, held.checks = "checking", now(), None, 0


def _check(db: Database, bus: Bus, caller: Caller, erasure_id: UUID) -> None:
    """Search every column of every database. What is found and not kept is taken away again, then searched again.

    Once before the last letter, which says what stays, and once after it: then the letters are gone, too.
    """
    record, steps = _load(db, erasure_id)
    if now() < erasing.next_check(record.state_since, record.searched_at, record.checks):
        return
    told = all(step.done_at for step in steps)
    if told and _read_still(db, record.state_since):
        _count_search(db, caller, erasure_id)
        return
    person = _person(db, record)
    found: dict[str, list[dict[str, Any]]] = {}
    for service in SERVICES:
        try:
            found[service] = [one.model_dump() for one in _traces(db, bus, service, person).items]
        except PortalError as error:
            log.warning("a service cannot be searched yet", service=service, code=error.code)
            _count_search(db, caller, erasure_id)
            return
    clean = [service for service in SERVICES if told or service != "notifications"]
    left = [service for service in clean if any(one["reason"] is None for one in _strange(service, found[service]))]
    if left:
        _again(db, bus, caller, erasure_id, person, left)
        return
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(Erasure, erasure_id, with_for_update=True)
        if held is None or held.state != "checking":
            return
        for service in SERVICES:
            step = unit.session.get(ErasureStep, (erasure_id, service))
            if step is not None:
                step.traces = _strange(service, found[service])
        if not told:
            held.state, held.state_since, held.searched_at, held.checks = "reporting", now(), None, 0
            if held.email:
                unit.emit(ErasureReported(erasure_id=erasure_id, user_id=held.user_id))
            return
        held.names, held.marks, held.sure, held.email = [], [], [], None
        held.state, held.done_at, held.state_since = "done", now(), now()
        unit.audit("identity.erasure.finish", on=("user", held.user_id), detail={"erasure": str(erasure_id)})
        unit.emit(ErasureDone(erasure_id=erasure_id, user_id=held.user_id, client_ids=held.clients))


def _read_still(db: Database, since: datetime) -> bool:
    """Tell whether an import that may hold the person runs; while the erasure does, it refuses their rows."""
    with db.reading() as connection:
        return imports.running(connection, since)


def _strange(service: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the words this erasure itself searches by; they go with its last step."""
    own = {("erasures", "names"), ("erasures", "marks"), ("erasures", "sure"), ("erasures", "email")}
    return [one for one in found if service != "identity" or (one["table"], one["column"]) not in own]


def _traces(db: Database, bus: Bus, service: str, person: Person) -> PersonTraces:
    if service == "identity":
        return person_erasing.traces(db, PERSONAL, person)
    return bus.call(person_messages.requests_for(service).traces(person=person))  # type: ignore[no-any-return]


def _within(unit: UnitOfWork, db: Database, person: Person, caller: Caller) -> tuple[PersonErased, int]:
    """The person leaves the trail, its exports that are still kept, which might name them, and every table.

    The trail first: which applications were the person's is told by the e-mail in them.
    """
    # An import writes clients under the same lock: what it holds of the person is written before, or not at all.
    clients.lock_register(unit.session)
    audit_exports.let_go(unit.session, db)
    forgotten = forget_person(unit.session, person, caller)
    e = Erasure.__table__.c
    unit.session.execute(
        sa.update(Erasure)
        .where(e.user_id == person.user, e.decision_note.is_not(None))
        .values(decision_note=person_erasing.scrubbed(e.decision_note, person))
        .execution_options(synchronize_session=False)
    )
    return person_erasing.within(unit, db, PERSONAL, person), forgotten


def _again(db: Database, bus: Bus, caller: Caller, erasure_id: UUID, person: Person, services: list[str]) -> None:
    """Records of the work itself may have arrived meanwhile, and events may have left since: erase once more."""
    for service in services:
        if service == "identity":
            with db.unit_of_work(caller) as unit:
                _within(unit, db, person, caller)
        else:
            try:
                bus.call(person_messages.requests_for(service).erase(person=person, force=True))
            except PortalError as error:
                log.warning("a service does not erase again yet", service=service, code=error.code)
    _count_search(db, caller, erasure_id)


def _count_search(db: Database, caller: Caller, erasure_id: UUID) -> None:
    """A search in vain, or one that did not come to its end: the next one waits longer."""
    with db.unit_of_work(caller) as unit:
        held = unit.session.get(Erasure, erasure_id, with_for_update=True)
        if held is not None and held.state == "checking":
            held.checks += 1
            held.searched_at = now()


_STEPS = {"erasing": _erase, "reporting": _after_letter, "checking": _check}


def letter(db: Database, request: GetErasureLetter) -> ErasureLetter:
    """Return what the last letter says. Raises PortalError not_found once the address is gone."""
    record, steps = _load_or_none(db, request.erasure_id)
    if record is None or not record.email:
        raise PortalError("not_found")
    kept = [
        {"title": part["title"], "count": part["kept"], "reason": part["reason"]}
        for step in steps
        for part in step.tables
        if part["kept"] and part["reason"] in KEPT
    ]
    # What the search found, and no table of the person's own accounts for.
    found: Counter[str] = Counter()
    for one in (one for step in steps for one in step.traces if one["reason"]):
        found[one["reason"]] += one["count"]
    named = {part["reason"] for part in kept}
    kept += [
        {"title": _FOUND, "count": count, "reason": reason} for reason, count in found.items() if reason not in named
    ]
    return ErasureLetter(
        email=record.email,
        name=record.names[0] if record.names else "",
        language=record.language,
        user_id=record.user_id,
        kept=kept,
    )


def _load_or_none(db: Database, erasure_id: UUID) -> tuple[Any, list[Any]]:
    with db.reading() as connection:
        there = connection.execute(sa.select(Erasure.id).where(Erasure.id == erasure_id)).first()
    return (None, []) if there is None else _load(db, erasure_id)


assert set(LAST) | set(OTHERS) == set(SERVICES)
