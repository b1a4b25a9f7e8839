"""Who knocks at the doors: nobody, people of every kind, and services, each with the caller it is to the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chassis import tokens
from chassis.bus import Bus
from chassis.caller import NOBODY, Caller
from services.identity.messages import ResolveSession
from tests import stack
from tests.journeys.api_client import Api
from tests.journeys.people import EVERYBODY, Person


@dataclass(frozen=True)
class Knocker:
    """Somebody who tries a door: the token for the bus, the caller the token stands for, the secret for the gateway."""

    name: str
    caller: Caller
    token: str | None = None
    person: Person | None = None
    secret: str | None = None


@lru_cache(maxsize=1)
def bus() -> Bus:
    """The bus on the gateway's connection, but with no identity of its own: without a token it is nobody who calls."""
    stack.use_stack_environment("gateway")
    return Bus(name="gateway")  # its broker user may make queues of this name only


def people(api: Callable[[Person], Api]) -> list[Knocker]:
    """Nobody, and everybody of the demo with a session of their own."""
    found = [Knocker("nobody", NOBODY)]
    for person in EVERYBODY:
        mine = api(person)
        mine.get("/profile")  # what the client is registered for is asked with the first request
        secret = str(mine.secret)
        session = bus().call(ResolveSession(secret=secret))
        found.append(Knocker(person.name, tokens.verify(session.token), session.token, person, secret))
    return found


def services() -> list[Knocker]:
    """Every service, with a token signed by its own key."""
    found = []
    for path in sorted(Path(stack.endpoints()["keys"]).glob("*.pem")):
        name = path.stem
        if name in ("identity-signing", "seal"):
            continue  # the keys of people's tokens and of evidence, not of a service
        caller = Caller(kind="service", service=name, name=f"service:{name}")
        token = tokens.sign(caller, tokens.load_key(str(path)), f"service:{name}", 120, f"service:{name}")
        found.append(Knocker(f"service:{name}", caller, token))
    return found
