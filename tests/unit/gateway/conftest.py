"""The gateway with a bus whose answers the test decides; nothing else is replaced."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

os.environ.setdefault("PROFILE", "local")

from chassis.days import now
from chassis.errors import PortalError
from chassis.messages import Done, Request
from gateway import bus, ratelimit, session
from services.identity.messages import ResolveSession, Session, SessionClaims, SignOut

SECRET = "s" * 43
CLIENT = uuid.UUID("00000000-0000-7000-8000-0000000000c1")


def claims(kind: str = "customer", **changed: Any) -> SessionClaims:
    """Claims of somebody signed in; a customer may do everything unless `rights` says less."""
    rights = ["permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit", "users.manage"]
    given: dict[str, Any] = {
        "session_id": uuid.uuid4(), "user_id": uuid.uuid4(), "kind": kind, "name": "Anna Ozola",
        "email": "anna@radiolinks.example", "language": "lv", "assurance": "low",
    }
    if kind == "customer":
        given |= {"client_id": CLIENT, "client_name": "SIA Radio Links", "rights": rights}
    else:
        given |= {"roles": ["administrator"]}
    return SessionClaims(**(given | changed))


def made_session(who: SessionClaims, seconds: float = 300) -> Session:
    """A session as identity answers it."""
    return Session(token="signed", expires_at=now() + timedelta(seconds=seconds), claims=who)


class FakeBus:
    """Answers by request class: a reply, an exception to raise, or a function of the request."""

    connected = True

    def __init__(self) -> None:
        self.answers: dict[type[Request[Any]], Any] = {SignOut: Done()}
        self.calls: list[Request[Any]] = []
        self.how: list[dict[str, Any]] = []

    def on(self, request: type[Request[Any]], answer: Any) -> None:
        self.answers[request] = answer

    def asked(self, request: type[Request[Any]]) -> list[Any]:
        return [call for call in self.calls if isinstance(call, request)]

    def call(self, request: Request[Any], **how: Any) -> Any:
        self.calls.append(request)
        self.how.append(how)
        answer = self.answers.get(type(request), PortalError("unavailable"))
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def call_json(self, request: Request[Any], **how: Any) -> bytes:
        return self.call(request, **how).model_dump_json().encode()

    def gather(self, requests: Any, *, return_errors: bool = False, **how: Any) -> list[Any]:
        replies: list[Any] = []
        for request in requests:
            try:
                replies.append(self.call(request, **how))
            except PortalError as error:
                if not return_errors:
                    raise
                replies.append(error)
        return replies


@pytest.fixture
def fake() -> Iterator[FakeBus]:
    found = FakeBus()
    bus.use(found)
    yield found
    bus.use(None)


@pytest.fixture
def app(fake: FakeBus) -> Any:
    from gateway.app import create_app

    ratelimit.limiter.__init__()
    return create_app()


@pytest.fixture
def client(app: Any) -> Any:
    return app.test_client()


@pytest.fixture
def sign_in(client: Any, fake: FakeBus) -> Callable[..., SessionClaims]:
    """Give the test client a session cookie that identity knows."""

    def signed_in(kind: str = "customer", **changed: Any) -> SessionClaims:
        who = claims(kind, **changed)
        fake.on(ResolveSession, made_session(who))
        client.set_cookie(session.cookie_name("staff" if kind == "staff" else "customer"), SECRET)
        return who

    return signed_in


def token_of(page: Any) -> str:
    """The CSRF token on a page."""
    return page.get_data(as_text=True).split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
