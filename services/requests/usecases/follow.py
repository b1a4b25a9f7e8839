"""What others tell about a case: permit issued, contract concluded, fee invoiced, client renamed."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.caller import Delivery
from chassis.database import Database
from chassis.errors import PortalError
from chassis.telemetry import get_logger
from services.billing import messages as billing
from services.identity import messages as identity
from services.metering import messages as metering
from services.permits import messages as permits
from services.requests import messages as m
from services.requests.store import cases, forms
from services.requests.store.tables import Case, CaseInvoice
from services.requests.usecases import moves
from services.requests.usecases.submit import search_text

log = get_logger(__name__)


def permit_issued(db: Database, event: permits.PermitIssued, delivery: Delivery) -> None:
    """Complete the case whose permit was issued; a permit told of again changes nothing.

    A permit for a case that is not waiting for one is refused (wrong_state), so that it ends as a dead letter
    somebody looks at.
    """
    if event.case_id is not None:
        _complete(db, event, delivery, "permit_issued", "permit", event.permit_id, event.permit_no)


def contract_concluded(db: Database, event: metering.ContractConcluded, delivery: Delivery) -> None:
    """Complete the case whose contract was concluded; told of again it changes nothing, as with a permit."""
    if event.case_id is not None:
        _complete(db, event, delivery, "contract_concluded", "contract", event.contract_id, event.contract_no)


def _complete(
    db: Database, event: permits.PermitIssued | metering.ContractConcluded, delivery: Delivery, action: str, kind: str,
    object_id: UUID, number: str,
) -> None:  # fmt: skip
    """Move the case to its end and keep what came of it: `permit_id`, `permit_no`, or the same of a contract."""
    assert event.case_id is not None
    with db.unit_of_work(delivery) as uow:
        case = cases.for_change(uow.session, event.case_id, None)
        if getattr(case, f"{kind}_id") == object_id:
            return
        if case.client_id != event.client_id:
            raise PortalError("conflict", field="client_id")
        form = forms.get(db, case.form, case.form_version).form
        came = {f"{kind}_id": object_id, f"{kind}_no": number}
        moves.move(uow, case, form, action, params={name: str(value) for name, value in came.items()})
        for name, value in came.items():
            setattr(case, name, value)
        case.attention = None
        uow.emit(m.CaseCompleted(**moves.event_fields(case, form), **came))
        uow.audit(
            "requests.case.complete", on=("case", case.id), client=case.client_id, right="service",
            detail={"case_no": case.case_no, f"{kind}_no": number},
        )  # fmt: skip


def invoice_issued(db: Database, event: billing.InvoiceIssued, delivery: Delivery) -> None:
    """Note on the timeline that the case's fee was invoiced."""
    if event.case_id is None:
        return
    with db.unit_of_work(delivery) as uow:
        case = cases.for_change(uow.session, event.case_id, None)
        new = uow.session.execute(
            insert(CaseInvoice)
            .values(invoice_id=event.invoice_id, case_id=case.id, number=event.number)
            .on_conflict_do_nothing()
            .returning(CaseInvoice.__table__.c.invoice_id)
        ).first()
        if new is None:
            return
        moves.note(uow, case, "invoice_issued", params={"number": event.number, "invoice_id": str(event.invoice_id)})
        case.version += 1
        uow.audit(
            "requests.case.note_invoice", on=("case", case.id), client=case.client_id, right="service",
            detail={"case_no": case.case_no, "invoice": event.number},
        )  # fmt: skip


def client_updated(db: Database, event: identity.ClientUpdated, delivery: Delivery) -> None:
    """Keep the client's present name beside its cases."""
    with db.unit_of_work(delivery) as uow:
        rename(db, uow.session, event.client_id, event.name)


def rename(db: Database, session: sa.orm.Session, client: object, name: str) -> int:
    """Write a client's name on its submitted cases; returns how many changed."""
    found = session.execute(
        sa.select(Case).where(Case.client_id == client, Case.client_name != name, Case.case_no.is_not(None))
    ).scalars()
    changed = 0
    for case in found:
        case.client_name = name
        case.search = search_text(case, forms.get(db, case.form, case.form_version).form)
        changed += 1
    return changed
