"""A main user or staff let somebody act for a client, and change what they may do (S3-09, S3-10, S1-05, B-03)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.access import scoped_client
from chassis.bus import Bus
from chassis.caller import Caller
from chassis.database import Database
from chassis.days import riga_today
from chassis.errors import FieldError, PortalError
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.identity import messages as m
from services.identity.domain import emails
from services.identity.domain import grants as rules
from services.identity.domain.representation import chosen
from services.identity.store import representations, users
from services.identity.store.tables import Client, Representation, RepresentationRight, User
from services.identity.tools import Tools
from services.identity.usecases import links, views
from services.identity.usecases.name_objects import Named, named
from services.identity.usecases.sessions_common import changed_rights

# Accounts that are over; a representation for one of them would never be used.
OVER = ("discontinued", "deleted")


def add(db: Database, tools: Tools, bus: Bus, request: m.AddRepresentation, caller: Caller) -> m.Representation:
    """Add a representation. Raises what messages.AddRepresentation names; for another client not_found."""
    client_id = _client(caller, request.client_id)
    role = request.role
    if caller.kind == "user" and role != "additional":
        raise PortalError("identity.main_by_staff", field="role")
    key = emails.email_key(request.email)
    faults = [] if key is not None else [FieldError("email", "identity.email_malformed")]
    phone = emails.phone(request.phone) if request.phone else None
    if request.phone and phone is None:
        faults.append(FieldError("phone", "identity.phone_malformed"))
    if not request.name:
        faults.append(FieldError("name", "required"))
    rights, more = _named(bus, client_id, request.rights)
    today = riga_today()
    valid_from = request.valid_from or today
    faults += more + _faults(caller, role, rights, {}, valid_from, request.valid_to, request.ground)
    if caller.kind == "user" and valid_from < today:
        faults.append(FieldError("valid_from", "identity.day_gone_by"))
    if faults or key is None or rights is None:
        raise PortalError.many(faults)
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, m.Representation)
        if done is not None:
            return done
        client = _lock(unit, client_id, caller)
        user = _person(unit, key, request, phone)
        if user.kind != "customer" or user.status in OVER:
            raise PortalError("identity.email_not_usable", field="email")
        if user.email_unproven:
            raise PortalError("identity.email_unproven", field="email")
        held = Representation(
            id=new_id(), client_id=client_id, user_id=user.id, role=role, valid_from=valid_from,
            valid_to=request.valid_to, ground=_ground(request.ground, caller), granted_by=caller.actor, version=1,
        )  # fmt: skip
        already = sa.select(Representation.id).where(
            Representation.client_id == client_id, Representation.user_id == user.id, Representation.ended_at.is_(None)
        )
        if unit.session.execute(already).first():
            raise PortalError("identity.already_represents", field="email")
        unit.session.add(held)
        unit.session.flush()
        _keep_rights(unit, held.id, rights)
        pending = user.status == "pending"
        if pending:
            links.issue(unit, tools, user, "activation")
        changed_rights(unit, user.id)
        unit.emit(
            m.RepresentationGranted(
                representation_id=held.id, client_id=client_id, user_id=user.id, user_name=user.name,
                user_email=user.email, role=role, how="client" if caller.kind == "user" else "service_centre",
                valid_to=request.valid_to,
            )
        )  # fmt: skip
        unit.emit(
            m.RepresentationGiven(
                representation_id=held.id, client_id=client_id, client_name=client.name, user_id=user.id,
                name=user.name, email=user.email, language=user.language, role=role, valid_from=valid_from,
                valid_to=request.valid_to, pending=pending,
            )
        )  # fmt: skip
        _audit(unit, caller, "identity.representation.grant", held, user, rights)
        return unit.remember(request, _shown(unit, held.id))


def change(db: Database, bus: Bus, request: m.ChangeRepresentation, caller: Caller) -> m.Representation:
    """Change rights and days. Raises not_found, already_ended, stale, main_by_staff and what adding raises."""
    found = _find(db, request.representation_id, caller)
    rights = named(bus, found.client_id, request.rights)
    with db.unit_of_work(caller) as unit:
        done = unit.replayed(request, m.Representation)
        if done is not None:
            return done
        client = _lock(unit, found.client_id, caller)
        held = unit.session.get(Representation, found.id, with_for_update=True)
        if held is None:
            raise PortalError("not_found")
        if held.ended_at is not None:
            raise PortalError("identity.already_ended")
        if held.version != request.version:
            raise PortalError("stale")
        if caller.kind == "user" and held.role == "main":
            raise PortalError("identity.main_by_staff")
        before = _given(unit, held.id)
        valid_from = request.valid_from or held.valid_from
        _check(caller, held.role, rights, before, valid_from, request.valid_to, request.ground or held.ground)
        if caller.kind == "user" and valid_from not in (held.valid_from, max(valid_from, riga_today())):
            raise PortalError("identity.day_gone_by", field="valid_from")
        user = unit.session.get(User, held.user_id)
        assert user is not None  # a foreign key says so
        held.valid_from, held.valid_to, held.version = valid_from, request.valid_to, held.version + 1
        if request.ground:
            held.ground = request.ground
        held.granted_by = caller.actor
        unit.session.execute(sa.delete(RepresentationRight).where(RepresentationRight.representation_id == held.id))
        _keep_rights(unit, held.id, rights)
        changed_rights(unit, held.user_id)
        unit.emit(
            m.RepresentationChanged(
                representation_id=held.id, client_id=held.client_id, client_name=client.name, user_id=user.id,
                name=user.name, email=user.email, language=user.language, valid_from=valid_from,
                valid_to=request.valid_to,
            )
        )  # fmt: skip
        _audit(unit, caller, "identity.representation.change", held, user, rights)
        return unit.remember(request, _shown(unit, held.id))


def _client(caller: Caller, requested: UUID | None) -> UUID:
    client_id = scoped_client(caller, requested)
    if client_id is None:
        raise PortalError("required", field="client_id")
    return client_id


def _find(db: Database, representation_id: UUID, caller: Caller) -> Any:
    with db.reading() as connection:
        row = connection.execute(
            sa.select(Representation.__table__).where(Representation.id == representation_id)
        ).first()
    if row is None or scoped_client(caller, row.client_id) != row.client_id:
        raise PortalError("not_found")
    return row


def _lock(unit: UnitOfWork, client_id: UUID, caller: Caller) -> Client:
    # The client's row is the lock: two main users cannot give rights to the same person at the same moment.
    client = unit.session.get(Client, client_id, with_for_update=True)
    if client is None:
        raise PortalError("not_found", field="client_id")
    if caller.kind == "user" and caller.user is not None:
        # The door read a token; the right to give rights may have ended since, while this waited for the lock.
        own = chosen(representations.mandates(unit.session, caller.user), client_id, riga_today())
        if own is None or "users.manage" not in own.rights_on(riga_today()):
            raise PortalError("forbidden")
    return client


def _check(
    caller: Caller,
    role: str,
    rights: dict[str, list[Named]],
    before: rules.Grants,
    valid_from: date,
    valid_to: date | None,
    ground: str,
) -> None:
    faults = _faults(caller, role, rights, before, valid_from, valid_to, ground)
    if faults:
        raise PortalError.many(faults)


def _named(
    bus: Bus, client_id: UUID, rights: Sequence[m.GiveRight]
) -> tuple[dict[str, list[Named]] | None, list[FieldError]]:
    """Return the rights with their objects, or what is wrong with them, to be told along with the rest."""
    try:
        return named(bus, client_id, rights), []
    except PortalError as error:
        if error.field is None:
            raise
        return None, [FieldError(error.field, error.code, error.params)]


def _faults(
    caller: Caller,
    role: str,
    rights: dict[str, list[Named]] | None,
    before: rules.Grants,
    valid_from: date,
    valid_to: date | None,
    ground: str,
) -> list[FieldError]:
    """Return everything that is wrong with what is to be given; rights that were not understood are left aside."""
    plain = {right: [(one.kind, one.object_id) for one in objects] for right, objects in (rights or {}).items()}
    faults = rules.faults(role, plain) if rights is not None else []
    faults += rules.wrong_days(valid_from, valid_to, riga_today(), by_staff=caller.kind == "staff")
    if caller.kind == "staff" and not ground:
        faults.append(FieldError("ground", "required"))
    # Nobody gives what they do not have.
    if caller.kind == "user" and rules.beyond(plain, before, caller.rights):
        faults.append(FieldError("rights", "identity.right_not_yours"))
    return faults


def _ground(ground: str, caller: Caller) -> str:
    return ground or ("main_user" if caller.kind == "user" else "")


def _person(unit: UnitOfWork, key: str, request: m.AddRepresentation, phone: str | None) -> User:
    """Return the person of an e-mail, made when nobody has it: two at once make one."""
    user = User(
        id=new_id(), version=1, kind="customer", email=request.email, email_key=key, name=request.name, phone=phone,
        language=request.language, status="pending",
    )  # fmt: skip
    users.describe(user)
    columns = {c.key: getattr(user, c.key) for c in sa.inspect(User).columns if getattr(user, c.key) is not None}
    made = unit.session.execute(insert(User).values(columns).on_conflict_do_nothing(index_elements=["email_key"]))
    found = unit.session.execute(sa.select(User).where(User.email_key == key).with_for_update()).scalar_one()
    if made.rowcount:  # type: ignore[attr-defined]
        unit.audit("identity.user.create", on=("user", found.id), detail={"source": "representation"})
        unit.emit(
            m.UserCreated(
                user_id=found.id, kind="customer", name=found.name, email=found.email, language=request.language
            )
        )
    return found


def _given(unit: UnitOfWork, representation_id: UUID) -> dict[str, list[tuple[str, UUID]]]:
    found: dict[str, list[tuple[str, UUID]]] = {}
    for row in unit.session.execute(
        sa.select(RepresentationRight).where(RepresentationRight.representation_id == representation_id)
    ).scalars():
        objects = found.setdefault(row.right, [])
        if row.scope_kind != "client":
            objects.append((row.scope_kind, UUID(row.scope_id)))
    return found


def _keep_rights(unit: UnitOfWork, representation_id: UUID, rights: dict[str, list[Named]]) -> None:
    for right, objects in rights.items():
        if not objects:
            unit.session.add(
                RepresentationRight(
                    representation_id=representation_id, right=right, scope_kind="client", scope_id="", scope_no=None
                )
            )
        for one in objects:
            unit.session.add(
                RepresentationRight(
                    representation_id=representation_id, right=right, scope_kind=one.kind, scope_id=str(one.object_id),
                    scope_no=one.number,
                )
            )  # fmt: skip
    unit.session.flush()


def _shown(unit: UnitOfWork, representation_id: UUID) -> m.Representation:
    unit.session.flush()
    return views.representation(representations.one(unit.session, representation_id), riga_today())


def _audit(
    unit: UnitOfWork, caller: Caller, action: str, held: Representation, user: User, rights: dict[str, list[Named]]
) -> None:
    unit.audit(
        action,
        on=("representation", held.id),
        client=held.client_id,
        right="users.manage" if caller.kind == "user" else None,
        detail={
            "user": str(user.id),
            "role": held.role,
            "rights": {right: _numbers(objects) for right, objects in sorted(rights.items())},
            "valid_from": held.valid_from.isoformat(),
            "valid_to": held.valid_to.isoformat() if held.valid_to else None,
            "ground": held.ground,
        },
    )


def _numbers(objects: Sequence[Named]) -> list[str] | str:
    return [f"{one.kind} {one.number}" for one in objects] or "client"
