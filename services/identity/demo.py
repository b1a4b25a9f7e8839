"""The demo's clients, users and terms; loading it again changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from stdnum.lv import pvn

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.demo_ids import demo_id
from chassis.unit_of_work import UnitOfWork
from services.identity.demo_data.people import (
    COMPANIES,
    NAMED_CLIENTS,
    PASSWORD,
    PERSONS,
    TERMS,
    TERMS_NOTES,
    USERS,
    DemoClient,
    DemoUser,
)
from services.identity.domain.emails import email_key
from services.identity.hashing import Hasher, directly
from services.identity.messages import ClientCreated, TermsPublished, UserCreated
from services.identity.settings import settings
from services.identity.store import clients, linked_logins, terms, users
from services.identity.store.tables import (
    Client,
    Password,
    Representation,
    RepresentationRight,
    StaffRole,
    Terms,
    User,
)
from services.identity.usecases import codes

DATA = Path(__file__).parent / "demo_data"
CODE_KINDS = ("external_ref", "reg_no", "person_code")


def load(db: Database) -> str:
    """Add what is missing of the demo and say how much that was."""
    added = 0
    with db.unit_of_work(service_caller("identity")) as unit:
        clients.lock_register(unit.session)
        added += sum(_terms(unit, *version) for version in TERMS)
        added += sum(_client(unit, number, client) for number, client in enumerate(_clients(), start=1001))
        added += sum(_user(unit, user) for user in USERS)
    return f"{added} clients, users and terms added" if added else "all there already"


def _clients() -> Iterator[DemoClient]:
    yield from NAMED_CLIENTS
    numbers = (str(n) for n in range(40203200000, 40203299999) if pvn.is_valid(str(n)))
    for place, name in enumerate(COMPANIES, start=1):
        yield DemoClient(
            f"company-{place}", "legal", f'SIA "{name}"', next(numbers),
            f"Rūpniecības iela {place}, Rīga, LV-10{place:02d}", f"info{place}@companies.example",
        )  # fmt: skip
    person_codes = (str(n) for n in range(32000000000, 32000099999, 7919))
    for place, name in enumerate(PERSONS, start=1):
        yield DemoClient(
            f"person-{place}", "natural", name, next(person_codes), f"Liepu iela {place}, Jelgava, LV-3001",
            f"person{place}@people.example", f"+3712910000{place}",
        )  # fmt: skip


def _client(unit: UnitOfWork, number: int, demo: DemoClient) -> int:
    if unit.session.get(Client, demo.client_id):
        return 0
    legal = demo.kind == "legal"
    client = Client(
        id=demo.client_id,
        version=1,
        kind=demo.kind,
        name=demo.name,
        reg_no=codes.reg_no(demo.code) if legal else None,
        person_code=None if legal else codes.person_code(demo.code),
        external_ref=f"K-{number}",
        address=demo.address,
        email=demo.email,
        invoice_email=demo.email.replace("info", "rekini") if legal else None,
        phone=demo.phone,
        language=demo.language,
    )
    clients.describe(client)
    unit.session.add(client)
    unit.session.flush()
    held = {(kind, value): client.id for kind in CODE_KINDS if (value := getattr(client, kind))}
    clients.add_codes(unit.session, held)
    given = ["name", "address", "email", "phone", *(kind for kind, _ in held)]
    clients.confirm(unit.session, client.id, given, "demo", now())
    unit.audit("identity.client.register", on=("client", client.id), client=client.id, detail={"source": "demo"})
    unit.emit(
        ClientCreated(
            client_id=client.id,
            name=client.name,
            kind=demo.kind,
            reg_no=client.reg_no,
            email=client.email,
            language=demo.language,
        )
    )
    return 1


def _user(unit: UnitOfWork, demo: DemoUser) -> int:
    if unit.session.get(User, demo.id):
        return 0
    moment = now()
    user = User(
        id=demo.id,
        version=1,
        kind=demo.kind,
        email=demo.email,
        email_key=email_key(demo.email),
        name=demo.name,
        phone=None,
        language=demo.language,
        status="active",
        last_sign_in_at=None,
    )
    users.describe(user)
    unit.session.add(user)
    unit.session.flush()
    hasher = Hasher(settings(), directly)
    unit.session.add(Password(user_id=user.id, hash=hasher.hash(PASSWORD), changed_at=moment))
    unit.session.add_all(StaffRole(user_id=user.id, role=role) for role in demo.roles)
    for key, role, rights in demo.acts_for:
        _representation(unit, user, key, role, rights)
    if demo.accepted_terms:
        current = terms.current_id(unit.session, "customer", riga_today())
        version = unit.session.get(Terms, current)
        if version is not None:
            terms.accept(unit.session, user.id, version.id, version.text_sha256, moment, None, None)
    if demo.person_code:
        linked_logins.give_code(unit.session, user.id, demo.person_code, demo.name, "application", moment)
    unit.audit("identity.user.create", on=("user", user.id), detail={"source": "demo", "roles": list(demo.roles)})
    unit.emit(UserCreated(user_id=user.id, kind=demo.kind, name=user.name, email=user.email, language=demo.language))
    return 1


def _representation(unit: UnitOfWork, user: User, client_key: str, role: str, rights: tuple[str, ...]) -> None:
    held = Representation(
        id=demo_id(f"representation:{user.email}:{client_key}"),
        client_id=demo_id(f"client:{client_key}"),
        user_id=user.id,
        role=role,
        valid_from=riga_today() - timedelta(days=365),
        valid_to=None,
        ground="demo",
        granted_by="demo",
    )
    unit.session.add(held)
    unit.session.flush()
    unit.session.add_all(
        RepresentationRight(representation_id=held.id, right=right, scope_kind="client", scope_id="")
        for right in rights
    )
    unit.session.flush()


def _terms(unit: UnitOfWork, version: int, approved_on: date, valid_from: date) -> int:
    terms_id = demo_id(f"terms:{version}")
    if unit.session.execute(sa.select(Terms.id).where(Terms.id == terms_id)).first():
        return 0
    text = (DATA / f"terms_{version}.txt").read_text(encoding="utf-8")
    title = f"Klientu portāla lietošanas noteikumi, {version}. versija"
    unit.session.add(
        Terms(
            id=terms_id,
            audience="customer",
            title=title,
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            approved_on=approved_on,
            valid_from=valid_from,
            number=version,
            note=TERMS_NOTES[version],
        )
    )
    unit.session.flush()
    unit.audit("identity.terms.publish", on=("terms", terms_id), detail={"version": version})
    unit.emit(TermsPublished(terms_id=terms_id, title=title, valid_from=valid_from))
    return 1
