"""Every route of the gateway tried by everybody, over HTTP on the running portal.

Changing requests are sent without a form token or API token: whoever is let in gets as far as 400 and nothing is done.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from chassis.access import half_open
from tests.contract.access import tables
from tests.contract.access.cast import Knocker

SAFE = ("GET", "HEAD")
FILLED = {"uuid": "019a0000-0000-7000-8000-00000000dead", "int": "1", "string": "nothing-here", "path": "nothing-here"}


def address(path: str) -> str:
    """A path with something in the place of every variable part."""

    def fill(found: re.Match[str]) -> str:
        if found[1] == "any":
            return str(found[2]).split(",")[0].strip(" '\"")
        return FILLED[found[1] or "string"]

    return re.sub(r"<(?:(\w+)(?:\(([^)]*)\))?:)?\w+>", fill, path)


def _cookies(knocker: Knocker) -> dict[str, str]:
    """The session under both names: a customer's secret in the staff cookie must be worth nothing more."""
    return {"portal": knocker.secret, "portal-staff": knocker.secret} if knocker.secret else {}


def _outcome(route: Any, answer: requests.Response, knocker: Knocker) -> str:
    where = answer.headers.get("Location", "")
    if answer.status_code == 303 and re.match(r"(/staff)?/sign-in", where) and (
        "sign-in" not in route.path or route.rule == half_open
    ):
        return "nobody"
    if answer.status_code == 401:
        return "nobody"
    if answer.status_code == 404 and "<" in route.path and _has_not(route, knocker):
        return "refused"  # one thing of a kind the client is not registered for is as unknown as anybody else's
    # The bank's notice proves itself by a signature; its 403 is about that and not about the caller.
    return "refused" if answer.status_code == 403 and route.csrf else "in"


def _has_not(route: Any, knocker: Knocker) -> bool:
    """Tell whether the client acted for has nothing of the route's kind (S1-22)."""
    return bool(route.rule.refusal(knocker.caller).code == "not_entitled") and not route.rule.allows(knocker.caller)


def _wanted(route: Any, knocker: Knocker) -> str:
    if route.rule.allows(knocker.caller):
        return "in"
    return "nobody" if knocker.caller.kind == "nobody" else "refused"


def _try(base: str, route: Any, method: str, knocker: Knocker) -> str | None:
    answer = requests.request(
        method, f"{base}{address(route.path)}", cookies=_cookies(knocker), allow_redirects=False, timeout=30,
        headers={"Accept": "text/html"} if route.kind == "page" else {"Content-Type": "application/json"},
    )
    outcome, wanted = _outcome(route, answer, knocker), _wanted(route, knocker)
    said = f"{method} {route.path} ({route.rule}) to {knocker.name}: {answer.status_code}"
    if answer.status_code >= 500:
        return f"{said} broken: {answer.text[:300]}"
    if outcome != wanted:
        return f"{said}, wanted {wanted}"
    if wanted == "in" and method not in SAFE and knocker.caller.kind != "nobody" and route.csrf:
        return None if answer.status_code == 400 else f"{said}, wanted 400 without a token: {answer.text[:200]}"
    return None


def test_the_table_of_routes_is_the_reviewed_one() -> None:
    wanted = tables.ROUTES_FILE.read_text()
    assert tables.routes_text() == wanted, "review, then: python -m tests.contract.access.tables"


def test_every_route_declares_a_rule_that_is_meant() -> None:
    """What is open to nobody at all is listed here by hand, so that nothing becomes public by a slip."""
    public = {route.path for route in tables.routes() if route.rule.open}
    assert public == PUBLIC


PUBLIC = {
    "/api/v1/portal", "/api/v1/terms/<uuid:terms_id>/file",
    "/.well-known/oauth-authorization-server", "/oauth/token",
    "/api/v1/login-providers", "/register/identified", "/sign-in/callback/<provider>", "/sign-in/first/<uuid:ticket>",
    "/sign-in/from/<provider>", "/sign-in/refused", "/sign-in/with/<provider>",
    "/.well-known/seal.pem",
    "/", "/.well-known/jwks.json", "/accessibility", "/api/v1/docs", "/api/v1/docs/<group>",
    "/api/v1/openapi.json", "/api/v1/session",
    "/api/v1/terms", "/api/v1/terms/<uuid:terms_id>", "/bank/callback", "/help", "/help/application", "/help/manual",
    "/help/safety",
    "/preferences", "/staff/preferences",
    "/privacy", "/problems", "/problems/<code>", "/sign-in", "/sign-out", "/staff/sign-in",
    "/staff/sign-out", "/terms", "/terms/<uuid:terms_id>", "/terms/<uuid:terms_id>/download",
    # becoming a user: forms anybody may fill in, limited per address
    "/register", "/register/terms", "/register/account", "/register/done", "/applications/new",
    "/applications/sent", "/applications/find", "/applications/own", "/applications/own.pdf",
    "/help/application.pdf", "/help/withdrawal.pdf", "/api/v1/joining", "/api/v1/registrations",
    "/api/v1/applications", "/api/v1/applications/find", "/api/v1/applications/document",
    "/api/v1/forms/application", "/api/v1/forms/withdrawal",
    # one-time links and passwords that were lost: the link or the code is the right
    "/link", "/link/code", "/sign-in/forgotten", "/staff/sign-in/forgotten", "/api/v1/links", "/api/v1/links/look",
    "/api/v1/links/use", "/api/v1/links/code", "/api/v1/links/confirm-email",
    "/password/strength", "/api/v1/password/rules", "/api/v1/password/strength",
    "/access-compromised", "/api/v1/access/close",
}  # fmt: skip


def _groups() -> list[str]:
    return sorted({route.endpoint.split(".")[0] for route in tables.routes()})


@pytest.mark.parametrize("group", _groups())
def test_a_route_lets_in_whom_its_rule_names_and_nobody_else(group: str, base: str, people: list[Knocker]) -> None:
    tries = [
        (base, route, method, knocker)
        for route in tables.routes()
        if route.endpoint.split(".")[0] == group
        for method in route.methods
        for knocker in people
    ]
    with ThreadPoolExecutor(4) as pool:
        wrong = [found for found in pool.map(lambda asked: _try(*asked), tries) if found]
    assert not wrong, "\n".join(wrong)
