"""Staff enter clients and keep their basic data (S1-04, S1-09, S1-26); contact data also by the client (S1-43)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import FieldError, PortalError
from chassis.ids import new_id
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails
from services.identity.domain import register as rules
from services.identity.domain.matching import words
from services.identity.messages import (
    ChangeClient,
    ClientCreated,
    ClientDetails,
    ClientUpdated,
    FindSimilarClients,
    RegisterClient,
    SimilarClient,
    SimilarClients,
    UpdateClientContacts,
)
from services.identity.store import clients, register
from services.identity.store.tables import Client
from services.identity.usecases import client_details, codes, contact_notices

FIELDS = ("stage", "name", *rules.CODES, *rules.CONTACTS)
MOST_ALIKE = 10


def similar(db: Database, request: FindSimilarClients) -> SimilarClients:
    """Return clients that may be the same as the one given."""
    given = checked({name: getattr(request, name, None) for name in ("name", "email", "phone", *rules.CODES)})
    with db.reading() as connection:
        return SimilarClients(items=_similar(connection, {**given, "kind": request.kind}))


def enter(db: Database, request: RegisterClient, caller: Caller) -> ClientDetails:
    """Register a client. Raises PortalError invalid, code_taken, similar_client, idempotency_key_reused."""
    values = checked({name: getattr(request, name) for name in FIELDS})
    code = "reg_no" if request.kind == "legal" else "person_code"
    other = "person_code" if request.kind == "legal" else "reg_no"
    if values[other]:
        raise PortalError("not_a_choice", field=other)
    moment = now()
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, ClientDetails)
        if done is not None:
            return done
        clients.lock_register(unit.session)
        _free(unit, None, {kind: values[kind] for kind in rules.CODES if values[kind]})
        if not request.similar_seen and _similar(unit.session.connection(), {**values, "kind": request.kind}):
            raise PortalError("identity.similar_client", field="similar_seen")
        client = Client(id=new_id(), version=1, kind=request.kind, **values)
        clients.describe(client)
        unit.session.add(client)
        unit.session.flush()
        _keep(unit, client, [name for name in FIELDS if values[name]], "staff", moment)
        unit.audit(
            "identity.client.register",
            on=("client", client.id),
            client=client.id,
            detail={"source": "staff", "ground": request.ground, "code": code if values[code] else None},
        )
        unit.emit(
            ClientCreated(
                client_id=client.id,
                name=client.name,
                kind=request.kind,
                reg_no=client.reg_no,
                email=client.email,
                language=request.language,
            )
        )
        unit.session.flush()
        return unit.remember(request, client_details.read(unit.session.connection(), client.id, caller))


def change(db: Database, request: ChangeClient, caller: Caller) -> ClientDetails:
    """Change basic data. Raises PortalError not_found, stale, code_taken, invalid."""
    given = {name: getattr(request, name) for name in FIELDS}
    return _change(db, request.client_id, request.version, given, caller, request.ground)


def update_contacts(db: Database, request: UpdateClientContacts, caller: Caller) -> ClientDetails:
    """Change contact data; they count as confirmed by whoever changed them. Raises PortalError stale, *_malformed."""
    client_id = scoped_client(caller, request.client_id)
    given = {name: getattr(request, name) for name in rules.CONTACTS}
    return _change(db, client_id, request.version, given, caller, None)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are kept, empty ones as None. Raises PortalError invalid that names every wrong field."""
    values = {name: value or None for name, value in given.items()}
    wrong = []
    for name, check in _CHECKS.items():
        if values.get(name):
            try:
                values[name] = check(name, values[name])
            except PortalError as error:
                wrong.append(FieldError(name, error.code))
    if wrong:
        raise PortalError.many(wrong)
    return values


def _email(name: str, text: str) -> str:
    if emails.email_key(text) is None:
        raise PortalError("identity.email_malformed", field=name)
    return text


def _phone(name: str, text: str) -> str:
    number = emails.phone(text)
    if number is None:
        raise PortalError("identity.phone_malformed", field=name)
    return number


_CHECKS: dict[str, Callable[[str, Any], str]] = {
    "reg_no": lambda _, text: codes.reg_no(text),
    "person_code": lambda _, text: codes.person_code(text),
    "email": _email,
    "invoice_email": _email,
    "phone": _phone,
}


def _change(
    db: Database, client_id: UUID | None, version: int, given: Mapping[str, Any], caller: Caller, ground: str | None
) -> ClientDetails:
    asked = {name: value for name, value in given.items() if value is not None}
    values = checked(asked)
    moment = now()
    origin = "staff" if caller.kind == "staff" else "client"
    with db.unit_of_work(caller) as unit:
        if set(values) & set(rules.CODES):
            clients.lock_register(unit.session)
        client = unit.session.get(Client, client_id, with_for_update=True) if client_id else None
        if client is None:
            raise PortalError("not_found")
        if client.version != version:
            raise PortalError("stale")
        other = "person_code" if client.kind == "legal" else "reg_no"
        if values.get(other):
            raise PortalError("not_a_choice", field=other)
        changed = [name for name, value in values.items() if getattr(client, name) != value]
        _free(unit, client.id, {kind: values[kind] for kind in rules.CODES if kind in changed and values[kind]})
        if changed:
            _write(unit, client, {name: values[name] for name in changed}, moment)
            detail = {"fields": changed, **({"ground": ground} if ground else {})}
            right = "users.manage" if caller.kind == "user" else None
            unit.audit("identity.client.update", on=("client", client.id), client=client.id, right=right, detail=detail)
            unit.emit(
                ClientUpdated(
                    client_id=client.id,
                    name=client.name,
                    kind=client.kind,  # type: ignore[arg-type]
                    reg_no=client.reg_no,
                    email=client.email,
                    language=client.language,  # type: ignore[arg-type]
                )
            )
        # Looking at contact data and leaving them as they are confirms them, too. Staff who correct one datum on some
        # ground say nothing of the others: those keep their origin, and a register may still correct itself.
        _keep(unit, client, changed if ground else values, origin, moment)
        touched = set(changed) & set(rules.CONTACTS)
        if touched or not ground:
            contact_notices.keep(unit, client, "changed" if touched else "confirmed", moment)
        unit.session.flush()
        return client_details.read(unit.session.connection(), client.id, caller)


def _write(unit: UnitOfWork, client: Client, values: Mapping[str, Any], moment: datetime) -> None:
    for name, value in values.items():
        former = getattr(client, name)
        if name in rules.CODES and former:
            clients.retire_code(unit.session, name, former, moment)
        clients.remember(client, name)
        setattr(client, name, value)
    client.version += 1
    client.updated_at = moment
    clients.describe(client)


def _keep(unit: UnitOfWork, client: Client, names: Iterable[str], origin: str, moment: datetime) -> None:
    kept = [name for name in names if name != "stage"]
    held = {(kind, value): client.id for kind in rules.CODES if kind in kept and (value := getattr(client, kind))}
    clients.add_codes(unit.session, held)
    clients.confirm(unit.session, client.id, kept, origin, moment)


def _free(unit: UnitOfWork, client_id: UUID | None, wanted: Mapping[str, str]) -> None:
    """Raise PortalError invalid when a code belongs or belonged to another client."""
    taken = clients.by_codes(unit.session, list(wanted.items()))
    wrong = []
    for (kind, _), owner in taken.items():
        if owner != client_id:
            name = unit.session.execute(sa.select(Client.name).where(Client.id == owner)).scalar_one()
            wrong.append(FieldError(kind, "identity.code_taken", {"name": name}))
    if wrong:
        raise PortalError("identity.code_taken", field=wrong[0].field, errors=wrong, **wrong[0].params)


def _similar(connection: sa.Connection, given: Mapping[str, Any]) -> list[SimilarClient]:
    patterns = [like(word) for word in words(given["name"], given["kind"])]
    email = (given.get("email") or "").lower() or None
    rows = register.alike(connection, patterns, email, given.get("phone"), 50)
    found = []
    for row in rows:
        because = rules.alike(given, dict(row._mapping))
        if because:
            found.append(
                SimilarClient(
                    client_id=row.id,
                    kind=row.kind,
                    name=row.name,
                    reg_no=row.reg_no,
                    external_ref=row.external_ref,
                    email=row.email,
                    because=because,
                )
            )
    return found[:MOST_ALIKE]
