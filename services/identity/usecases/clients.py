"""Clients as services, staff and their own people see them, and their contact data (S1-09, S1-43, S1-53)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.text import like
from services.identity.domain import emails
from services.identity.messages import (
    ClientCard,
    ClientCards,
    ClientDetails,
    ClientPage,
    ClientRow,
    ClientUpdated,
    ClientUser,
    Datum,
    GetClient,
    GetClients,
    ListClients,
    ListClientUsers,
    MyClients,
    UpdateClientContacts,
)
from services.identity.store import clients, representations
from services.identity.store.tables import Client
from services.identity.usecases import codes
from services.identity.usecases.views import representation

# Those who keep the client records see codes in full; others see enough to tell people apart.
SEES_CODES = frozenset({"customer_service", "administrator"})
CONTACTS = ("address", "email", "invoice_email", "phone", "language")


def cards(db: Database, request: GetClients) -> ClientCards:
    """Return clients by id, with the people to address when asked for."""
    people: dict[UUID, list[ClientUser]] = defaultdict(list)
    with db.reading() as connection:
        rows = clients.cards(connection, request.client_ids)
        if request.with_users:
            day = riga_today()
            for row in representations.open_of_clients(connection, request.client_ids):
                held = representations.mandate(row)
                if held.in_force(day) and row.user_status == "active":
                    people[row.client_id].append(
                        ClientUser(
                            user_id=row.user_id,
                            name=row.user_name,
                            email=row.user_email,
                            phone=row.user_phone,
                            language=row.user_language,
                            role=row.role,
                            rights=sorted(held.rights_on(day)),
                        )
                    )
    return ClientCards(
        items=[
            ClientCard(
                client_id=row.id,
                kind=row.kind,
                name=row.name,
                reg_no=row.reg_no,
                address=row.address,
                email=row.email,
                invoice_email=row.invoice_email,
                phone=row.phone,
                language=row.language,
                users=people[row.id],
            )
            for row in rows
        ]
    )


def search(db: Database, request: ListClients) -> ClientPage:
    """Return a page of clients for staff."""
    after = _position(request) if request.after else None
    with db.reading() as connection:
        rows = clients.page(
            connection,
            pattern=like(request.query) if request.query else None,
            kind=request.kind,
            sort=request.sort,
            after=after,
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    following = None
    if len(rows) > request.limit:
        last = shown[-1]
        key = last.sort_key if request.sort.endswith("name") else last.created_at.isoformat()
        following = encode_cursor([key, str(last.id)])
    return ClientPage(
        items=[
            ClientRow(
                client_id=row.id,
                kind=row.kind,
                name=row.name,
                reg_no=row.reg_no,
                external_ref=row.external_ref,
                email=row.email,
                phone=row.phone,
                users=row.users,
            )
            for row in shown
        ],
        next=following,
    )


def _position(request: ListClients) -> tuple[Any, UUID]:
    key, client_id = decode_cursor(request.after or "", 2)
    try:
        return (key if request.sort.endswith("name") else datetime.fromisoformat(key)), UUID(client_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise PortalError("malformed", field="after") from error


def get(db: Database, request: GetClient, caller: Caller) -> ClientDetails:
    """Return one client in full; the reading is put on record for the client (B-14)."""
    client_id = scoped_client(caller, request.client_id)
    with db.reading() as connection:
        found = _details(connection, client_id, caller)
    db.disclosed("identity.client.view", on=("client", found.client_id), client=found.client_id, caller=caller)
    return found


def _details(connection: sa.Connection, client_id: UUID | None, caller: Caller) -> ClientDetails:
    row = clients.details(connection, client_id) if client_id else None
    if row is None:
        raise PortalError("not_found")
    day = riga_today()
    full = bool(caller.roles & SEES_CODES) if caller.kind == "staff" else caller.has("users.manage")
    values = row._mapping
    return ClientDetails(
        client_id=row.id,
        version=row.version,
        kind=row.kind,
        name=row.name,
        reg_no=row.reg_no,
        person_code=codes.shown_person_code(row.person_code, full),
        external_ref=row.external_ref,
        address=row.address,
        email=row.email,
        invoice_email=row.invoice_email,
        phone=row.phone,
        language=row.language,
        created_at=row.created_at,
        data=[
            Datum(
                field=d.field,
                value=codes.shown_person_code(row.person_code, full) if d.field == "person_code" else values[d.field],
                origin=d.origin,
                confirmed_at=d.confirmed_at,
            )
            for d in clients.data(connection, row.id)
        ],
        users=[representation(r, day) for r in representations.of_client(connection, row.id)],
    )


def users_of(db: Database, request: ListClientUsers, caller: Caller) -> MyClients:
    """Return who may act for a client. Raises PortalError not_found for another client's."""
    client_id = scoped_client(caller, request.client_id)
    if client_id is None:
        raise PortalError("required", field="client_id")
    day = riga_today()
    with db.reading() as connection:
        return MyClients(items=[representation(row, day) for row in representations.of_client(connection, client_id)])


def update_contacts(db: Database, request: UpdateClientContacts, caller: Caller) -> ClientDetails:
    """Change contact data; they count as confirmed by whoever changed them. Raises PortalError stale, *_malformed."""
    client_id = scoped_client(caller, request.client_id)
    changes = _changes(request)
    moment = now()
    origin = "staff" if caller.kind == "staff" else "client"
    with db.unit_of_work(caller) as unit:
        client = unit.session.get(Client, client_id, with_for_update=True) if client_id else None
        if client is None:
            raise PortalError("not_found")
        if client.version != request.version:
            raise PortalError("stale")
        changed = [name for name, value in changes.items() if getattr(client, name) != value]
        if changed:
            for name in changed:
                setattr(client, name, changes[name])
            client.version += 1
            client.updated_at = moment
            clients.describe(client)
            unit.audit("identity.client.update", on=("client", client.id), client=client.id, detail={"fields": changed})
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
        # Looking at a datum and leaving it as it is confirms it, too.
        clients.confirm(unit.session, client.id, changes, origin, moment)
        unit.session.flush()
        return _details(unit.session.connection(), client.id, caller)


def _changes(request: UpdateClientContacts) -> dict[str, Any]:
    changes = {name: value or None for name in CONTACTS if (value := getattr(request, name)) is not None}
    for name in ("email", "invoice_email"):
        if (email := changes.get(name)) and emails.email_key(email) is None:
            raise PortalError("identity.email_malformed", field=name)
    if phone := changes.get("phone"):
        changes["phone"] = emails.phone(phone)
        if changes["phone"] is None:
            raise PortalError("identity.phone_malformed", field="phone")
    return changes
