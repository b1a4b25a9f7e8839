"""The doors of imports of clients."""

from __future__ import annotations

from typing import Any

from chassis.caller import Caller
from chassis.imports.messages import CsvPart
from chassis.rpc import serves
from chassis.timers import every
from services.identity import messages as m
from services.identity.keeping_doors import KEEPS_CLIENTS, SEES_USERS
from services.identity.store.imports import KIT
from services.identity.usecases import import_clients


class ImportDoors:
    """Part of the service: see `service.Service`."""

    db: Any
    bus: Any

    @serves(m.StartClientImport, allow=KEEPS_CLIENTS)
    def start_client_import(self, request: m.StartClientImport, caller: Caller) -> m.ClientImport:
        return KIT.start(self.db, request, caller, source=request.source)

    @serves(m.AppendClientImport, allow=KEEPS_CLIENTS)
    def append_client_import(self, request: m.AppendClientImport, caller: Caller) -> m.ClientImport:
        return KIT.append(self.db, request, caller)

    @serves(m.FinishClientImport, allow=KEEPS_CLIENTS)
    def finish_client_import(self, request: m.FinishClientImport, caller: Caller) -> m.ClientImport:
        return KIT.finish(self.db, request, caller)

    @serves(m.GetClientImport, allow=SEES_USERS)
    def get_client_import(self, request: m.GetClientImport, caller: Caller) -> m.ClientImport:
        return KIT.one(self.db, request.import_id, caller)

    @serves(m.ListClientImports, allow=SEES_USERS)
    def list_client_imports(self, request: m.ListClientImports, caller: Caller) -> m.ClientImportPage:
        items, following = KIT.page(self.db, request, caller)
        return m.ClientImportPage(items=items, next=following)

    @serves(m.ListClientImportProblems, allow=SEES_USERS)
    def list_client_import_problems(
        self, request: m.ListClientImportProblems, caller: Caller
    ) -> m.ClientImportProblemPage:
        items, following = KIT.problem_page(self.db, request, caller)
        return m.ClientImportProblemPage.model_validate({"items": items, "next": following})

    @serves(m.ClientImportReport, allow=KEEPS_CLIENTS)
    def client_import_report(self, request: m.ClientImportReport, caller: Caller) -> CsvPart:
        return KIT.report(self.db, request, caller)

    # Long files take long; the work itself is leased and resumed, so the turn's own limit is generous.
    @every(seconds=1, limit=3600)
    def work_client_imports(self, caller: Caller) -> None:
        import_clients.run(self.db, self.bus, caller)

    @every(seconds=600)
    def tidy_client_imports(self, caller: Caller) -> None:
        KIT.tidy(self.db, caller)
