"""Clients as services, staff and their own people see them (S1-09)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access import scoped_client
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import PortalError
from chassis.ids import decode_cursor, encode_cursor
from chassis.telemetry import get_logger
from chassis.text import like
from services.identity.messages import (
    ClientCard,
    ClientCards,
    ClientDetails,
    ClientPage,
    ClientRow,
    ClientUser,
    GetClient,
    GetClients,
    ListClients,
    ListClientUsers,
    MyClients,
)
from services.identity.store import clients, representations
from services.identity.usecases import client_details, codes
from services.identity.usecases.views import representation
from services.metering.messages import FindContracts

log = get_logger(__name__)

CONTRACT_SECONDS = 1.5


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
                erased=row.erased,
            )
            for row in rows
        ]
    )


def search(db: Database, request: ListClients, bus: Bus | None = None) -> ClientPage:
    """Return a page of clients for staff; a word that is the number of a contract finds the client who has it."""
    after = _position(request) if request.after else None
    owners = _contract_owners(bus, request.query) if bus and request.query else []
    with db.reading() as connection:
        rows = clients.page(
            connection,
            pattern=like(request.query) if request.query else None,
            code=codes.as_kept(request.query),
            owners=owners,
            kind=request.kind,
            stage=request.stage,
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
                stage=row.stage,
            )
            for row in shown
        ],
        next=following,
    )


def _contract_owners(bus: Bus, query: str) -> list[UUID]:
    if not any(letter.isdigit() for letter in query):
        return []
    try:
        found = bus.call(FindContracts(contract_no=query), timeout=CONTRACT_SECONDS).items
    except PortalError as error:
        # The register answers without metering, too; the search then does not reach contracts.
        log.warning("contracts not searched", code=error.code)
        return []
    return [one.client_id for one in found]


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
        found = client_details.read(connection, client_id, caller)
    db.disclosed("identity.client.view", on=("client", found.client_id), client=found.client_id, caller=caller)
    return found


def users_of(db: Database, request: ListClientUsers, caller: Caller) -> MyClients:
    """Return who may act for a client. Raises PortalError not_found for another client's."""
    client_id = scoped_client(caller, request.client_id)
    if client_id is None:
        raise PortalError("required", field="client_id")
    day = riga_today()
    with db.reading() as connection:
        rows = representations.of_client(connection, client_id)
    db.disclosed("identity.client.view", on=("client", client_id), client=client_id, caller=caller)
    return MyClients(items=[representation(row, day) for row in rows])
