"""Staff work on applications: found, compared with the register, approved or refused (S0-20, S1-28, S1-29)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_place, encode_cursor
from chassis.text import like
from chassis.unit_of_work import UnitOfWork
from services.identity.domain import emails
from services.identity.domain import joining as rules
from services.identity.messages import (
    ApplicationApproved,
    ApplicationData,
    ApplicationDetails,
    ApplicationPage,
    ApplicationRefused,
    ApplicationRow,
    ApproveApplication,
    Declaration,
    Document,
    GetApplication,
    KnownUser,
    ListApplications,
    RefuseApplication,
    StaffApplicationDocument,
)
from services.identity.store import applications
from services.identity.store.joining_tables import Application
from services.identity.store.tables import Client, Representation, User
from services.identity.tools import Tools
from services.identity.usecases import documents, new_clients, new_users
from services.identity.usecases.application_match import register_match
from services.identity.usecases.application_originals import original_row
from services.identity.usecases.applications import view
from services.identity.usecases.new_users import NewUser


def search(db: Database, request: ListApplications) -> ApplicationPage:
    """Return a page of applications, newest first."""
    after = decode_place(request.after) if request.after else None
    with db.reading() as connection:
        rows = applications.page(
            connection,
            pattern=like(request.query) if request.query else None,
            state=request.state,
            after=after,
            limit=request.limit + 1,
        )
    shown = rows[: request.limit]
    following = (
        encode_cursor([shown[-1].submitted_at.isoformat(), str(shown[-1].id)]) if len(rows) > len(shown) else None
    )
    return ApplicationPage(
        items=[ApplicationRow(application_id=row.id, **{k: v for k, v in row._mapping.items() if k != "id"})
               for row in shown],
        next=following,
    )  # fmt: skip


def get(db: Database, tools: Tools, request: GetApplication, caller: Caller) -> ApplicationDetails:
    """Return one application with all staff need to decide; put on record as a look at somebody's data."""
    with db.reading() as connection:
        found = _details(connection, tools, request.application_id)
    db.disclosed("identity.application.view", on=("application", found.application_id), client=found.client_id,
                 caller=caller)  # fmt: skip
    return found


def document(db: Database, tools: Tools, request: StaffApplicationDocument, caller: Caller) -> Document:
    """Return the application as the applicant got it. Raises PortalError not_found."""
    with db.reading() as connection:
        row = applications.by_id(connection, request.application_id)
    if row is None:
        raise PortalError("not_found")
    db.disclosed("identity.application.view", on=("application", row.id), client=row.client_id, caller=caller)
    return documents.application(tools.settings, view(row, tools.settings.application_days), request.language)


def _details(reader: sa.Connection | Session, tools: Tools, application_id: UUID) -> ApplicationDetails:
    row = applications.by_id(reader, application_id)
    if row is None:
        raise PortalError("not_found")
    base = view(row, tools.settings.application_days)
    match = register_match(reader, base.data) if row.state in rules.OPEN else None
    client_id = row.client_id or (match.client_id if match else None)
    return ApplicationDetails(
        **dict(base),
        version=row.version,
        address=row.address,
        originals=[original_row(one) for one in applications.originals(reader, row.id)],
        declarations=[
            Declaration(kind=one.kind, text=one.text, text_sha256=one.sha256, declared_at=one.declared_at,
                        address=one.address)
            for one in applications.declarations(reader, row.id)
        ],
        match=match,
        known_user=_known_user(reader, base.data.user_email, client_id) if row.state in rules.OPEN else None,
        client_id=row.client_id,
        user_id=row.user_id,
        decided_by=row.decided_by_name,
        decision_note=row.decision_note,
    )  # fmt: skip


def _known_user(reader: sa.Connection | Session, email: str, client_id: UUID | None) -> KnownUser | None:
    columns = (User.id, User.name, User.status, User.kind)
    row = reader.execute(sa.select(*columns).where(User.email_key == emails.email_key(email))).first()
    if row is None:
        return None
    held = sa.select(Representation.id).where(
        Representation.user_id == row.id, Representation.client_id == client_id, Representation.ended_at.is_(None)
    )
    return KnownUser(
        user_id=row.id,
        name=row.name,
        status=row.status,
        staff=row.kind == "staff",
        acts_for_client=client_id is not None and reader.execute(held).first() is not None,
    )


def _locked(unit: UnitOfWork, application_id: UUID, version: int) -> Application:
    found = unit.session.get(Application, application_id, with_for_update=True)
    if found is None:
        raise PortalError("not_found")
    if found.version != version:
        raise PortalError("stale")
    return found


def _decided(unit: UnitOfWork, found: Application, step: str, note: str | None) -> None:
    found.state = rules.after(step, found.state)
    found.version += 1
    found.decided_at = now()
    found.decided_by = unit.caller.user
    found.decided_by_name = unit.caller.name
    found.decision_note = note or None


def approve(db: Database, tools: Tools, request: ApproveApplication, caller: Caller) -> ApplicationDetails:
    """Approve: account, representation and activation link in one commit. Errors as the message says."""
    moment = now()
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, ApplicationDetails)
        if done is not None:
            return done
        found = _locked(unit, request.application_id, request.version)
        rules.after("approve", found.state)
        if not request.checked:
            raise PortalError("identity.not_checked", field="checked")
        data = ApplicationData.model_validate(found.data)
        client = _client(unit, request, data)
        user = new_users.account(
            unit, tools, _person(data), how="application", source={"source": "application", "number": found.number}
        )
        authority = rules.Authority(
            data.role, frozenset(data.rights), data.valid_to, data.password_wanted, bool(data.user_person_code)
        )
        ground = f"application {found.number}"
        new_users.represent(unit, user, client.id, authority, ground=ground, how="application", moment=moment)
        _decided(unit, found, "approve", request.note)
        found.client_id, found.user_id = client.id, user.id
        unit.audit(
            "identity.application.approve",
            on=("application", found.id),
            client=client.id,
            detail={"number": found.number, "user": str(user.id), "note": request.note},
        )
        unit.emit(
            ApplicationApproved(
                application_id=found.id, number=found.number, client_id=client.id,
                client_name=client.name, user_id=user.id, user_name=user.name, email=data.client_email,
                language=data.language,
            )
        )  # fmt: skip
        unit.session.flush()
        return unit.remember(request, _details(unit.session, tools, found.id))


def _client(unit: UnitOfWork, request: ApproveApplication, data: ApplicationData) -> Client:
    if request.client_id is None:
        return new_clients.register(unit, data, origin="application")
    client = unit.session.get(Client, request.client_id, with_for_update=True)
    if client is None:
        raise PortalError("not_found", field="client_id")
    if client.kind != data.client_kind:
        raise PortalError("identity.client_kind_differs", field="client_id")
    return client


def _person(data: ApplicationData) -> NewUser:
    return NewUser(
        name=data.user_name,
        email=data.user_email,
        phone=data.user_phone,
        language=data.language,
        password_allowed=data.password_wanted,
        person_code=data.user_person_code,
    )


def refuse(db: Database, tools: Tools, request: RefuseApplication, caller: Caller) -> ApplicationDetails:
    """Refuse with a reason the applicant is told. Raises PortalError application_decided, stale."""
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, ApplicationDetails)
        if done is not None:
            return done
        found = _locked(unit, request.application_id, request.version)
        _decided(unit, found, "refuse", request.note)
        found.refusal_reason = request.reason
        unit.audit("identity.application.refuse", on=("application", found.id),
                   detail={"number": found.number, "reason": request.reason, "note": request.note})  # fmt: skip
        unit.emit(
            ApplicationRefused(
                application_id=found.id, number=found.number, client_name=found.client_name,
                user_name=found.user_name, email=found.data["client_email"], language=found.language,  # type: ignore[arg-type]
                reason=request.reason,
            )
        )  # fmt: skip
        unit.session.flush()
        return unit.remember(request, _details(unit.session, tools, found.id))
