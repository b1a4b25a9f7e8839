"""Staff keep machine clients: made, changed, disabled, their secrets rotated without downtime."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import machines as rules
from services.identity.messages import (
    AddMachineSecret,
    ChangeMachineClient,
    CreateMachineClient,
    GetMachineClient,
    ListMachineClients,
    MachineChanged,
    MachineClient,
    MachineClientDetails,
    MachineClientPage,
    MachineSecretRow,
    NewMachineSecret,
    RevokeMachineSecret,
    SetMachineStatus,
)
from services.identity.store import machines
from services.identity.store.machine_tables import Machine, MachineSecret
from services.identity.usecases.machine_secrets import fresh_secret


def search(db: Database, request: ListMachineClients) -> MachineClientPage:
    """Return machine clients by name."""
    with db.reading() as connection:
        rows = machines.listed(
            connection,
            pattern=like(request.query) if request.query else None,
            status=request.status,
            after=request.after,
            limit=request.limit + 1,
        )
    items = [MachineClient(**_fields(row)) for row in rows[: request.limit]]
    return MachineClientPage(items=items, next=str(items[-1].machine_id) if len(rows) > request.limit else None)


def get(db: Database, request: GetMachineClient) -> MachineClientDetails:
    """Return one machine client with its secrets. Raises PortalError not_found."""
    with db.reading() as connection:
        return _details(connection, request.machine_id)


def create(db: Database, request: CreateMachineClient, caller: Caller) -> MachineClientDetails:
    """Make a machine client without a secret. Raises PortalError name_taken."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, MachineClientDetails)
        if done is not None:
            return done
        machine = Machine(
            id=new_id(),
            version=1,
            name=request.name,
            contact=request.contact,
            note=request.note or None,
            scopes=rules.known(request.scopes),
            status="active",
            created_by=caller.name,
        )
        machines.describe(machine)
        unit.session.add(machine)
        _flush(unit)
        unit.audit("identity.machine.create", on=("machine", machine.id), detail=_what(machine))
        return unit.remember(request, _details(unit.session, machine.id))


def change(db: Database, request: ChangeMachineClient, caller: Caller) -> MachineClientDetails:
    """Change name, contact, note and scopes. Raises PortalError not_found, stale, name_taken."""
    with db.unit_of_work(caller) as unit:
        machine = _machine(unit, request.machine_id, request.version)
        before = _what(machine)
        machine.name, machine.contact, machine.note = request.name, request.contact, request.note or None
        machine.scopes = rules.known(request.scopes)
        machine.version += 1
        machines.describe(machine)
        _flush(unit)
        unit.audit(
            "identity.machine.change", on=("machine", machine.id), detail={"before": before, "after": _what(machine)}
        )
        unit.emit(MachineChanged(machine_id=machine.id))
        return _details(unit.session, machine.id)


def set_status(db: Database, request: SetMachineStatus, caller: Caller) -> MachineClientDetails:
    """Disable or enable. Raises PortalError not_found, stale."""
    with db.unit_of_work(caller) as unit:
        machine = _machine(unit, request.machine_id, request.version)
        if machine.status != request.status:
            disabled = request.status == "disabled"
            machine.status = request.status
            machine.disabled_at = now() if disabled else None
            machine.disabled_by = caller.name if disabled else None
            machine.version += 1
            unit.session.flush()
            deed = "identity.machine.disable" if disabled else "identity.machine.enable"
            unit.audit(deed, on=("machine", machine.id), detail={"name": machine.name})
            unit.emit(MachineChanged(machine_id=machine.id))
        return _details(unit.session, machine.id)


def add_secret(db: Database, request: AddMachineSecret, caller: Caller) -> NewMachineSecret:
    """Make a secret and show it this once. Raises PortalError not_found, machine_disabled, two_secrets."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, NewMachineSecret)
        if done is not None:
            return done
        machine = _machine(unit, request.machine_id)
        if machine.status != "active":
            raise PortalError("identity.machine_disabled")
        rules.room_for_another(machines.count_live(unit.session, machine.id))
        secret, hashed = fresh_secret()
        kept = MachineSecret(id=new_id(), machine_id=machine.id, hash=hashed, hint=secret[-4:], created_by=caller.name)
        unit.session.add(kept)
        unit.session.flush()
        unit.audit("identity.machine.add_secret", on=("machine", machine.id), detail={"secret_id": str(kept.id)})
        # What is remembered for a repeated call holds no secret: that table is not where secrets are kept.
        shown = unit.remember(request, NewMachineSecret(secret_id=kept.id, client_id=machine.id))
        return shown.model_copy(update={"client_secret": secret})


def revoke_secret(db: Database, request: RevokeMachineSecret, caller: Caller) -> MachineClientDetails:
    """Take a secret out of use. Raises PortalError not_found, secret_revoked."""
    with db.unit_of_work(caller) as unit:
        machine = _machine(unit, request.machine_id)
        kept = machines.secret_of(unit.session, machine.id, request.secret_id)
        if kept is None:
            raise PortalError("not_found")
        if kept.revoked_at is not None:
            raise PortalError("identity.secret_revoked")
        kept.revoked_at, kept.revoked_by = now(), caller.name
        unit.session.flush()
        unit.audit("identity.machine.revoke_secret", on=("machine", machine.id), detail={"secret_id": str(kept.id)})
        unit.emit(MachineChanged(machine_id=machine.id))
        return _details(unit.session, machine.id)


def _machine(unit: UnitOfWork, machine_id: UUID, version: int | None = None) -> Machine:
    found = machines.locked(unit.session, machine_id)
    if found is None:
        raise PortalError("not_found")
    if version is not None and found.version != version:
        raise PortalError("stale")
    return found


def _flush(unit: UnitOfWork) -> None:
    try:
        unit.session.flush()
    except IntegrityError as error:
        if "machine_clients_by_name" not in str(error.orig):
            raise
        raise PortalError("identity.name_taken", field="name") from error


def _what(machine: Machine) -> dict[str, Any]:
    return {"name": machine.name, "contact": machine.contact, "scopes": list(machine.scopes)}


def _fields(row: Any) -> dict[str, Any]:
    held = dict(row._mapping)
    held["machine_id"] = held.pop("id")
    return held


def _details(reader: Any, machine_id: UUID) -> MachineClientDetails:
    rows = machines.listed(reader, machine_id=machine_id)
    if not rows:
        raise PortalError("not_found")
    secrets = [_secret(row) for row in machines.secrets_of(reader, machine_id)]
    return MachineClientDetails(**_fields(rows[0]), secrets=secrets)


def _secret(row: sa.Row[Any]) -> MachineSecretRow:
    held = dict(row._mapping)
    held["secret_id"] = held.pop("id")
    return MachineSecretRow(**held)
