"""The door of requests: forms, drafts, cases, decisions."""

from __future__ import annotations

from typing import Any

from chassis.access import any_of, right, role, scope, service, signed_in
from chassis.bus import Bus
from chassis.caller import Caller, Delivery
from chassis.database import Database
from chassis.dead_letters import dead_letter_doors
from chassis.events import subscribe
from chassis.person_doors import person_doors
from chassis.rpc import serves
from chassis.service import BusDependency, DatabaseDependency
from chassis.timers import every
from services.billing import messages as billing
from services.identity import messages as identity
from services.metering import messages as metering
from services.permits import messages as permits
from services.requests import messages as m
from services.requests.store import tables
from services.requests.store.personal import PERSONAL
from services.requests.usecases import (
    attach,
    basis,
    client_moves,
    drafts,
    follow,
    list_forms,
    read_cases,
    staff_moves,
    submit,
    sweep,
)

client = right("requests.submit")
# Which of them a form wants is part of the form (B-20).
decider = role("permit_engineer", "customer_service")
staff = role("permit_engineer", "customer_service", "administrator", "auditor")


@dead_letter_doors
@person_doors(PERSONAL)
class Service:
    name = "requests"
    db: Database = DatabaseDependency(tables.metadata)  # type: ignore[assignment]
    bus: Bus = BusDependency()  # type: ignore[assignment]

    # forms

    @serves(m.ListForms, allow=signed_in)
    def list_forms(self, request: Any, caller: Caller) -> Any:
        return list_forms.run(self.db, caller)

    @serves(m.GetForm, allow=signed_in)
    def get_form(self, request: Any, caller: Caller) -> Any:
        return list_forms.one(self.db, request)

    @serves(m.GetFormWords, allow=service("identity"))
    def get_form_words(self, request: Any, caller: Caller) -> m.FormWords:
        return list_forms.words(self.db)

    # drafts and files

    @serves(m.GetCaseBasis, allow=service("identity"))
    def case_basis(self, request: m.GetCaseBasis, caller: Caller) -> identity.ClientBasis:
        return basis.run(self.db, request)

    @serves(m.StartDraft, allow=client)
    def start_draft(self, request: Any, caller: Caller) -> Any:
        return drafts.start(self.db, self.bus, request, caller)

    @serves(m.ListDrafts, allow=client)
    def list_drafts(self, request: Any, caller: Caller) -> Any:
        return drafts.listed(self.db, request, caller)

    @serves(m.GetDraft, allow=client)
    def get_draft(self, request: Any, caller: Caller) -> Any:
        return drafts.get(self.db, request, caller)

    @serves(m.SaveDraft, allow=client)
    def save_draft(self, request: Any, caller: Caller) -> Any:
        return drafts.save(self.db, request, caller)

    @serves(m.DiscardDraft, allow=client)
    def discard_draft(self, request: Any, caller: Caller) -> Any:
        return drafts.discard(self.db, request, caller)

    @serves(m.StartAttachment, allow=client)
    def start_attachment(self, request: Any, caller: Caller) -> Any:
        return attach.start(self.db, request, caller)

    @serves(m.AppendAttachment, allow=client)
    def append_attachment(self, request: Any, caller: Caller) -> Any:
        return attach.append(self.db, request, caller)

    @serves(m.RemoveAttachment, allow=client)
    def remove_attachment(self, request: Any, caller: Caller) -> Any:
        return attach.remove(self.db, request, caller)

    @serves(m.ReadAttachment, allow=any_of(client, staff))
    def read_attachment(self, request: Any, caller: Caller) -> Any:
        return attach.read(self.db, request, caller)

    # a client's cases

    @serves(m.Submit, allow=client)
    def submit(self, request: Any, caller: Caller) -> Any:
        return submit.run(self.db, self.bus, request, caller)

    @serves(m.ListCases, allow=client)
    def list_cases(self, request: Any, caller: Caller) -> Any:
        return read_cases.listed(self.db, request, caller)

    @serves(m.GetCase, allow=any_of(client, staff, scope("cases.read")))
    def get_case(self, request: Any, caller: Caller) -> Any:
        return read_cases.one(self.db, request, caller)

    @serves(m.CountCases, allow=client)
    def case_counts(self, request: Any, caller: Caller) -> Any:
        return read_cases.counts(self.db, caller)

    @serves(m.AnswerInformation, allow=client)
    def answer_information(self, request: Any, caller: Caller) -> Any:
        return client_moves.answer(self.db, request, caller)

    @serves(m.Withdraw, allow=client)
    def withdraw(self, request: Any, caller: Caller) -> Any:
        return client_moves.withdraw(self.db, request, caller)

    # staff

    @serves(m.CaseQueue, allow=any_of(staff, scope("cases.read")))
    def case_queue(self, request: Any, caller: Caller) -> Any:
        return read_cases.queue(self.db, request, caller)

    @serves(m.CountQueue, allow=staff)
    def queue_counts(self, request: Any, caller: Caller) -> Any:
        return read_cases.queue_counts(self.db, caller)

    @serves(m.TakeCase, allow=decider)
    def take_case(self, request: Any, caller: Caller) -> Any:
        return staff_moves.take(self.db, request, caller)

    @serves(m.AskInformation, allow=decider)
    def ask_information(self, request: Any, caller: Caller) -> Any:
        return staff_moves.ask(self.db, request, caller)

    @serves(m.Approve, allow=decider)
    def approve(self, request: Any, caller: Caller) -> Any:
        return staff_moves.approve(self.db, request, caller)

    @serves(m.Refuse, allow=decider)
    def refuse(self, request: Any, caller: Caller) -> Any:
        return staff_moves.refuse(self.db, request, caller)

    @serves(m.AddNote, allow=decider)
    def add_note(self, request: Any, caller: Caller) -> Any:
        return staff_moves.add_note(self.db, request, caller)

    # other services

    @subscribe(permits.PermitIssued)
    def on_permit_issued(self, event: Any, delivery: Delivery) -> None:
        follow.permit_issued(self.db, event, delivery)

    @subscribe(metering.ContractConcluded)
    def on_contract_concluded(self, event: Any, delivery: Delivery) -> None:
        follow.contract_concluded(self.db, event, delivery)

    @subscribe(billing.InvoiceIssued)
    def on_invoice_issued(self, event: Any, delivery: Delivery) -> None:
        follow.invoice_issued(self.db, event, delivery)

    @subscribe(identity.ClientUpdated)
    def on_client_updated(self, event: Any, delivery: Delivery) -> None:
        follow.client_updated(self.db, event, delivery)

    # time

    @every(seconds=30)
    def flag_late_outcomes(self, caller: Caller) -> None:
        sweep.late_outcomes(self.db, caller)

    @every(seconds=60)
    def name_clients(self, caller: Caller) -> None:
        sweep.name_clients(self.db, self.bus, caller)

    @every(seconds=3600)
    def expire_drafts(self, caller: Caller) -> None:
        sweep.expire_drafts(self.db, caller)
