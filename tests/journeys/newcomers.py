"""People nobody else uses: made straight in the database of identity, for tests that take somebody's access away."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from chassis.caller import service_caller
from chassis.database import Database
from chassis.days import now, riga_today
from services.identity.domain.emails import email_key
from services.identity.domain.representation import RIGHTS
from services.identity.hashing import Hasher, directly
from services.identity.settings import IdentitySettings
from services.identity.store import clients, external_tables, tables, users
from tests import stack
from tests.journeys.people import PASSWORD, Person


class Newcomers:
    """Makes users, clients and representations that belong to one test alone."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.hash = Hasher(
            IdentitySettings(link_key="a key of tests", argon2_memory_kib=8192, argon2_passes=1), directly
        ).hash(PASSWORD)
        self.ids: dict[str, uuid.UUID] = {}

    def user(
        self, name: str = "Jauna Persona", *, kind: str = "customer", roles: tuple[str, ...] = (), **more: Any
    ) -> Person:
        """A user who can sign in with the demo's password."""
        email = more.pop("email", f"{uuid.uuid4().hex[:12]}@newcomers.example")
        phone = more.pop("phone", None)
        values = {"status": "active", "language": "lv", "version": 1} | more
        user = tables.User(
            id=uuid.uuid4(), kind=kind, email=email, email_key=email_key(email), name=name, phone=phone, **values
        )
        users.describe(user)
        with self.db.unit_of_work(service_caller("identity")) as unit:
            unit.session.add(user)
            unit.session.flush()
            unit.session.add(tables.Password(user_id=user.id, hash=self.hash, changed_at=now()))
            unit.session.add_all(tables.StaffRole(user_id=user.id, role=role) for role in roles)
        person = Person(email.split("@")[0], email, kind)
        self.ids[email] = user.id
        return person

    def id_of(self, person: Person) -> uuid.UUID:
        return self.ids[person.email]

    def client(self, name: str = "SIA Jauns Klients", **values: Any) -> uuid.UUID:
        """A client; `created_at` and codes by keyword."""
        known: dict[str, Any] = {"kind": "legal", "language": "lv", "version": 1}
        client = tables.Client(id=uuid.uuid4(), name=name, **known | values)
        clients.describe(client)
        with self.db.unit_of_work(service_caller("identity")) as unit:
            unit.session.add(client)
            unit.session.flush()
            kinds = ("external_ref", "reg_no", "person_code")
            clients.add_codes(
                unit.session, {(kind, value): client.id for kind in kinds if (value := getattr(client, kind))}
            )
        return client.id

    def linked_login(self, person: Person, provider: str = "probe") -> uuid.UUID:
        """A link to a provider outside, as if the person had come in by it once."""
        link = external_tables.LinkedLogin(
            id=uuid.uuid4(), user_id=self.id_of(person), provider=provider, subject=uuid.uuid4().hex, person_code=None,
            name=person.name, assurance="high", how="profile", linked_at=now(), last_used_at=None,
        )  # fmt: skip
        with self.db.unit_of_work(service_caller("identity")) as unit:
            unit.session.add(link)
        return link.id

    def is_linked(self, link_id: uuid.UUID) -> bool:
        with self.db.unit_of_work(service_caller("identity")) as unit:
            link = unit.session.get(external_tables.LinkedLogin, link_id)
            return link is not None and link.ended_at is None

    def represents(
        self,
        person: Person,
        client_id: uuid.UUID,
        role: str = "main",
        rights: tuple[str, ...] = RIGHTS,
        valid_from: date | None = None,
        valid_to: date | None = None,
    ) -> uuid.UUID:
        held = tables.Representation(
            id=uuid.uuid4(), client_id=client_id, user_id=self.id_of(person), role=role, ground="test",
            granted_by="test", valid_from=valid_from or riga_today(), valid_to=valid_to,
        )  # fmt: skip
        with self.db.unit_of_work(service_caller("identity")) as unit:
            unit.session.add(held)
            unit.session.flush()
            unit.session.add_all(
                tables.RepresentationRight(representation_id=held.id, right=right, scope_kind="client", scope_id="")
                for right in rights
            )
        return held.id


@contextmanager
def newcomers() -> Iterator[Newcomers]:
    """The maker, on the running suite's own database."""
    os.environ.setdefault("PROFILE", "local")  # the settings of identity want their secrets elsewhere
    database = Database("identity", tables.metadata, stack.database_url("identity"), pool_size=2)
    try:
        yield Newcomers(database)
    finally:
        database.close()
