"""The doors of the audit trail: search, one record, exports as evidence, and its retention."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, customer, fresh, public, role, scope
from chassis.caller import Caller
from chassis.rpc import serves
from chassis.timers import every
from services.identity import messages as m
from services.identity.usecases import audit_exports, forgetting, make_evidence, search_audit

WATCHES = role("auditor", "administrator")


class AuditDoors:
    """Part of the service: see `service.Service`."""

    db: Any

    @serves(m.ListAudit, allow=any_of(WATCHES, scope("audit.read")))
    def list_audit(self, request: m.ListAudit, caller: Caller) -> m.AuditPage:
        return search_audit.search(self.db, request, caller)

    @serves(m.GetAuditEntry, allow=any_of(WATCHES, scope("audit.read")))
    def get_audit_entry(self, request: m.GetAuditEntry, caller: Caller) -> m.AuditEntryView:
        return search_audit.entry(self.db, request, caller)

    @serves(m.AskAuditExport, allow=fresh(WATCHES))
    def ask_audit_export(self, request: m.AskAuditExport, caller: Caller) -> m.AuditExport:
        return audit_exports.ask(self.db, request, caller)

    @serves(m.ListAuditExports, allow=WATCHES)
    def list_audit_exports(self, request: m.ListAuditExports, caller: Caller) -> m.AuditExportPage:
        return audit_exports.page(self.db, request)

    @serves(m.GetAuditExport, allow=WATCHES)
    def get_audit_export(self, request: m.GetAuditExport, caller: Caller) -> m.AuditExport:
        return audit_exports.one(self.db, request)

    @serves(m.ReadAuditExport, allow=fresh(WATCHES))
    def read_audit_export(self, request: m.ReadAuditExport, caller: Caller) -> m.ExportPiece:
        return audit_exports.read(self.db, request, caller)

    @serves(m.GetSealCertificate, allow=public)
    def get_seal_certificate(self, request: m.GetSealCertificate, caller: Caller) -> m.SealCertificate:
        return audit_exports.certificate()

    @serves(m.ListDisclosures, allow=customer)
    def list_disclosures(self, request: m.ListDisclosures, caller: Caller) -> m.DisclosurePage:
        return search_audit.disclosures(self.db, request, caller)

    @every(seconds=1)
    def make_evidence(self, caller: Caller) -> None:
        make_evidence.work_off(self.db, caller)

    @every(seconds=3600)
    def expire_audit_exports(self, caller: Caller) -> None:
        audit_exports.expire(self.db, caller)

    @every(seconds=600)
    def forget_old_audit(self, caller: Caller) -> None:
        forgetting.forget_old(self.db, caller)
