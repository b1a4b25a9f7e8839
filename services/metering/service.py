"""metering: contracts, meters, readings, inspection acts."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, entitled, right, role, service
from chassis.caller import Caller, Delivery
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.person_doors import person_doors
from chassis.rpc import serves
from chassis.service import DatabaseDependency
from services.identity.messages import ClientBasis
from services.metering import messages as m
from services.metering.store import tables
from services.metering.store.personal import PERSONAL
from services.metering.usecases import basis, conclude_contract, find_contracts, show_contracts, submit_reading
from services.requests.messages import CaseApproved

READERS = entitled(
    "contracts",
    any_of(
        right("readings.submit"),
        right("finance.see"),
        role("customer_service", "administrator", "accountant", "auditor"),
    ),
)


@dead_letter_doors
@person_doors(PERSONAL)
class Service:
    name = "metering"
    db: Any = DatabaseDependency(tables.metadata)

    @serves(m.ListContracts, allow=READERS)
    def list_contracts(self, request: m.ListContracts, caller: Caller) -> m.ContractPage:
        return show_contracts.page(self.db, request, caller)

    @serves(m.GetContract, allow=READERS)
    def get_contract(self, request: m.GetContract, caller: Caller) -> m.Contract:
        return show_contracts.one(self.db, request, caller)

    @serves(m.FindContracts, allow=service("identity"))
    def find_contracts(self, request: m.FindContracts, caller: Caller) -> m.FoundContracts:
        return find_contracts.run(self.db, request)

    @serves(m.GetContractBasis, allow=service("identity"))
    def contract_basis(self, request: m.GetContractBasis, caller: Caller) -> ClientBasis:
        return basis.run(self.db, request)

    @serves(m.NameContracts, allow=service("identity", "requests"))
    def name_contracts(self, request: m.NameContracts, caller: Caller) -> m.ContractNames:
        return show_contracts.name(self.db, request)

    @subscribe(CaseApproved)
    def on_case_approved(self, event: CaseApproved, delivery: Delivery) -> None:
        conclude_contract.run(self.db, event, delivery)

    @serves(m.ListReadings, allow=READERS)
    def list_readings(self, request: m.ListReadings, caller: Caller) -> m.ReadingPage:
        return show_contracts.readings(self.db, request, caller)

    @serves(m.SubmitReading, allow=entitled("contracts", any_of(right("readings.submit"), role("customer_service"))))
    def submit_reading(self, request: m.SubmitReading, caller: Caller) -> m.Reading:
        return submit_reading.run(self.db, request, caller)
