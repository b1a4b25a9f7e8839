"""A register's holders become clients: found again by any code, changed only where the register knows better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails
from services.identity.messages import (
    ClientCreated,
    ClientRecord,
    ClientUpdated,
    UpsertClients,
    UpsertedClients,
    UpsertOutcome,
)
from services.identity.store import clients
from services.identity.store.tables import Client
from services.identity.usecases import codes

CODES = ("external_ref", "reg_no", "person_code")
DATA = ("name", "address", "correspondence_address", "email", "invoice_email", "phone", *CODES)
# What a record says about itself, and not about the client.
HINTS = ("tells_language", "given_up")


@dataclass
class _Batch:
    """What is known while a batch is worked through; a code seen twice in one batch is the same client."""

    unit: UnitOfWork
    source: str
    at: datetime
    ids: dict[tuple[str, str], UUID]
    known: dict[UUID, Client]
    origins: dict[tuple[UUID, str], str]
    new_codes: dict[tuple[str, str], UUID] = field(default_factory=dict)
    confirmed: dict[UUID, list[str]] = field(default_factory=dict)
    kept: dict[UUID, list[str]] = field(default_factory=dict)


def run(db: Database, request: UpsertClients, caller: Caller) -> UpsertedClients:
    """Create or update clients; a record that is refused does not stop the others."""
    records: list[dict[str, Any] | PortalError] = []
    for record in request.clients:
        try:
            records.append(_checked(record))
        except PortalError as error:
            records.append(error)
    with db.unit_of_work(caller) as unit:
        clients.lock_register(unit.session)
        outcomes, _kept = apply(unit, request.source, records)
    return UpsertedClients(items=outcomes)


def apply(
    unit: UnitOfWork, source: str, records: Sequence[dict[str, Any] | PortalError]
) -> tuple[list[UpsertOutcome], dict[UUID, list[str]]]:
    """Write checked records, the caller holding the register's lock.

    Returns what became of each, and which data of whom were kept though the register has others. A record may say that
    it `tells_language`, and which of its codes the client has `given_up`: those find the client and change nothing.
    """
    batch = _begin(unit, source, [record for record in records if isinstance(record, dict)])
    outcomes = [_refusal(r) if isinstance(r, PortalError) else _upsert(batch, r) for r in records]
    unit.session.flush()
    clients.add_codes(unit.session, batch.new_codes)
    for client_id, fields in batch.confirmed.items():
        clients.confirm(unit.session, client_id, fields, source, batch.at)
    return outcomes, batch.kept


def _checked(record: ClientRecord) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(record, name) or None for name in DATA}
    values |= {"kind": record.kind, "language": record.language}
    if values["reg_no"]:
        values["reg_no"] = codes.reg_no(values["reg_no"])
    if values["person_code"]:
        values["person_code"] = codes.person_code(values["person_code"])
    if values["email"] and emails.email_key(values["email"]) is None:
        raise PortalError("identity.email_malformed", field="email")
    if values["phone"]:
        values["phone"] = emails.phone(values["phone"]) or values["phone"]
    return values


def _refusal(error: PortalError) -> UpsertOutcome:
    return UpsertOutcome(client_id=None, outcome="refused", field=error.field, error=error.code)


def _begin(unit: UnitOfWork, source: str, records: list[dict[str, Any]]) -> _Batch:
    wanted = [(kind, record[kind]) for record in records for kind in CODES if record[kind]]
    ids = clients.by_codes(unit.session, wanted)
    found = list(set(ids.values()))
    known = {client.id: client for client in unit.session.query(Client).where(Client.id.in_(found))} if found else {}
    return _Batch(unit, source, now(), ids, known, clients.origins(unit.session, found) if found else {})


def _upsert(batch: _Batch, record: dict[str, Any]) -> UpsertOutcome:
    matched = next((batch.ids[key] for kind in CODES if (key := (kind, record[kind])) in batch.ids), None)
    if matched is None:
        return _create(batch, record)
    return _update(batch, batch.known[matched], record)


def _create(batch: _Batch, record: dict[str, Any]) -> UpsertOutcome:
    client = Client(id=new_id(), version=1, **{k: v for k, v in record.items() if k not in HINTS})
    clients.describe(client)
    batch.unit.session.add(client)
    batch.known[client.id] = client
    given = [name for name in _told(record) if record[name]]
    _keep_codes(batch, client, given)
    batch.confirmed[client.id] = given
    batch.unit.audit(
        "identity.client.register", on=("client", client.id), client=client.id, detail={"source": batch.source}
    )
    batch.unit.emit(
        ClientCreated(
            client_id=client.id,
            name=client.name,
            kind=record["kind"],
            reg_no=client.reg_no,
            email=client.email,
            language=record["language"],
        )
    )
    return UpsertOutcome(client_id=client.id, outcome="created")


def _update(batch: _Batch, client: Client, record: dict[str, Any]) -> UpsertOutcome:
    other = [name for name in _told(record) if record[name] and record[name] != getattr(client, name)]
    changed = [name for name in other if _may_overwrite(batch, client, name, record[name])]
    batch.kept[client.id] = [name for name in other if name not in changed]
    if not changed:
        return UpsertOutcome(client_id=client.id, outcome="unchanged")
    for name in changed:
        former = getattr(client, name)
        if name in CODES and former:
            clients.retire_code(batch.unit.session, name, former, batch.at)
        clients.remember(client, name)
        setattr(client, name, record[name])
    client.version += 1
    client.updated_at = batch.at
    clients.describe(client)
    _keep_codes(batch, client, changed)
    batch.confirmed.setdefault(client.id, []).extend(changed)
    batch.unit.audit(
        "identity.client.update",
        on=("client", client.id),
        client=client.id,
        detail={"source": batch.source, "fields": changed},
    )
    batch.unit.emit(
        ClientUpdated(
            client_id=client.id,
            name=client.name,
            kind=client.kind,  # type: ignore[arg-type]
            reg_no=client.reg_no,
            email=client.email,
            language=client.language,  # type: ignore[arg-type]
        )
    )
    return UpsertOutcome(client_id=client.id, outcome="updated")


def _told(record: dict[str, Any]) -> list[str]:
    """Return of which data the record says anything."""
    given_up = record.get("given_up", ())
    names = [name for name in DATA if name not in given_up]
    return [*names, "language"] if record.get("tells_language") else names


def _may_overwrite(batch: _Batch, client: Client, name: str, value: str) -> bool:
    """What the client or staff entered is not overwritten by a register; a register may correct itself.

    A code that belongs to another client is not taken over either: that is for staff to clear up.
    """
    if name in CODES:
        return batch.ids.get((name, value), client.id) == client.id
    origin = batch.origins.get((client.id, name))
    return origin is None or getattr(client, name) is None or origin == batch.source


def _keep_codes(batch: _Batch, client: Client, names: list[str]) -> None:
    for kind in CODES:
        value = getattr(client, kind)
        if kind in names and value:
            batch.ids.setdefault((kind, value), client.id)
            batch.new_codes[kind, value] = client.id
