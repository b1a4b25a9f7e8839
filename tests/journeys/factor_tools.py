"""A person's authenticator application and sessions, as an outsider's tools would have them."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pyotp
import sqlalchemy as sa

from chassis.bus import Bus
from chassis.days import now
from chassis.demo_ids import CLIENT_RADIO
from services.identity.domain.representation import RIGHTS
from services.identity.messages import SignedIn, SignIn
from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.newcomers import newcomers
from tests.journeys.people import PASSWORD, Person


def newcomer(*roles: str, rights: tuple[str, ...] = RIGHTS) -> Person:
    """Return a person of this test alone: staff when roles are named, else an additional user of a demo client."""
    stack.use_stack_environment("gateway")
    with newcomers() as maker:
        person = maker.user("Jānis Jaunais", kind="staff" if roles else "customer", roles=roles)
        if not roles:
            maker.represents(person, CLIENT_RADIO, "additional", rights)
    return person


def user_id_of(person: Person) -> str:
    """Return the id of a person."""
    with _identity().connect() as connection:
        return str(connection.execute(_ID, {"email": person.email}).scalar_one())


def change_sessions(person: Person, **columns: object) -> None:
    """Make every session of a person look otherwise (older, say), as the clock would have done in time."""
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    wanted = sa.text(f"UPDATE sessions SET {sets} WHERE user_id = (SELECT id FROM users WHERE email = :email)")
    with _identity().begin() as connection:
        connection.execute(wanted, {"email": person.email, **columns})


def clone_sessions(person: Person, count: int) -> None:
    """Give a person more sessions like the one there is, as many sign-ins would; nobody knows their secrets."""
    with _identity().begin() as connection:
        for _ in range(count):
            fresh = {"id": uuid.uuid4(), "hash": uuid.uuid4().bytes, "email": person.email}
            connection.execute(_CLONE, fresh)


_CLONE = sa.text("""
INSERT INTO sessions (id, secret_hash, user_id, audience, method, assurance, user_agent, device, started_at,
    last_used_at, ends_at, stepped_up_at)
SELECT :id, :hash, user_id, audience, method, assurance, user_agent, device, started_at, last_used_at, ends_at,
    stepped_up_at
FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = :email) LIMIT 1
""")


def _identity() -> sa.Engine:
    return sa.create_engine(stack.database_url("identity"), poolclass=sa.NullPool)


def representation_of(person: Person) -> str:
    """Return the id of the one representation of a person."""
    with _identity().connect() as connection:
        return str(connection.execute(_HELD, {"email": person.email}).scalar_one())


def key_of(person: Person) -> str:
    """Give a person a security key nobody holds, and return its id: for pages that only show one."""
    key_id = uuid.uuid4()
    with _identity().begin() as connection:
        connection.execute(_KEY, {"id": key_id, "email": person.email, "credential": key_id.bytes, "now": now()})
    return str(key_id)


_KEY = sa.text("""
INSERT INTO security_keys
    (id, user_id, name, credential_id, public_key, sign_count, transports, aaguid, backed_up, created_at)
VALUES (:id, (SELECT id FROM users WHERE email = :email), 'Zilā atslēga', :credential, :credential, 0, '{}', '', true,
    :now)
""")
_HELD = sa.text("SELECT id FROM representations WHERE user_id = (SELECT id FROM users WHERE email = :email)")
_ID = sa.text("SELECT id FROM users WHERE email = :email")


class Authenticator:
    """The application on somebody's telephone; never shows the same code twice (the portal takes each once)."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret.replace(" ", ""))
        self.last = 0

    def code(self) -> str:
        """Return a code not used before; the portal takes the next one half a minute early, too."""
        step = int(time.time()) // 30
        if step <= self.last:
            step = self.last + 1
        while step > int(time.time()) // 30 + 1:
            time.sleep(0.5)  # both codes of this half minute are used: wait for the next one
        self.last = step
        return self.totp.at(step * 30)


def with_application(base: str, person: Person) -> tuple[Api, Authenticator, list[str]]:
    """Sign a person in and set an application up; return the API as them, the application, the recovery codes."""
    api = Api.signed_in(base, person)
    authenticator = Authenticator(api.post("/profile/factors/totp")["secret"])
    added = api.post("/profile/factors/totp/confirm", {"code": authenticator.code()})
    return renewed(api, added["session"]), authenticator, added["recovery_codes"]


def renewed(api: Api, session: dict[str, Any]) -> Api:
    """Return the API with the new secret of a session that was rotated."""
    fresh = Api(api.base, session["secret"], who=api.who)
    fresh.person = session["person"]
    return fresh


def half_open(base: str, person: Person) -> Api:
    """Give the right password of somebody who owes a second factor."""
    nobody = Api(base, who=person.name)
    body = {"email": person.email, "password": PASSWORD, "audience": person.audience}
    return renewed(nobody, nobody.post("/session", body))


def signed_in_long_ago(base: str, person: Person) -> Api:
    """Return the API with a session whose last proof is a day old; no process of the gateway has seen it before.

    A gateway keeps what it knows of a session for minutes, so the session is opened on the bus and made older there.
    """
    Api.signed_in(base, person)  # accepts the terms
    opened = on_the_bus(SignIn(email=person.email, password=PASSWORD, audience=person.audience))  # type: ignore[arg-type]
    change_sessions(person, stepped_up_at=now() - timedelta(days=1))
    return Api(base, opened.secret, who=person.name)


def on_the_bus(request: SignIn) -> SignedIn:
    """Sign in past the gateway."""
    stack.use_stack_environment("gateway")
    bus = Bus(name="gateway")
    try:
        return bus.call(request, token="")
    finally:
        bus.close()
