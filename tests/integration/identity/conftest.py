"""A database of identity of its own, its tools, and people to sign in."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.caller import Caller
from chassis.database import Database
from chassis.days import now, riga_today
from chassis.errors import PortalError
from services.identity.domain.emails import email_key
from services.identity.domain.representation import RIGHTS
from services.identity.hashing import Hasher, directly
from services.identity.messages import SignedIn, SignIn
from services.identity.settings import IdentitySettings, settings
from services.identity.signing import Signer
from services.identity.store import clients, tables, users
from services.identity.tools import Tools
from services.identity.usecases import sign_in

PASSWORD = "zils-kalns-7"
NOBODY = Caller()
ADMIN = Caller(kind="staff", user=uuid.UUID(int=77), roles=frozenset({"administrator"}), name="Andris")
SERVICE = Caller(kind="service", service="permits", name="service:permits")


class CountingHasher(Hasher):
    """Counts how often a password is looked at, and how often it is compared with a real hash."""

    def __init__(self, settings: IdentitySettings) -> None:
        super().__init__(settings, directly)
        self.calls: list[bool] = []

    def matches(self, kept: str | None, password: str, *, pressed: bool = False) -> bool:
        self.calls.append(kept is not None)
        return super().matches(kept, password, pressed=pressed)


@pytest.fixture(scope="session", autouse=True)
def local_profile() -> Iterator[None]:
    """Rules that read this process's own settings find those of one machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROFILE", "local")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def identity_url(new_database: Callable[..., str]) -> str:
    """A database for each file of tests: terms published in one would be asked of the users of all others."""
    return new_database("identity")


@pytest.fixture
def db(identity_url: str) -> Iterator[Database]:
    """The database of identity; every test makes people of its own."""
    database = Database("identity", tables.metadata, identity_url, pool_size=20)
    yield database
    database.close()


@pytest.fixture
def tools() -> Tools:
    settings = IdentitySettings(link_key="a key of tests", argon2_memory_kib=8192, argon2_passes=1, hashing_threads=16)
    return Tools(settings, CountingHasher(settings), Signer(Ed25519PrivateKey.generate()))


@dataclasses.dataclass
class People:
    """Makes clients, users and representations, and signs them in."""

    db: Database
    tools: Tools

    def client(self, name: str = "SIA Ābols", **values: Any) -> uuid.UUID:
        known = {"kind": "legal", "language": "lv", "version": 1}
        client = tables.Client(id=uuid.uuid4(), name=name, **known | values)
        clients.describe(client)
        with self.db.unit_of_work(NOBODY) as unit:
            unit.session.add(client)
        return client.id

    def user(self, kind: str = "customer", password: str | None = PASSWORD, **values: Any) -> tables.User:
        email = f"user{uuid.uuid4().hex[:10]}@example.com"
        known = {"email": email, "name": "Anna Kalniņa", "language": "lv", "version": 1, "status": "active"}
        user = tables.User(id=uuid.uuid4(), kind=kind, **known | values)
        user.email_key = email_key(user.email) or ""
        users.describe(user)
        with self.db.unit_of_work(NOBODY) as unit:
            unit.session.add(user)
            unit.session.flush()
            if password:
                kept = self.tools.hasher.hash(password)
                unit.session.add(tables.Password(user_id=user.id, hash=kept, changed_at=now()))
        return user

    def represents(
        self,
        user: tables.User,
        client_id: uuid.UUID,
        role: str = "main",
        rights: tuple[str, ...] = RIGHTS,
        valid_from: date | None = None,
        valid_to: date | None = None,
    ) -> uuid.UUID:
        held = tables.Representation(
            id=uuid.uuid4(),
            client_id=client_id,
            user_id=user.id,
            role=role,
            ground="test",
            granted_by="test",
            valid_from=valid_from or riga_today() - timedelta(days=1),
            valid_to=valid_to,
        )
        with self.db.unit_of_work(NOBODY) as unit:
            unit.session.add(held)
            unit.session.flush()
            unit.session.add_all(
                tables.RepresentationRight(representation_id=held.id, right=right, scope_kind="client", scope_id="")
                for right in rights
            )
        return held.id

    def sign_in(self, user: tables.User, password: str = PASSWORD, **values: Any) -> SignedIn:
        request = SignIn(email=user.email, password=password, audience=user.kind, **values)
        return sign_in.run(self.db, self.tools, request, NOBODY)

    def caller(self, signed_in: SignedIn) -> Caller:
        """The caller as services see it in the token."""
        claims = signed_in.session.claims
        return Caller(
            kind="staff" if claims.kind == "staff" else "user",
            user=claims.user_id,
            client=claims.client_id,
            rights=frozenset(claims.rights),
            roles=frozenset(claims.roles),
            session=claims.session_id,
            name=claims.name,
            language=claims.language,
        )


@pytest.fixture
def people(db: Database, tools: Tools) -> People:
    return People(db, tools)


def events(db: Database, event_type: str, aggregate: Any) -> list[dict[str, Any]]:
    """The data of the events of one type and aggregate that wait in the outbox."""
    import orjson

    statement = sa.text(
        "SELECT envelope FROM outbox WHERE event_type LIKE :type AND aggregate = :aggregate ORDER BY position"
    )
    with db.reading() as connection:
        rows = connection.execute(statement, {"type": f"%.{event_type}.v1", "aggregate": str(aggregate)}).scalars()
        return [orjson.loads(bytes(row))["data"] for row in rows]


def audited(db: Database, action: str, object_id: Any) -> list[dict[str, Any]]:
    """The audit records of one action on one object that wait in the outbox."""
    import orjson

    statement = sa.text("SELECT envelope FROM outbox WHERE exchange = 'portal.audit' ORDER BY position")
    with db.reading() as connection:
        batches = [orjson.loads(bytes(row))["data"] for row in connection.execute(statement).scalars()]
    records = [record for batch in batches for record in batch["records"]]
    return [r for r in records if r["action"] == action and r["object_id"] == str(object_id)]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def code_of(work: Any, *args: Any) -> str:
    with pytest.raises(PortalError) as caught:
        work(*args)
    return caught.value.errors[0].code if caught.value.errors else caught.value.code
