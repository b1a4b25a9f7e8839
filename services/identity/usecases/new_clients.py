"""A client nobody knew yet is registered from what was applied for and checked by staff (S1-04, S1-28)."""

from __future__ import annotations

from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.messages import ApplicationData, ClientCreated
from services.identity.store import clients
from services.identity.store.tables import Client

CODES = ("reg_no", "person_code")


def register(unit: UnitOfWork, data: ApplicationData, *, origin: str) -> Client:
    """Make a client. Raises PortalError identity.client_exists when one of its numbers is known already."""
    clients.lock_register(unit.session)
    wanted = [(kind, value) for kind in CODES if (value := getattr(data, kind))]
    if clients.by_codes(unit.session, wanted):
        raise PortalError("identity.client_exists", field="client_id")
    client = Client(
        id=new_id(),
        version=1,
        stage="prospect",  # nothing here yet but the application
        kind=data.client_kind,
        name=data.client_name,
        reg_no=data.reg_no,
        person_code=data.person_code,
        external_ref=None,
        address=data.client_address,
        email=data.client_email,
        invoice_email=None,
        phone=data.client_phone,
        language=data.language,
    )
    clients.describe(client)
    unit.session.add(client)
    unit.session.flush()
    clients.add_codes(unit.session, dict.fromkeys(wanted, client.id))
    given = ["name", "address", "email", "phone", *(kind for kind, _ in wanted)]
    clients.confirm(unit.session, client.id, given, origin, now())
    unit.audit("identity.client.register", on=("client", client.id), client=client.id, detail={"source": origin})
    unit.emit(
        ClientCreated(
            client_id=client.id,
            name=client.name,
            kind=data.client_kind,
            reg_no=client.reg_no,
            email=client.email,
            language=data.language,
        )
    )
    return client
