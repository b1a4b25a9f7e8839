"""The doors of a person's own data: copies, who looked, erasure."""

from __future__ import annotations

from typing import Any

from chassis.access import customer, fresh, role, service, signed_in
from chassis.caller import Caller
from chassis.rpc import serves
from chassis.timers import every
from services.identity import messages as m
from services.identity.usecases import (
    data_exports,
    erasure,
    gather_exports,
    search_audit,
    work_erasures,
)

SEES_USERS = role("customer_service", "administrator", "auditor")


class PersonDoors:
    """Part of the service: see `service.Service`."""

    db: Any
    bus: Any

    @serves(m.AskExport, allow=fresh(customer))
    def ask_export(self, request: m.AskExport, caller: Caller) -> m.DataExport:
        return data_exports.ask(self.db, request, caller)

    @serves(m.ListExports, allow=customer)
    def list_exports(self, request: m.ListExports, caller: Caller) -> m.DataExports:
        return data_exports.listed(self.db, request, caller)

    @serves(m.ReadExport, allow=fresh(customer))
    def read_export(self, request: m.ReadExport, caller: Caller) -> m.ExportPiece:
        return data_exports.read(self.db, request, caller)

    @serves(m.LookAtErasure, allow=customer)
    def look_at_erasure(self, request: m.LookAtErasure, caller: Caller) -> m.ErasureOutlook:
        return erasure.outlook(self.db, self.bus, request, caller)

    @serves(m.AskErasure, allow=fresh(customer))
    def ask_erasure(self, request: m.AskErasure, caller: Caller) -> m.ErasureView:
        return erasure.ask(self.db, self.bus, request, caller)

    @serves(m.ListErasures, allow=SEES_USERS)
    def list_erasures(self, request: m.ListErasures, caller: Caller) -> m.ErasurePage:
        return erasure.page(self.db, request, caller)

    @serves(m.GetErasure, allow=SEES_USERS)
    def get_erasure(self, request: m.GetErasure, caller: Caller) -> m.ErasureView:
        return erasure.get(self.db, request, caller)

    @serves(m.DecideErasure, allow=fresh(role("administrator")))
    def decide_erasure(self, request: m.DecideErasure, caller: Caller) -> m.ErasureView:
        return erasure.decide(self.db, request, caller)

    @serves(m.GetErasureLetter, allow=service("notifications"))
    def get_erasure_letter(self, request: m.GetErasureLetter, caller: Caller) -> m.ErasureLetter:
        return work_erasures.letter(self.db, request)

    @serves(m.ListMyDisclosures, allow=signed_in)
    def list_my_disclosures(self, request: m.ListMyDisclosures, caller: Caller) -> m.DisclosurePage:
        return search_audit.disclosures_of_user(self.db, request, caller)

    @every(seconds=1)
    def gather_exports(self, caller: Caller) -> None:
        gather_exports.work_off(self.db, self.bus, caller)

    @every(seconds=1)
    def work_erasures(self, caller: Caller) -> None:
        work_erasures.work_off(self.db, self.bus, caller)

    @every(seconds=3600)
    def expire_exports(self, caller: Caller) -> None:
        data_exports.expire(self.db, caller)
