"""What every answer of the gateway carries and what every changing request must prove, route by route."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.contract.access import tables
from tests.contract.access.test_routes import address
from tests.journeys.api_client import Api
from tests.journeys.people import ADMIN, ANNA, Person

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
TRAPS = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def _policy(answer: requests.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: rest for name, _, rest in parts}


# The description of the API, and what signatures and machine clients are checked with.
EVERYBODYS = {
    "/api/v1/openapi.json", "/.well-known/jwks.json", "/.well-known/seal.pem",
    "/.well-known/oauth-authorization-server",
}  # fmt: skip


def _wrong_headers(path: str, answer: requests.Response) -> list[str]:
    headers = answer.headers
    data = path.startswith("/api/") and not headers.get("Content-Type", "").startswith("text/html")
    wanted = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
    if not data:
        wanted |= {"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"}
    wrong = [f"{name}: {headers.get(name)}" for name, value in wanted.items() if headers.get(name) != value]
    policy = _policy(answer)
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'":
        wrong.append(f"policy {policy}")
    wrong += [f"{name} {rest}" for name, rest in policy.items() if "unsafe" in rest or "*" in rest.split()]
    if not headers.get("Referrer-Policy") or not headers.get("X-Request-ID"):
        wrong.append("no Referrer-Policy or X-Request-ID")
    kept = headers.get("Cache-Control", "public")
    if "public" in kept and path not in EVERYBODYS:
        wrong.append(f"Cache-Control: {headers.get('Cache-Control')}")
    for cookie in answer.raw.headers.getlist("Set-Cookie"):
        if "HttpOnly" not in cookie or "SameSite=Lax" not in cookie:
            wrong.append(f"cookie {cookie.split('=')[0]} without HttpOnly or SameSite")
    return wrong


def _send(base: str, method: str, path: str, secret: str | None = None, **how: Any) -> requests.Response:
    cookies = {"portal": secret, "portal-staff": secret} if secret else {}
    return requests.request(method, base + path, cookies=cookies, allow_redirects=False, timeout=30, **how)


@pytest.mark.requirement("S1-31", "S3-37")
def test_every_answer_carries_the_security_headers(base: str, api: Callable[[Person], Api]) -> None:
    """Pages, data, refusals, redirects, addresses nobody serves: as nobody, as a client, as staff."""
    paths = {address(route.path) for route in tables.routes() if "GET" in route.methods}
    paths |= {"/nothing-here", "/api/v1/nothing-here", "/staff/nothing-here"}
    tries = [(path, secret) for path in sorted(paths) for secret in (None, api(ANNA).secret, api(ADMIN).secret)]

    def look(asked: tuple[str, str | None]) -> list[str]:
        answer = _send(base, "GET", asked[0], asked[1])
        return [f"{asked[0]} ({answer.status_code}): {wrong}" for wrong in _wrong_headers(asked[0], answer)]

    with ThreadPoolExecutor(4) as pool:
        wrong = [line for lines in pool.map(look, tries) for line in lines]
    assert not wrong, "\n".join(wrong)


def test_pages_may_run_only_our_own_scripts(base: str) -> None:
    policy = _policy(_send(base, "GET", "/"))
    assert policy["script-src"] == "'self'" and policy["style-src"] == "'self'" and policy["base-uri"] == "'none'"
    for origin in policy["form-action"].split():
        assert origin == "'self'" or origin.startswith(("http://127.0.0.1:", "https://")), origin


def _unsafe_routes(kind: str) -> list[tuple[str, str, Any]]:
    return [
        (method, address(route.path), route)
        for route in tables.routes()
        if route.kind == kind and route.csrf
        for method in route.methods
        if method in UNSAFE
    ]


def test_a_form_without_its_token_is_refused(base: str, people_by_route: Callable[[Any], str | None]) -> None:
    """Every form, sent by whoever may use it: without a token, with somebody else's, and from a page elsewhere."""
    wrong = []
    for method, path, route in _unsafe_routes("page"):
        secret = people_by_route(route)
        if secret is None and not route.rule.open:
            continue
        for data, headers in (({}, {}), ({"csrf_token": "A" * 43}, {}), ({"csrf_token": "A" * 43}, TRAPS)):
            answer = _send(base, method, path, secret, data=data, headers=headers)
            if answer.status_code != 400:
                wrong.append(f"{method} {path} with {data} {headers}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_cookie_alone_changes_nothing_over_the_api(base: str, people_by_route: Callable[[Any], str | None]) -> None:
    wrong = []
    for method, path, route in _unsafe_routes("api"):
        secret = people_by_route(route)
        if secret is None:
            continue
        for headers in ({}, {"X-CSRF-Token": "A" * 43}, TRAPS):
            answer = _send(base, method, path, secret, json={}, headers=headers)
            if answer.status_code != 400 or answer.json()["code"] != "form_expired":
                wrong.append(f"{method} {path} with {headers}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_the_token_of_one_session_is_worth_nothing_in_another(base: str, api: Callable[[Person], Api]) -> None:
    mine, theirs = requests.Session(), requests.Session()
    mine.cookies.set("portal", str(api(ANNA).secret))
    page = mine.get(f"{base}/profile/edit", timeout=30).text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    answer = theirs.post(
        f"{base}/preferences", data={"csrf_token": token, "theme": "dark"}, timeout=30, allow_redirects=False
    )
    assert answer.status_code == 400
    answer = mine.post(
        f"{base}/preferences", data={"csrf_token": token, "theme": "dark"}, timeout=30, allow_redirects=False
    )
    assert answer.status_code == 303
    trap = mine.post(
        f"{base}/preferences", data={"csrf_token": token}, headers=TRAPS, timeout=30, allow_redirects=False
    )
    assert trap.status_code == 400, "even with the right token, not from a page elsewhere"


def test_nobody_is_led_away_from_the_portal(base: str) -> None:
    traps = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example")
    for target in traps:
        page = requests.get(f"{base}/sign-in", params={"next": target}, timeout=30).text
        assert "evil.example" not in page.split("<main", 1)[1].split("</main", 1)[0] and "alert(1)" not in page


def test_a_session_cookie_is_hard_to_steal(base: str) -> None:
    from tests.journeys.people import PASSWORD, PETERIS

    http = requests.Session()
    page = http.get(f"{base}/sign-in", timeout=30).text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": token, "email": PETERIS.email, "password": PASSWORD}
    answer = http.post(f"{base}/sign-in", data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 303
    (cookie,) = [one for one in answer.raw.headers.getlist("Set-Cookie") if one.startswith("portal=")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert len(cookie.split("=", 1)[1].split(";")[0]) >= 43, "at least 256 random bits"
    assert "Domain" not in cookie and "Expires" not in cookie
    http.post(f"{base}/sign-out", data={"csrf_token": "x"}, timeout=30)
