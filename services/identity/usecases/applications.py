"""An application for portal use: submitted, and found again by whoever submitted it (S0-13..S0-18, S0-23, S1-27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_day, riga_today
from chassis.errors import FieldError, PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import joining as rules
from services.identity.domain.lockout import LockPolicy
from services.identity.messages import (
    ApplicationData,
    ApplicationDocument,
    ApplicationReceipt,
    ApplicationSubmitted,
    ApplicationView,
    Document,
    FindApplication,
    SubmitApplication,
    left_out_of_application,
)
from services.identity.store import applications, guards
from services.identity.store.joining_tables import Application
from services.identity.tools import Tools
from services.identity.usecases import codes, documents, joining, new_users
from services.identity.usecases.sessions_common import network_address


def submit(db: Database, tools: Tools, request: SubmitApplication, caller: Caller) -> ApplicationReceipt:
    """Keep an application. Raises PortalError invalid (fields), terms_superseded."""
    moment = now()
    address = network_address(request.address)
    data = checked(request)
    with db.unit_of_work(replace(caller, address=address)) as unit:
        # The receipt is made anew from the id: the code is kept nowhere, not even with the answer.
        done = unit.replayed(request, ApplicationReceipt)
        if done is not None:
            return done.model_copy(update={"code": rules.code(tools.settings.link_key, done.application_id)})
        joining.current_terms(unit.session, request.terms_id)
        application = Application(
            id=new_id(),
            number=applications.next_number(unit.session, riga_day(moment).year),
            version=1,
            state="submitted",
            client_kind=data.client_kind,
            client_name=data.client_name,
            user_name=data.user_name,
            user_email=data.user_email,
            language=data.language,
            data=data.model_dump(mode="json"),
            terms_id=request.terms_id,
            address=address,
            submitted_at=moment,
        )
        applications.describe(application)
        unit.session.add(application)
        unit.session.flush()
        new_users.declare(
            unit, rules.FOR_APPLICATION, data.language, terms_id=request.terms_id, moment=moment, address=address,
            application_id=application.id,
        )  # fmt: skip
        unit.audit("identity.application.submit", on=("application", application.id),
                   detail={"number": application.number, "client_kind": data.client_kind})  # fmt: skip
        wait_until = rules.wait_until(moment, tools.settings.application_days)
        unit.emit(
            ApplicationSubmitted(
                application_id=application.id,
                number=application.number,
                client_name=data.client_name,
                user_name=data.user_name,
                email=data.client_email,
                language=data.language,
                wait_until=wait_until,
            )
        )
        receipt = ApplicationReceipt(
            application_id=application.id, number=application.number, code="", wait_until=wait_until
        )
        unit.remember(request, receipt)
    return receipt.model_copy(update={"code": rules.code(tools.settings.link_key, receipt.application_id)})


def checked(request: SubmitApplication) -> ApplicationData:
    """Return the data with numbers in one form. Raises PortalError naming every field that is wrong at once."""
    data = request.data
    faults = rules.missing_declarations(rules.FOR_APPLICATION, request.declared)
    faults += [FieldError(f"data.{name}", "required") for name in left_out_of_application(data.model_dump())]
    changes: dict[str, Any] = {}

    def check(field: str, work: Any, *arguments: Any) -> None:
        try:
            changes[field] = work(*arguments)
        except PortalError as error:
            faults.append(FieldError(f"data.{field}", error.code, error.params))

    legal = data.client_kind == "legal"
    if legal:
        changes["person_code"] = None
    else:
        changes |= {"reg_no": None, "signatory_name": None, "signatory_position": None}
    if data.resident and legal and data.reg_no:
        check("reg_no", codes.reg_no, data.reg_no)
    if data.resident and not legal and data.person_code:
        check("person_code", codes.person_code, data.person_code)
    if data.user_person_code:
        check("user_person_code", codes.person_code, data.user_person_code)
    for field in ("client_email", "user_email"):
        check(field, new_users.checked_email, getattr(data, field), field)
    for field in ("client_phone", "user_phone"):
        check(field, new_users.checked_phone, getattr(data, field), field)
    authority = rules.Authority(
        data.role, frozenset(data.rights), data.valid_to, data.password_wanted, bool(data.user_person_code)
    )
    wrong = authority.faults(riga_today(), password_field="password_wanted", code_field="user_person_code")  # noqa: S106
    faults += [FieldError(f"data.{fault.field}", fault.code) for fault in wrong]
    if faults:
        raise PortalError.many(faults)
    return data.model_copy(update=changes | {"rights": sorted(authority.granted())})


def find(db: Database, tools: Tools, request: FindApplication, caller: Caller) -> ApplicationView:
    """Return the asker's own application. Raises PortalError application_unknown, too_many."""
    row = _own(db, tools, request, caller)
    return view(row, tools.settings.application_days)


def document(db: Database, tools: Tools, request: ApplicationDocument, caller: Caller) -> Document:
    """Return the asker's own application as PDF. Raises PortalError application_unknown, too_many."""
    row = _own(db, tools, request, caller)
    return documents.application(tools.settings, view(row, tools.settings.application_days), request.language)


def _own(db: Database, tools: Tools, request: FindApplication | ApplicationDocument, caller: Caller) -> Any:
    """Return the row when the code fits; wrong guesses are counted before anything is looked up."""
    address = network_address(request.address)
    caller = replace(caller, address=address)
    tries = tools.settings.application_guesses_per_address
    policy = LockPolicy(tries=tries, base=timedelta(minutes=15), longest=timedelta(hours=24))
    # By address, not by application: nobody can keep the applicant from looking. 50 bits do the rest.
    subject = f"address:application:{address or 'unknown'}"
    with db.unit_of_work(caller) as unit:
        admitted = guards.begin(unit.session, subject, now(), policy) is not None
    if not admitted:
        raise PortalError("too_many", retry_after=60)
    with db.reading() as connection:
        row = applications.by_number(connection, request.number)
    fits = row is not None and rules.is_code(tools.settings.link_key, row.id, request.code)
    with db.unit_of_work(caller) as unit:
        _count(unit, subject, policy, row, fits)
    if not fits or row is None:
        raise PortalError("identity.application_unknown", field="code")
    return row


def _count(unit: UnitOfWork, subject: str, policy: LockPolicy, row: Any, fits: bool) -> None:
    if fits:
        guards.forgive(unit.session, subject)
        return
    guards.fail(unit.session, subject, now(), policy)
    unit.audit("identity.application.find", on=("application", row.id if row else "unknown"), outcome="refused")


def view(row: Any, days: int) -> ApplicationView:
    """Return an application as its applicant sees it."""
    return ApplicationView(
        application_id=row.id,
        number=row.number,
        state=row.state,
        data=ApplicationData.model_validate(row.data),
        submitted_at=row.submitted_at,
        wait_until=rules.wait_until(row.submitted_at, days),
        original_received_on=row.original_received_on,
        decided_at=row.decided_at,
        refusal_reason=row.refusal_reason,
    )
