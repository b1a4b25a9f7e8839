"""Identity's doors for terms in preparation, consents, and notices of the portal."""

from __future__ import annotations

from typing import Any

from chassis.access import public, role, signed_in
from chassis.caller import Caller
from chassis.messages import Done
from chassis.rpc import serves
from chassis.timers import every
from services.identity import messages as m
from services.identity.usecases import agreements, portal_state, terms, terms_drafts, terms_files

KEEPS_TERMS = role("administrator", "customer_service")
SEES_TERMS = role("administrator", "customer_service", "auditor")


class AgreeingDoors:
    """Inherited by the service, which has the dependencies."""

    db: Any
    tools: Any

    @serves(m.TermsFile, allow=public)
    def terms_file(self, request: m.TermsFile, caller: Caller) -> m.TermsPdf:
        return terms.file(self.db, request)

    @serves(m.StartTermsFile, allow=KEEPS_TERMS)
    def start_terms_file(self, request: m.StartTermsFile, caller: Caller) -> m.TermsFileView:
        return terms_files.start(self.db, self.tools, request, caller)

    @serves(m.AppendTermsFile, allow=KEEPS_TERMS)
    def append_terms_file(self, request: m.AppendTermsFile, caller: Caller) -> m.TermsFileView:
        return terms_files.append(self.db, request, caller)

    @serves(m.RemoveTermsFile, allow=KEEPS_TERMS)
    def remove_terms_file(self, request: m.RemoveTermsFile, caller: Caller) -> Done:
        return terms_files.remove(self.db, request, caller)

    @serves(m.ReadTermsDraftFile, allow=SEES_TERMS)
    def read_terms_draft_file(self, request: m.ReadTermsDraftFile, caller: Caller) -> m.TermsPdf:
        return terms_files.read(self.db, request)

    @serves(m.ListTermsDrafts, allow=SEES_TERMS)
    def list_terms_drafts(self, request: m.ListTermsDrafts, caller: Caller) -> m.TermsDraftList:
        return terms_drafts.search(self.db, request)

    @serves(m.SaveTermsDraft, allow=KEEPS_TERMS)
    def save_terms_draft(self, request: m.SaveTermsDraft, caller: Caller) -> m.TermsDraftView:
        return terms_drafts.save(self.db, request, caller)

    @serves(m.DiscardTermsDraft, allow=KEEPS_TERMS)
    def discard_terms_draft(self, request: m.DiscardTermsDraft, caller: Caller) -> Done:
        return terms_drafts.discard(self.db, request, caller)

    @serves(m.PublishTerms, allow=role("administrator"))
    def publish_terms(self, request: m.PublishTerms, caller: Caller) -> m.PublishedTerms:
        return terms_drafts.publish(self.db, request, caller)

    @serves(m.ListAgreements, allow=signed_in)
    def list_agreements(self, request: m.ListAgreements, caller: Caller) -> m.Agreements:
        return agreements.search(self.db, request, caller)

    @serves(m.SetConsent, allow=signed_in)
    def set_consent(self, request: m.SetConsent, caller: Caller) -> m.Agreements:
        return agreements.set_consent(self.db, request, caller)

    @serves(m.GetPortalState, allow=public)
    def get_portal_state(self, request: m.GetPortalState, caller: Caller) -> m.PortalState:
        return portal_state.get(self.db, self.tools, request)

    @serves(m.ListNotices, allow=role("administrator", "auditor"))
    def list_notices(self, request: m.ListNotices, caller: Caller) -> m.NoticeList:
        return portal_state.search(self.db, request)

    @serves(m.PutNotice, allow=role("administrator"))
    def put_notice(self, request: m.PutNotice, caller: Caller) -> m.NoticeView:
        return portal_state.put(self.db, request, caller)

    @serves(m.EndNotice, allow=role("administrator"))
    def end_notice(self, request: m.EndNotice, caller: Caller) -> m.NoticeView:
        return portal_state.end(self.db, request, caller)

    @every(seconds=2)
    def announce_terms(self, caller: Caller) -> None:
        terms_drafts.announce(self.db, caller)
