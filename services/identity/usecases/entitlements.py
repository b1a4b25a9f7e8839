"""What a client may use, asked of the services that know; how it settles, kept by staff (S1-16, S1-22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Request
from chassis.telemetry import get_logger
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import entitlements as rules
from services.identity.messages import (
    AskedServices,
    AskServices,
    ChangeSettlement,
    ClientBasis,
    Entitlements,
    GetEntitlements,
    SettlementChange,
)
from services.identity.store import entitlements as store
from services.identity.store.register_tables import ClientSettlement
from services.identity.store.tables import Client
from services.identity.usecases.sessions_common import changed_rights
from services.metering.messages import GetContractBasis
from services.permits.messages import GetPermitBasis
from services.requests.messages import GetCaseBasis

log = get_logger(__name__)

AT_ONCE = 200
# Whoever is refused may have been given the service a moment ago; more often than this nobody is asked.
NOT_AGAIN_FOR = timedelta(seconds=5)
SECONDS = 4.0
_ASKED: dict[str, type[Request[ClientBasis]]] = {
    "permits": GetPermitBasis,
    "contracts": GetContractBasis,
    "requests": GetCaseBasis,
}


def get(db: Database, request: GetEntitlements, caller: Caller) -> Entitlements:
    """Return what a client may use. Raises PortalError not_found."""
    client_id = scoped_client(caller, request.client_id)
    with db.reading() as connection:
        found = _read(connection, client_id, staff=caller.kind == "staff")
    if caller.kind != "user":  # the client's own pages ask every time what to show
        db.disclosed("identity.client.view", on=("client", found.client_id), client=found.client_id, caller=caller)
    return found


def change_settlement(db: Database, request: ChangeSettlement, caller: Caller) -> Entitlements:
    """Change how a client settles. Raises PortalError not_found, stale, payer_required, payer_not_meant,
    settlement_same."""
    payer = (request.payer or "").strip() or None
    if request.settlement == "payer" and payer is None:
        raise PortalError("identity.payer_required", field="payer")
    if request.settlement != "payer" and payer is not None:
        raise PortalError("identity.payer_not_meant", field="payer")
    moment = now()
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, Entitlements)
        if done is not None:
            return done
        client = unit.session.get(Client, request.client_id, with_for_update=True)
        if client is None:
            raise PortalError("not_found")
        if client.version != request.version:
            raise PortalError("stale")
        if (client.settlement, client.payer) == (request.settlement, payer):
            raise PortalError("identity.settlement_same", field="settlement")
        before = client.settlement
        client.settlement, client.payer = request.settlement, payer
        client.version += 1
        client.updated_at = moment
        unit.session.add(
            ClientSettlement(
                client_id=client.id,
                settlement=request.settlement,
                payer=payer,
                ground=request.ground,
                by_user=caller.user,
                by_name=caller.name,
                at=moment,
            )
        )
        unit.session.flush()
        unit.audit(
            "identity.client.settlement",
            on=("client", client.id),
            client=client.id,
            detail={"from": before, "to": request.settlement, "payer": payer, "ground": request.ground},
        )
        _tell(unit, client.id)
        return unit.remember(request, _read(unit.session.connection(), client.id, staff=True))


def ask(db: Database, bus: Bus, request: AskServices, caller: Caller) -> AskedServices:
    """Ask what the client acted for is registered for. Raises PortalError unavailable when that cannot be asked."""
    client_id = scoped_client(caller)
    if client_id is None:
        raise PortalError("forbidden")
    with db.reading() as connection:
        row = store.one(connection, client_id)
    if row is None:
        raise PortalError("not_found")
    if row.services_asked_at is not None and now() - row.services_asked_at < NOT_AGAIN_FOR:
        # Another process asked just now: the caller's token may still be older than its answer.
        return AskedServices(changed=caller.areas != rules.areas(row.settlement, row.services))
    found = _services(bus, [client_id])
    if found is None:
        raise PortalError("unavailable")
    changed = _keep(db, caller, client_id, found[client_id], now())
    return AskedServices(changed=changed)


def ask_again(db: Database, bus: Bus, caller: Caller) -> int:
    """Ask anew for clients whose answer is old; return for how many something changed."""
    with db.reading() as connection:
        ids = store.old(connection, now() - rules.ASKED_ANEW, AT_ONCE)
    found = _services(bus, ids) if ids else None
    if found is None:
        return 0  # a service is away: what was known stays
    return sum(_keep(db, caller, client_id, found[client_id], now()) for client_id in ids)


def _services(bus: Bus, client_ids: Sequence[UUID]) -> dict[UUID, list[str]] | None:
    """Return what each client is, or was, registered for; None when a service cannot be asked."""
    calls = [kind(client_ids=list(client_ids)) for kind in _ASKED.values()]
    answers: list[ClientBasis | PortalError] = bus.gather(calls, return_errors=True, timeout=SECONDS)
    found: dict[UUID, list[str]] = defaultdict(list)
    for name, answer in zip(_ASKED, answers, strict=True):
        if isinstance(answer, PortalError):
            log.warning("services of clients not asked", service=name, code=answer.code)
            return None
        for item in answer.items:
            found[item.client_id].append(name)
    return found


def _keep(db: Database, caller: Caller, client_id: UUID, services: list[str], moment: datetime) -> bool:
    with db.unit_of_work(caller) as unit:
        client = unit.session.get(Client, client_id, with_for_update=True)
        if client is None:
            return False
        known = client.services if client.services_asked_at is not None else None
        before, after = rules.areas(client.settlement, known), rules.areas(client.settlement, services)
        if known is None or set(known) != set(services):
            unit.audit(
                "identity.client.services", on=("client", client.id), client=client.id, detail={"services": services}
            )
        client.services, client.services_asked_at = services, moment
        # A first answer only narrows what nobody has used; tokens of before end by themselves.
        if known is not None and before != after:
            _tell(unit, client.id)
    return before != after


def _tell(unit: UnitOfWork, client_id: UUID) -> None:
    """Make the sessions that act for a client ask anew what they may do."""
    users = store.acting(unit.session, client_id)
    if users:
        changed_rights(unit, *users)


def _read(connection: sa.Connection, client_id: UUID | None, *, staff: bool) -> Entitlements:
    row: Any = store.one(connection, client_id) if client_id else None
    if row is None:
        raise PortalError("not_found")
    known = row.services if row.services_asked_at is not None else None
    return Entitlements(
        client_id=row.id,
        version=row.version,
        kind=row.kind,
        settlement=row.settlement,
        payer=row.payer,
        services=[name for name in rules.SERVICES if name in row.services],  # type: ignore[misc]
        services_asked_at=row.services_asked_at,
        areas=[area for area in rules.AREAS if area in rules.areas(row.settlement, known)],  # type: ignore[misc]
        history=[
            SettlementChange(settlement=h.settlement, payer=h.payer, ground=h.ground, by_name=h.by_name, at=h.at)
            for h in (store.history(connection, row.id) if staff else [])
        ],
    )
