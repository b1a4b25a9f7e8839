"""The sweep: access whose legal basis is gone ends by itself, announced 30 and 7 days before (S1-56)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_midnight, riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.telemetry import get_logger
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import sweep as rules
from services.identity.messages import (
    AccessEnding,
    ClientBasis,
    ListPlannedEndings,
    PlannedEnding,
    PlannedEndingPage,
    SweepResult,
)
from services.identity.settings import IdentitySettings
from services.identity.store import sweep
from services.identity.store.sweep_tables import PlannedEndingRecord
from services.identity.store.tables import Client, Representation, User
from services.identity.usecases import end_representation
from services.identity.usecases.access_steps import discontinue
from services.metering.messages import GetContractBasis
from services.permits.messages import GetPermitBasis
from services.requests.messages import GetCaseBasis

log = get_logger(__name__)

AT_ONCE = 500
REASONS = {"mandate": "mandate_expired", "basis": "legal_basis_lost", "idle": "legal_basis_lost"}


@dataclass
class _Turn:
    db: Database
    bus: Bus
    settings: IdentitySettings
    caller: Caller
    today: date
    told: int = 0
    ended: int = 0
    asked: bool = True
    seen: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))


def run(db: Database, bus: Bus, settings: IdentitySettings, caller: Caller, today: date | None = None) -> SweepResult:
    """Announce and end what is due on `today` (Riga). Said twice on one day it does nothing more."""
    turn = _Turn(db, bus, settings, caller, today or riga_today())
    _mandates(turn)
    _clients(turn)
    _idle(turn)
    if turn.told or turn.ended:
        log.info("sweep", told=turn.told, ended=turn.ended)
    return SweepResult(told=turn.told, ended=turn.ended, asked=turn.asked)


def page(db: Database, request: ListPlannedEndings) -> PlannedEndingPage:
    """Return what the sweep will do, the next first. Raises PortalError malformed."""
    after = None
    if request.after:
        day, object_id = decode_cursor(request.after, 2)
        try:
            after = (date.fromisoformat(day), UUID(object_id))
        except (ValueError, TypeError, AttributeError) as error:
            raise PortalError("malformed", field="after") from error
    with db.reading() as connection:
        pattern = like(request.query) if request.query else None
        rows = sweep.page(connection, pattern, request.kind, after, request.limit + 1)
    shown = rows[: request.limit]
    return PlannedEndingPage(
        items=[
            PlannedEnding(
                kind=row.kind,
                object_id=row.object_id,
                user_id=row.user_id,
                client_id=row.client_id,
                name=row.name or "–",
                ends_on=row.ends_on,
                told=sorted(row.told, reverse=True),
            )
            for row in shown
        ],
        next=encode_cursor([shown[-1].ends_on.isoformat(), str(shown[-1].object_id)])
        if len(rows) > request.limit
        else None,
    )


def _mandates(turn: _Turn) -> None:
    with turn.db.reading() as connection:
        rows = sweep.mandates(connection, turn.today + rules.AHEAD, AT_ONCE)
    for row in rows:
        _consider(turn, "mandate", row.object_id, row.ends_on, fixed=True)
    # Only what this turn could have seen: with more than AT_ONCE mandates the rest keeps its announcement.
    if len(rows) < AT_ONCE:
        _take_back(turn, "mandate")


def _clients(turn: _Turn) -> None:
    after = UUID(int=0)
    while True:
        with turn.db.reading() as connection:
            rows = sweep.clients(connection, after, AT_ONCE)
        if not rows:
            break
        evidence = _evidence(turn, [row.id for row in rows])
        if evidence is None:
            return
        for row in rows:
            ends_on = rules.basis_ends(row.registered, evidence[row.id], turn.settings.basis_grace_days)
            if ends_on is not None and ends_on <= turn.today + rules.AHEAD:
                _consider(turn, "basis", row.id, ends_on)
        after = rows[-1].id
    _take_back(turn, "basis")


def _evidence(turn: _Turn, client_ids: list[UUID]) -> dict[UUID, list[date | None]] | None:
    """Ask every service what it has for the clients; None when one cannot be asked: then nobody loses anything."""
    calls = [kind(client_ids=client_ids) for kind in (GetPermitBasis, GetContractBasis, GetCaseBasis)]
    answers: list[ClientBasis | PortalError] = turn.bus.gather(calls, return_errors=True)
    found: dict[UUID, list[date | None]] = defaultdict(list)
    for answer in answers:
        if isinstance(answer, PortalError):
            log.warning("sweep leaves clients alone, a service is away", code=answer.code)
            turn.asked = False
            return None
        for item in answer.items:
            found[item.client_id].append(item.until)
    return found


def _idle(turn: _Turn) -> None:
    days = turn.settings.idle_user_days
    # Announced as early as the first warning asks for.
    before = riga_midnight(turn.today - timedelta(days=max(days - rules.AHEAD.days, 0)) + timedelta(days=1))
    with turn.db.reading() as connection:
        rows = sweep.idle(connection, before, AT_ONCE)
    for row in rows:
        _consider(turn, "idle", row.object_id, row.since + timedelta(days=days))
    if len(rows) < AT_ONCE:
        _take_back(turn, "idle")


def _consider(turn: _Turn, kind: str, object_id: UUID, ends_on: date, *, fixed: bool = False) -> None:
    """Announce one ending, warn of it, or do it; in a transaction of its own."""
    turn.seen[kind].add(object_id)
    with turn.db.unit_of_work(turn.caller) as unit:
        record = sweep.planned(unit.session, kind, object_id)
        if record is None:
            day = ends_on if fixed else rules.announced(ends_on, turn.today)
            record = PlannedEndingRecord(kind=kind, object_id=object_id, found_on=turn.today, ends_on=day, told=[])
            unit.session.add(record)
            unit.session.flush()
        elif fixed and record.ends_on != ends_on:
            record.ends_on, record.told = ends_on, []
        elif not fixed and rules.announced(ends_on, record.found_on) > record.ends_on:
            record.ends_on, record.told = rules.announced(ends_on, record.found_on), []
        if rules.is_over(record.ends_on, turn.today):
            turn.ended += _end(unit, kind, object_id)
            unit.session.delete(record)
            return
        rung = rules.rung_due(record.ends_on, turn.today, record.told)
        if rung is not None:
            record.told = [*record.told, rung]
            turn.told += _tell(unit, kind, object_id, record.ends_on)
            unit.audit(
                "identity.ending.announce",
                on=(kind, object_id),
                detail={"ends_on": record.ends_on.isoformat(), "days": rung},
            )


def _end(unit: UnitOfWork, kind: str, object_id: UUID) -> int:
    reason, moment = REASONS[kind], now()
    if kind == "idle":
        user = unit.session.get(User, object_id, with_for_update=True)
        if user is None or user.status not in ("pending", "active", "blocked"):
            return 0
        discontinue(unit, user, reason, None, moment)
        return 1
    # The people are told by representation.ended, as for every other way a mandate ends.
    held = [object_id] if kind == "mandate" else [row.id for row in sweep.acting_for(unit.session, object_id)]
    ended = 0
    for representation_id in held:
        found = unit.session.get(Representation, representation_id, with_for_update=True)
        if found is not None and found.ended_at is None:
            end_representation.close(unit, found, reason, None, moment)
            ended += 1
    return ended


def _tell(unit: UnitOfWork, kind: str, object_id: UUID, ends_on: date) -> int:
    """Tell the people concerned; return how many."""
    people: list[tuple[User, Client | None]] = []
    if kind == "idle":
        user = unit.session.get(User, object_id)
        people = [(user, None)] if user else []
    else:
        for found in _open(unit, kind, object_id):
            user, client = unit.session.get(User, found.user_id), unit.session.get(Client, found.client_id)
            people += [(user, client)] if user else []
    for user, client in people:
        unit.emit(
            AccessEnding(
                user_id=user.id,
                name=user.name,
                email=user.email,
                language=user.language,  # type: ignore[arg-type]
                client_id=client.id if client else None,
                client_name=client.name if client else None,
                reason=REASONS[kind],  # type: ignore[arg-type]
                ends_on=ends_on,
            )
        )
    return len(people)


def _open(unit: UnitOfWork, kind: str, object_id: UUID) -> Iterable[Representation]:
    ids = [object_id] if kind == "mandate" else [row.id for row in sweep.acting_for(unit.session, object_id)]
    for representation_id in ids:
        found = unit.session.get(Representation, representation_id)
        if found is not None and found.ended_at is None:
            yield found


def _take_back(turn: _Turn, kind: str) -> None:
    """Forget announcements of what no longer ends: a mandate prolonged, a permit issued, a new representation."""
    with turn.db.reading() as connection:
        stale = sweep.announced(connection, kind) - turn.seen[kind]
    if stale:
        with turn.db.unit_of_work(turn.caller) as unit:
            sweep.forget(unit.session, kind, sorted(stale))
            for object_id in stale:
                unit.audit("identity.ending.take_back", on=(kind, object_id))
