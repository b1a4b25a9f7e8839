"""permits: the catalogue of radio permits, and the register files that fill it."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, entitled, in_office, right, role, scope, service
from chassis.caller import Caller, Delivery
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.person_doors import person_doors
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.timers import every
from services.identity.messages import ClientBasis
from services.permits import messages as m
from services.permits.store import import_tables, tables
from services.permits.store.imports import KIT
from services.permits.store.personal import PERSONAL
from services.permits.usecases import (
    basis,
    count_permits,
    export_permits,
    fee_basis,
    find_permits,
    issue_permit,
    list_permits,
    remind_expiring,
    show_permit,
    work_import,
)
from services.requests.messages import CaseApproved

assert import_tables  # its tables belong to the metadata

READERS = entitled("permits", any_of(right("permits.see"), in_office))
IMPORTERS = role("permit_engineer", "administrator")
IMPORT_READERS = role("permit_engineer", "administrator", "auditor")


@dead_letter_doors
@person_doors(PERSONAL)
class Service:
    name = "permits"
    db: Any = DatabaseDependency(tables.metadata)
    bus: Any = BusDependency()

    @serves(m.ListPermits, allow=any_of(READERS, scope("permits.read")))
    def list_permits(self, request: m.ListPermits, caller: Caller) -> bytes:
        return list_permits.run(self.db, request, caller)

    @serves(m.GetPermit, allow=any_of(READERS, service("requests", "billing", "notifications"), scope("permits.read")))
    def get_permit(self, request: m.GetPermit, caller: Caller) -> bytes:
        return show_permit.run(self.db, request, caller)

    @serves(m.ListAssignments, allow=READERS)
    def list_assignments(self, request: m.ListAssignments, caller: Caller) -> bytes:
        return show_permit.assignments(self.db, request, caller)

    @serves(m.ListStations, allow=READERS)
    def list_stations(self, request: m.ListStations, caller: Caller) -> bytes:
        return show_permit.stations(self.db, request, caller)

    @serves(m.GetPermitCounts, allow=any_of(READERS, service("identity")))
    def permit_counts(self, request: m.GetPermitCounts, caller: Caller) -> bytes:
        return count_permits.run(self.db, request, caller)

    @serves(m.ExportPermits, allow=READERS)
    def export_permits(self, request: m.ExportPermits, caller: Caller) -> m.ExportPart:
        return export_permits.many(self.db, request, caller)

    @serves(m.ExportPermit, allow=READERS)
    def export_permit(self, request: m.ExportPermit, caller: Caller) -> m.ExportPart:
        return export_permits.one(self.db, request, caller)

    @serves(m.GetPermitBasis, allow=service("identity"))
    def permit_basis(self, request: m.GetPermitBasis, caller: Caller) -> ClientBasis:
        return basis.run(self.db, request)
    @serves(m.FindPermits, allow=service("identity", "requests"))
    def find_permits(self, request: m.FindPermits, caller: Caller) -> m.FoundPermits:
        return find_permits.run(self.db, request)

    @serves(m.GetFeeBasisPage, allow=service("billing"))
    def fee_basis_page(self, request: m.GetFeeBasisPage, caller: Caller) -> m.FeeBasisPage:
        return fee_basis.run(self.db, request, caller)

    @serves(m.StartImport, allow=IMPORTERS)
    def start_import(self, request: m.StartImport, caller: Caller) -> m.Import:
        return KIT.start(self.db, request, caller)

    @serves(m.AppendImportChunk, allow=IMPORTERS)
    def append_import_chunk(self, request: m.AppendImportChunk, caller: Caller) -> m.Import:
        return KIT.append(self.db, request, caller)

    @serves(m.FinishImport, allow=IMPORTERS)
    def finish_import(self, request: m.FinishImport, caller: Caller) -> m.Import:
        return KIT.finish(self.db, request, caller)

    @serves(m.GetImport, allow=IMPORT_READERS)
    def get_import(self, request: m.GetImport, caller: Caller) -> m.Import:
        return KIT.one(self.db, request.import_id, caller)

    @serves(m.ListImports, allow=IMPORT_READERS)
    def list_imports(self, request: m.ListImports, caller: Caller) -> m.ImportPage:
        items, following = KIT.page(self.db, request, caller)
        return m.ImportPage(items=items, next=following)

    @serves(m.ListImportProblems, allow=IMPORT_READERS)
    def list_import_problems(self, request: m.ListImportProblems, caller: Caller) -> m.ImportProblemPage:
        items, following = KIT.problem_page(self.db, request, caller)
        return m.ImportProblemPage.model_validate({"items": items, "next": following})

    @serves(m.ImportReport, allow=IMPORT_READERS)
    def import_report(self, request: m.ImportReport, caller: Caller) -> m.ExportPart:
        return KIT.report(self.db, request, caller)

    @subscribe(CaseApproved)
    def on_case_approved(self, event: CaseApproved, delivery: Delivery) -> None:
        issue_permit.run(self.db, self.bus, event, delivery)

    # Long files take long; the work itself is leased and resumed, so the turn's own limit is generous.
    @every(seconds=1, limit=3600)
    def work_imports(self, caller: Caller) -> None:
        work_import.run(self.db, self.bus, caller)

    @every(seconds=600)
    def tidy_imports(self, caller: Caller) -> None:
        KIT.tidy(self.db, caller)

    @every(seconds=60)
    def remind_expiring(self, caller: Caller) -> None:
        remind_expiring.run(self.db, caller)
