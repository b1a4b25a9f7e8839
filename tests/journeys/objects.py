"""One real object of every kind, to open pages and routes with: Anna's own, Ilze's contract, and what only staff see.

Found through the services' own calls; what a fresh stack does not have is made.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chassis.caller import service_caller
from chassis.days import now, riga_today
from chassis.demo_ids import STAFF_ACCOUNTANT
from services.billing import messages as billing
from services.identity import messages as identity
from services.identity.store.person_tables import Erasure
from services.identity.store.suspicion_tables import SignInHold
from services.metering import messages as metering
from services.notifications import messages as notifications
from services.permits import messages as permits
from services.requests import messages as requests_
from tests.contract.access import cast
from tests.journeys import fixed_link, joining
from tests.journeys.api_client import Api, eventually
from tests.journeys.factor_tools import key_of, newcomer, user_id_of
from tests.journeys.newcomers import newcomers
from tests.journeys.peers import Bank
from tests.journeys.people import ACCOUNTANT, ADMIN, ANNA, AUDITOR, ENGINEER, ILZE, JURIS, SERVICE, Person


@dataclass
class Maker:
    """Calls services as people and remembers what has to be cleared away."""

    api: Callable[[Person], Api]
    later: list[Callable[[], Any]] = field(default_factory=list)

    def ask(self, person: Person, request: Any) -> Any:
        secret = str(self.api(person).secret)
        token = cast.bus().call(identity.ResolveSession(secret=secret)).token
        return cast.bus().call(request, token=token)

    def agreeing(self) -> dict[str, Any]:
        """A draft of the terms, and a notice that is over."""
        day = riga_today()
        draft = self.ask(SERVICE, identity.SaveTermsDraft(
            title="Noteikumu projekts", text="I. Vispārīgi\n\n1. Šie ir noteikumi.", approved_on=day, valid_from=day,
        ))
        self.later.append(lambda: self.ask(SERVICE, identity.DiscardTermsDraft(draft_id=draft.draft_id)))
        pdf = b"%PDF-1.7\nnoteikumi"
        file = self.ask(SERVICE, identity.StartTermsFile(
            draft_id=draft.draft_id, version=draft.version, name="noteikumi.pdf", size=len(pdf),
        ))
        self.ask(SERVICE, identity.AppendTermsFile(
            file_id=file.file_id, offset=0, data=base64.b64encode(pdf).decode(),
        ))
        moment = now()
        notice = self.ask(ADMIN, identity.PutNotice(
            text_lv="Plānots darbs", text_en="Planned work", starts_at=moment + timedelta(days=300),
            ends_at=moment + timedelta(days=301),
        ))
        self.later.append(lambda: self.ask(ADMIN, identity.EndNotice(notice_id=notice.notice_id)))
        return {"draft_id": draft.draft_id, "notice_id": notice.notice_id}

    def machine(self) -> dict[str, Any]:
        """A machine client with a secret, and the id of a signing key that is still in use."""
        name = f"Sistēma {uuid.uuid4().hex[:8]}"
        made = self.ask(ADMIN, identity.CreateMachineClient(name=name, contact="it@example.lv", scopes=["cases.read"]))
        secret = self.ask(ADMIN, identity.AddMachineSecret(machine_id=made.machine_id))
        key = next(key for key in self.ask(ADMIN, identity.ListSigningKeys()).items if key.state == "next")
        return {"machine_id": made.machine_id, "secret_id": secret.secret_id, "staff/signing-keys.key_id": key.id}

    def linked_login(self) -> uuid.UUID:
        """A provider's login of Anna's, which nobody signs in by."""
        with newcomers() as made:
            made.ids[ANNA.email] = uuid.UUID(user_id_of(ANNA))
            return made.linked_login(ANNA, "latvija")

    def draft(self, person: Person = ANNA, *, fill: bool = True) -> requests_.Draft:
        """A draft of a fixed link with every field and its data sheet."""
        made: requests_.Draft = self.ask(person, requests_.StartDraft(form="fixed_link"))
        if fill:
            values = fixed_link.sent(fixed_link.link_name())
            self.ask(person, requests_.SaveDraft(case_id=made.case_id, data=values, version=made.version))
        self.attach(made.case_id, person)
        return self.ask(person, requests_.GetDraft(case_id=made.case_id))  # type: ignore[no-any-return]

    def attach(self, case_id: Any, person: Person = ANNA, document: str | None = "data_sheet") -> Any:
        sheet = fixed_link.DATA_SHEET
        kept = self.ask(
            person,
            requests_.StartAttachment(case_id=case_id, name="Datu lapa.pdf", size=len(sheet), document=document),
        )
        data = base64.b64encode(sheet).decode()
        return self.ask(
            person, requests_.AppendAttachment(attachment_id=kept.attachment_id, offset=0, data=data)
        ).attachment_id

    def case(self, person: Person = ANNA) -> requests_.CaseView:
        """A submitted case."""
        draft = self.draft(person)
        assert not draft.problems, draft.problems
        return self.ask(  # type: ignore[no-any-return]
            person, requests_.Submit(case_id=draft.case_id, version=draft.version, confirmed=True)
        )

    def taken_case(self) -> requests_.CaseView:
        """A case in the engineer's hands."""
        case = self.case()
        return self.ask(ENGINEER, requests_.TakeCase(case_id=case.case_id))  # type: ignore[no-any-return]

    def waiting_case(self) -> requests_.CaseView:
        """A case that waits for the client's answer, with a file the client has not sent yet."""
        case = self.taken_case()
        return self.ask(  # type: ignore[no-any-return]
            ENGINEER, requests_.AskInformation(case_id=case.case_id, text="Kādā augstumā ir antena?")
        )

    def approved(self, count: int = 1) -> None:
        """So many more of Anna's requests approved, each with its permit and its invoice."""
        cases = [self.case() for _ in range(count)]
        for case in cases:
            self.ask(ENGINEER, requests_.TakeCase(case_id=case.case_id))
            self.ask(ENGINEER, requests_.Approve(case_id=case.case_id, confirmed=True))
        for case in cases:
            asked = requests_.GetCase(case_id=case.case_id)
            eventually("the invoice of an approved request", lambda asked=asked: self.ask(ANNA, asked).invoices)

    def unpaid(self, count: int, at_least: int = 5) -> list[billing.InvoiceRow]:
        """So many of Anna's invoices with at least so many EUR open and in no payment."""

        def look() -> list[billing.InvoiceRow]:
            asked = billing.ListInvoices(state="unpaid", limit=100, sort="-issued")
            return [one for one in self.ask(ANNA, asked).items if one.payment_id is None and one.open >= at_least]

        found = look()
        if len(found) < count:
            self.approved(count - len(found))
            found = look()
        assert len(found) >= count, f"only {len(found)} invoices to pay"
        return found[:count]

    def suspense(self) -> billing.SuspenseEntry:
        """Money that fits nothing: the bank takes more than was asked for."""
        present = self.ask(ACCOUNTANT, billing.ListSuspense()).items
        if not present:
            (invoice,) = self.unpaid(1)
            part = billing.PaymentPart(invoice_id=invoice.invoice_id, amount="1.00")
            payment = self.ask(ANNA, billing.StartPayment(parts=[part]))
            asked = billing.GetPayment(payment_id=payment.payment_id)
            url = eventually("the bank's page", lambda: self.ask(ANNA, asked).redirect_url)
            Bank().decide(url, "before", amount=150)
            present = eventually("suspense", lambda: self.ask(ACCOUNTANT, billing.ListSuspense()).items)
        return present[0]  # type: ignore[no-any-return]

    def price_draft(self) -> billing.PriceList:
        """A draft of a price list, thrown away at the end."""
        in_force = self.ask(ACCOUNTANT, billing.PriceListInForce())
        made: billing.PriceList = self.ask(
            ACCOUNTANT,
            billing.CreatePriceList(
                title="Melnraksts", legal_basis="MK noteikumi", valid_from=riga_today() + timedelta(days=900),
                copy_from=in_force.price_list_id,
            ),
        )  # fmt: skip

        def drop() -> None:  # whatever was done to it meanwhile
            present = self.ask(ACCOUNTANT, billing.GetPriceList(price_list_id=made.price_list_id))
            self.ask(ACCOUNTANT, billing.DropPriceList(price_list_id=made.price_list_id, version=present.version))

        self.later.append(drop)
        return made

    def fee_run(self) -> Any:
        runs = self.ask(ACCOUNTANT, billing.ListFeeRuns()).items
        if runs:
            return runs[0].fee_run_id
        month = (riga_today().replace(day=1) - timedelta(days=1)).replace(day=1)
        run = self.ask(ACCOUNTANT, billing.StartFeeRun(month=month))
        asked = billing.GetFeeRun(fee_run_id=run.fee_run_id)
        eventually("the fee run", lambda: self.ask(ACCOUNTANT, asked).state == "finished", seconds=120)
        return run.fee_run_id

    def import_(self) -> Any:
        """An import with a wrong row."""
        from tests.journeys import register

        content = register.file(register.row(register.number(), freq_mhz="daudz"))
        made = self.ask(ENGINEER, permits.StartImport(name="registrs.csv", size=len(content)))
        data = base64.b64encode(content).decode()
        self.ask(ENGINEER, permits.AppendImportChunk(import_id=made.import_id, offset=0, data=data))
        self.ask(ENGINEER, permits.FinishImport(import_id=made.import_id))
        asked = permits.GetImport(import_id=made.import_id)
        eventually("the import", lambda: self.ask(ENGINEER, asked).status == "done")
        return made.import_id


    def client_import(self) -> dict[str, Any]:
        """An import of clients with a wrong row."""
        content = "kind;name;client_no;email\nlegal;SIA Greizā Rinda;K-greizs;kas tas\n".encode()
        made = self.ask(SERVICE, identity.StartClientImport(name="klienti.csv", size=len(content)))
        data = base64.b64encode(content).decode()
        self.ask(SERVICE, identity.AppendClientImport(import_id=made.import_id, offset=0, data=data))
        self.ask(SERVICE, identity.FinishClientImport(import_id=made.import_id))
        asked = identity.GetClientImport(import_id=made.import_id)
        eventually("the import of clients", lambda: self.ask(SERVICE, asked).status == "done")
        return {"staff/clients/imports.import_id": made.import_id}

    def export(self) -> object:
        """A copy of Anna's data, ready to be taken."""

        def look() -> object:
            return next((one for one in self.ask(ANNA, identity.ListExports()).items if one.state == "ready"), None)

        if look() is None:
            self.ask(ANNA, identity.AskExport(idempotency_key=uuid.uuid4().hex))
        return eventually("the copy", look, 120).export_id  # type: ignore[attr-defined]

    def audit(self) -> dict[str, Any]:
        """A record of the trail, and an export of records that is ready."""
        asked_for = {"action": "identity.terms.publish"}
        record = self.ask(AUDITOR, identity.ListAudit(**asked_for, limit=1)).items[0]
        made = self.ask(AUDITOR, identity.AskAuditExport(**asked_for))
        asked = identity.GetAuditExport(export_id=made.export_id)
        eventually("the export of the trail", lambda: self.ask(AUDITOR, asked).state == "ready", 60)
        return {"record_id": record.record_id, "staff/audit/exports.export_id": made.export_id}

    def evidence(self) -> object:
        """What the trail holds of Anna's signing in, exported and ready to be taken."""
        asked = identity.AskAuditExport(person=ANNA.email, action="identity.session.start")
        made = self.ask(ADMIN, asked)
        get = identity.GetAuditExport(export_id=made.export_id)
        eventually("the evidence", lambda: self.ask(ADMIN, get).state == "ready", 120)
        return made.export_id

    def erasure(self) -> object:
        """An erasure that was refused, so that nothing comes of it."""
        moment = now()
        with newcomers() as made, made.db.unit_of_work(service_caller("identity")) as unit:
            someone = made.id_of(made.user("Palicēja Persona"))
            record = Erasure(
                id=uuid.uuid4(), user_id=someone, clients=[], state="refused", names=[], marks=[], language="lv",
                obligations=[{"kind": "invoice", "label": "R-1"}], report={}, asked_at=moment, asked_by="person",
                decided_at=moment, decision_note="rēķins nav apmaksāts", state_since=moment, checks=0,
            )  # fmt: skip
            unit.session.add(record)
            return record.id

    def approval(self) -> object:
        """A deletion that waits for a second pair of eyes: of somebody nobody else asks about."""
        with newcomers() as made:
            someone = made.id_of(made.user("Dzēšamā Persona"))
        return self.ask(SERVICE, identity.AskUserDeletion(user_id=someone, reason="client_request")).approval_id

    def hold(self) -> object:
        """Sign-in that is held on suspicion, of somebody nobody else asks about."""
        moment = now()
        with newcomers() as made, made.db.unit_of_work(service_caller("identity")) as unit:
            someone = made.id_of(made.user("Minētā Persona"))
            record = SignInHold(
                id=uuid.uuid4(), kind="account", subject=f"user:{someone}", user_id=someone, evidence=5, refused=0,
                began_at=moment, ends_at=moment + timedelta(hours=1),
            )  # fmt: skip
            unit.session.add(record)
            return record.id

    def application(self) -> tuple[Any, Any]:
        """An application for portal use whose signed original came, and that original."""
        asked = identity.SubmitApplication(
            data=identity.ApplicationData.model_validate(joining.application()),
            terms_id=cast.bus().call(identity.GetJoining(), token="").terms_id, declared=joining.DECLARED,
        )  # fmt: skip
        made = cast.bus().call(asked, token="")
        started = self.ask(SERVICE, identity.StartOriginal(
            application_id=made.application_id, channel="paper", received_on=riga_today(), name="Pieteikums.pdf", size=5
        ))  # fmt: skip
        data = base64.b64encode(b"%PDF-").decode()
        self.ask(SERVICE, identity.AppendOriginal(original_id=started.original_id, offset=0, data=data))
        return made.application_id, started.original_id


def collect(maker: Maker) -> dict[str, str]:
    """Ids by parameter, or by `<folder of the page>.<parameter>` where several kinds share a name."""
    ask = maker.ask
    draft, case = maker.draft(), maker.waiting_case()
    unsent = maker.attach(case.case_id, document=None)
    price_list = maker.price_draft()
    users = ask(ANNA, identity.ListClientUsers()).items
    juris = next(user for user in users if user.user_email == JURIS.email and user.in_force)
    contract = ask(ILZE, metering.ListContracts()).items[0]
    meter = ask(ILZE, metering.GetContract(contract_id=contract.contract_id)).meters[0]
    wide = ask(ANNA, permits.ListPermits(service_kind="public_mobile", state="in_force")).items[0]
    (invoice,) = maker.unpaid(1)
    message = eventually("a message", lambda: ask(ANNA, notifications.ListMessages(limit=1)).items)[0]
    delivery = eventually("a delivery", lambda: ask(SERVICE, notifications.ListDeliveries(limit=1)).items)[0]
    suspense = maker.suspense()
    application, original = maker.application()
    found = {
        "application_id": application, "original_id": original, "approval_id": maker.approval(),
        "attachment_id": draft.attachments[0].attachment_id, "case_id": case.case_id, "client_id": juris.client_id,
        "code": "not_found", "contract_id": contract.contract_id, "delivery_id": delivery.delivery_id,
        "export_id": maker.export(), "erasure_id": maker.erasure(),
        "hold_id": maker.hold(),
        "empty_draft_id": maker.draft(fill=False).case_id,
        "fee_run_id": maker.fee_run(), "form_code": "fixed_link", "import_id": maker.import_(),
        "invoice_id": invoice.invoice_id, "key_id": key_of(newcomer()),
        "group": "permits", "kind": "csv", "message_id": message.message_id, "meter_id": meter.meter_id,
        "login_id": maker.linked_login(),
        "month": riga_today().replace(day=1).isoformat(),
        "payment_id": suspense.payment_id, "permit_id": wide.permit_id, "price_list_id": price_list.price_list_id,
        "representation_id": juris.representation_id, "requests/attachments/remove.attachment_id": unsent,
        "requests/drafts.case_id": draft.case_id, "service": "billing",
        **maker.machine(),
        **maker.audit(),
        **maker.client_import(),
        **maker.agreeing(),
        "staff/assurance.right": "contracts.conclude", "staff/audit/exports.export_id": maker.evidence(),
        "session_id": ask(ANNA, identity.ListSessions()).items[0].session_id,
        "staff/roles.name": "accountant", "staff/roles.user_id": STAFF_ACCOUNTANT,
        "staff/cases/attachments.attachment_id": case.attachments[0].attachment_id,
        "staff/price-lists/items.code": price_list.items[0].code, "taken_case_id": maker.taken_case().case_id,
        "suspense_id": suspense.suspense_id,
        "terms_id": ask(ANNA, identity.ListTerms()).items[0].terms_id, "user_id": juris.user_id,
    }  # fmt: skip
    return {name: str(value) for name, value in found.items()}
