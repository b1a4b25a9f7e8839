"""Providers that lie, the portal that must not believe them, and people the portal knows."""

from __future__ import annotations

import dataclasses
import random
import secrets
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chassis.caller import Caller
from chassis.days import now
from chassis.errors import PortalError
from services.identity.hashing import directly
from services.identity.messages import CompleteLogin, FinishLogin, LoginFinished, SignedIn, StartLogin
from services.identity.providers.oidc import OidcConfig, OidcProvider
from services.identity.providers.registry import Registry
from services.identity.providers.wsfed import WsFedConfig, WsFedProvider
from services.identity.store import clients as client_store
from services.identity.tools import Tools
from services.identity.usecases import external_complete, external_login
from services.metering.messages import FoundContracts
from tests.integration.identity.conftest import NOBODY, People
from tests.integration.identity.outside.openid import CLIENT, SECRET, OpenId
from tests.integration.identity.outside.sts import ISSUER, REALM, Pair

NAMES = {"lv": "Pārbaude", "en": "Test"}


def new_code() -> str:
    """A personal code nobody else in this run has; of the new form, whose check digit is not documented."""
    return f"32{random.SystemRandom().randrange(10**9):09d}"


class NoContracts:
    """metering, where nobody has a contract; `give` lets somebody have one."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def give(self, client_id: uuid.UUID, contract_no: str) -> None:
        self.items.append({"client_id": client_id, "contract_no": contract_no})

    def call(self, request: Any, **_: Any) -> FoundContracts:
        found = [
            {"contract_id": uuid.uuid4(), "in_force": True} | one
            for one in self.items
            if one["client_id"] == request.client_id or one["contract_no"] == request.contract_no
        ]
        return FoundContracts.model_validate({"items": found})


@dataclasses.dataclass
class Door:
    """The portal as a browser meets it: begin, come back, complete."""

    people: People
    tools: Tools
    bus: NoContracts

    @property
    def db(self) -> Any:
        return self.people.db

    def begin(self, provider: str, browser: str | None = None, caller: Caller = NOBODY, **how: Any) -> tuple[str, str]:
        """Return where the browser is sent, and its secret."""
        browser = browser or secrets.token_urlsafe(32)
        started = external_login.start(
            self.db, self.tools, StartLogin(provider=provider, browser=browser, **how), caller
        )
        return started.url, browser

    def come_back(self, provider: str, browser: str, parameters: dict[str, str]) -> LoginFinished:
        request = FinishLogin(provider=provider, browser=browser, parameters=parameters, user_agent="Firefox/130")
        return external_login.finish(self.db, self.tools, self.bus, request, NOBODY)  # type: ignore[arg-type]

    def refusal(self, provider: str, browser: str, parameters: dict[str, str]) -> str:
        with pytest.raises(PortalError) as caught:
            self.come_back(provider, browser, parameters)
        return caught.value.code

    def complete(self, finished: LoginFinished, browser: str, email: str | None = None) -> SignedIn:
        assert finished.ticket is not None
        request = CompleteLogin(ticket=finished.ticket, browser=browser, email=email, user_agent="Firefox/130")
        return external_complete.complete(self.db, self.tools, request, NOBODY)

    def person(self, code: str, name: str = "Žanis Šķēle", **values: Any) -> uuid.UUID:
        """A natural person in the register of clients."""
        client_id = self.people.client(name, kind="natural", person_code=code, **values)
        with self.db.unit_of_work(NOBODY) as unit:
            client_store.add_codes(unit.session, {("person_code", code): client_id})
        return client_id

    def linked(self, code: str, name: str = "Žanis Šķēle", **values: Any) -> Any:
        """A user whose personal code was given in an application (S1-30)."""
        from services.identity.store import linked_logins

        user = self.people.user(name=name, **values)
        with self.db.unit_of_work(NOBODY) as unit:
            assert linked_logins.give_code(unit.session, user.id, code, name, "application", now())
        return user


@pytest.fixture
def op() -> Iterator[OpenId]:
    running = OpenId()
    yield running
    running.close()


@pytest.fixture(scope="session")
def pair() -> Pair:
    return Pair()


@pytest.fixture(scope="session")
def next_pair() -> Pair:
    """The provider's next key, announced by a second certificate."""
    return Pair()


@pytest.fixture(scope="session")
def our_pair() -> Pair:
    return Pair()


@pytest.fixture
def oidc(op: OpenId) -> Callable[..., OidcProvider]:
    def make(**how: Any) -> OidcProvider:
        values = {
            "id": "ep", "kind": "oidc", "name": NAMES, "issuer": op.url, "client_id": CLIENT, "client_secret": SECRET,
            "assurance": {"urn:level:high": "high"},
        }  # fmt: skip
        return OidcProvider(OidcConfig.model_validate(values | how), secure=False)

    return make


@pytest.fixture
def wsfed(tmp_path: Path, pair: Pair, next_pair: Pair, our_pair: Pair) -> Callable[..., WsFedProvider]:
    _, first = pair.write(tmp_path, "first")
    _, second = next_pair.write(tmp_path, "second")
    key, _ = our_pair.write(tmp_path, "ours")

    def make(**how: Any) -> WsFedProvider:
        values = {
            "id": "latvija", "kind": "wsfed", "name": NAMES, "url": "https://vpm.example/sts?tenant=1", "realm": REALM,
            "issuer": ISSUER, "certificate_files": [first, second], "decryption_key_file": key,
        }  # fmt: skip
        return WsFedProvider(WsFedConfig.model_validate(values | how), secure=True, run=directly)

    return make


@pytest.fixture
def door(people: People, tools: Tools) -> Callable[..., Door]:
    def make(*providers: Any) -> Door:
        return Door(people, dataclasses.replace(tools, providers=Registry(providers)), NoContracts())

    return make


def state_of(url: str, name: str = "state") -> str:
    return parse_qs(urlsplit(url).query)[name][0]


@pytest.fixture
def portal(op: OpenId, oidc: Callable[..., OidcProvider], door: Callable[..., Door]) -> Callable[..., Door]:
    """A portal with that one OpenID provider, and a user who may come by it."""

    def make(**how: Any) -> Door:
        made = door(oidc(**how))
        code = new_code()
        made.linked(code)
        op.claims |= {"serial_number": f"PNOLV-{code[:6]}-{code[6:]}", "given_name": "Žanis", "family_name": "Šķēle"}
        return made

    return make


def enter(portal: Door, op: OpenId, **more: str) -> str:
    """Sign in; return `signed_in`, or the code of the refusal."""
    url, browser = portal.begin("ep")
    try:
        return portal.come_back("ep", browser, op.visit(url, **more)).outcome
    except PortalError as error:
        return error.code


@pytest.fixture
def world(
    door: Callable[..., Door], op: OpenId, pair: Pair, oidc: Callable[..., Any], wsfed: Callable[..., Any]
) -> Any:
    """Latvija.lv, a bank, and a bank that lets in only people with a contract."""
    from tests.integration.identity.outside.world import Person

    bank, strict = oidc(id="bank", bank=True), oidc(id="strict", bank=True, needs_contract=True)
    return Person(door(wsfed(), bank, strict), op, pair)
