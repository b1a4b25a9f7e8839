"""An approved application becomes a contract, exactly once (S3-02)."""

from __future__ import annotations

from chassis.caller import Delivery
from chassis.database import Database
from chassis.days import riga_day
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.telemetry import get_logger
from services.metering.messages import ConnectedService, ContractConcluded
from services.metering.store import writing
from services.requests.messages import CaseApproved

log = get_logger(__name__)


def run(db: Database, event: CaseApproved, delivery: Delivery) -> None:
    """Conclude the contract of a case and tell of it. Once per delivery (inbox) and once per case (unique case_id).

    Raises PortalError required (contract) for a case that should lead to a contract and does not say which: the event
    ends among the dead letters, where staff see it; requests' own deadline watches the case meanwhile.
    """
    if event.outcome != "contract":
        return
    order = event.contract
    if order is None:
        raise PortalError("required", field="contract")
    concluded = riga_day(event.decided_at)
    services = [ConnectedService(service=name, since=max(order.desired_from, concluded)) for name in order.services]
    with db.unit_of_work(delivery) as uow:
        contract_id = new_id()
        number = writing.add_contract(
            uow.session, contract_id=contract_id, client_id=event.client_id, case_id=event.case_id,
            address=order.address, services=[one.model_dump(mode="json") for one in services], concluded_on=concluded,
        )  # fmt: skip
        if number is None:
            return
        uow.emit(
            ContractConcluded(
                contract_id=contract_id, contract_no=number, client_id=event.client_id, case_id=event.case_id,
                case_no=event.case_no, address=order.address, services=services, concluded_on=concluded,
            )
        )  # fmt: skip
        uow.audit(
            "metering.contract.conclude", on=("contract", contract_id), client=event.client_id,
            detail={"contract_no": number, "case_no": event.case_no, "decided_by": str(event.decided_by)},
        )  # fmt: skip
    log.info("contract concluded", contract_no=number, case_no=event.case_no)
