"""Every door of the gateway, tried by everybody who must stay outside. The table is the routes' own, so a new route is
tried too."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from werkzeug.routing import Rule as UrlRule

from chassis.caller import NOBODY, Caller
from gateway import routing, session
from gateway.routing import Route
from services.identity.messages import ResolveSession
from tests.unit.gateway.conftest import CLIENT, SECRET, claims, made_session

PARAMETER = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
STRANGERS = {
    "a customer without rights": claims(rights=[]),
    "a customer without a client": claims(client_id=None, client_name=None),
    "staff without roles": claims("staff", roles=[]),
}


def address(route: Route) -> str:
    samples = {"uuid": str(uuid.uuid4()), "int": "1"}

    def sample(found: re.Match[str]) -> str:
        return found[2].split(",")[0] if found[1] == "any" else samples.get(found[1] or "", "x")

    return PARAMETER.sub(sample, route.path)


def ask(client: Any, route: Route, method: str) -> Any:
    headers = {"Authorization": f"Bearer {SECRET}"} if route.kind == "api" else {}
    return client.open(address(route), method=method, headers=headers)


def closed_doors(app: Any) -> list[tuple[Route, str]]:
    return [(route, method) for route in routing.ROUTES if not route.rule.open for method in route.methods]


def test_nobody_comes_in(app: Any, client: Any, fake: Any) -> None:
    doors = closed_doors(app)
    assert len(doors) > 20
    for route, method in doors:
        answer = client.open(address(route), method=method)
        if route.kind == "api":
            assert answer.status_code == 401, route.path
        else:
            assert answer.status_code == 303 and "/sign-in" in answer.location, route.path
    assert fake.calls == []


@pytest.mark.parametrize("who", STRANGERS)
def test_who_has_no_right_to_it_stays_outside(app: Any, client: Any, fake: Any, who: str) -> None:
    somebody = STRANGERS[who]
    caller = session.caller_of(somebody)
    fake.on(ResolveSession, made_session(somebody))
    # The same secret in both cookies: even then a customer is no staff.
    client.set_cookie(session.cookie_name("customer"), SECRET)
    client.set_cookie(session.cookie_name("staff"), SECRET)
    tried = 0
    for route, method in closed_doors(app):
        if route.rule.allows(caller):
            continue
        tried += 1
        answer = ask(client, route, method)
        assert answer.status_code == 403, (route.path, method, answer.status_code)
    assert tried > 10
    assert {type(call) for call in fake.calls} <= {ResolveSession}


def test_rules_of_rights_need_a_client(app: Any) -> None:
    nobodys = Caller(kind="user", rights=frozenset({"permits.see", "finance.see"}))
    for route, _method in closed_doors(app):
        if route.rule.right:
            assert not route.rule.allows(nobodys) and not route.rule.allows(NOBODY)
    assert CLIENT is not None


def test_staff_doors_are_shut_to_every_customer(app: Any) -> None:
    everything = claims(rights=[
        "permits.see", "finance.see", "finance.pay", "requests.submit", "readings.submit", "users.manage",
        "contracts.conclude",
    ])
    caller = session.caller_of(everything)
    open_doors = [
        route.path for route, _ in closed_doors(app)
        if session.audience_of(route.path) == session.STAFF and route.rule.allows(caller) and not route.pending
    ]
    assert open_doors == []


def test_every_path_is_a_path(app: Any) -> None:
    for route in routing.ROUTES:
        assert isinstance(UrlRule(route.path), UrlRule) and route.methods
