"""Clients say which contact data are right; each saying is kept with its hash (S1-43, S1-53, S4-12)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from chassis import context
from chassis.access import scoped_client
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_place
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import register as rules
from services.identity.messages import (
    ClientDetails,
    ConfirmClientData,
    ContactNotice,
    ContactNoticePage,
    ListContactNotices,
)
from services.identity.store import clients, register
from services.identity.store.register_tables import ContactNoticeRecord
from services.identity.store.tables import Client
from services.identity.usecases import client_details


def keep(unit: UnitOfWork, client: Client, what: Literal["changed", "confirmed"], moment: datetime) -> None:
    """Keep a notice of what the contact data are now, in the caller's transaction."""
    data = {name: getattr(client, name) for name in rules.CONTACTS}
    unit.session.add(
        ContactNoticeRecord(
            client_id=client.id,
            what=what,
            at=moment,
            by_kind="staff" if unit.caller.kind == "staff" else "user",
            by_user=unit.caller.user,
            by_name=unit.caller.name,
            session_id=unit.caller.session,
            address=context.current().address,
            data=data,
            sha256=rules.fingerprint(data),
        )
    )


def confirm(db: Database, request: ConfirmClientData, caller: Caller) -> ClientDetails:
    """Confirm the contact data as they are. Raises PortalError not_found, stale."""
    client_id = scoped_client(caller, request.client_id)
    moment = now()
    with db.unit_of_work(caller) as unit:
        client = unit.session.get(Client, client_id, with_for_update=True) if client_id else None
        if client is None:
            raise PortalError("not_found")
        if client.version != request.version:
            raise PortalError("stale")
        held = [name for name in rules.CONTACTS if getattr(client, name)]
        clients.reconfirm(unit.session, client.id, held, "staff" if caller.kind == "staff" else "client", moment)
        keep(unit, client, "confirmed", moment)
        unit.audit("identity.client.confirm", on=("client", client.id), client=client.id, detail={"fields": held})
        unit.session.flush()
        return client_details.read(unit.session.connection(), client.id, caller)


def page(db: Database, request: ListContactNotices, caller: Caller) -> ContactNoticePage:
    """Return the notices of a client, newest first. Raises PortalError not_found, malformed."""
    client_id = scoped_client(caller, request.client_id)
    if client_id is None:
        raise PortalError("required", field="client_id")
    after = decode_place(request.after) if request.after else None
    with db.reading() as connection:
        rows = register.notices(connection, client_id, after, request.limit + 1)
    shown = rows[: request.limit]
    db.disclosed("identity.client.view", on=("client", client_id), client=client_id, caller=caller)
    return ContactNoticePage(
        items=[
            ContactNotice(
                notice_id=row.id,
                what=row.what,
                at=row.at,
                by_name=row.by_name,
                by_kind=row.by_kind,
                data=row.data,
                sha256=row.sha256,
            )
            for row in shown
        ],
        next=encode_place(shown[-1].at, shown[-1].id) if len(rows) > request.limit else None,
    )
