"""What an operator settles by settings, seen from outside: one more process beside the others has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
import sqlalchemy as sa

from chassis.caller import service_caller
from chassis.days import now
from tests.journeys.api_client import Api, eventually
from tests.journeys.beside import beside, free_port
from tests.journeys.browser import Visitor
from tests.journeys.newcomers import Newcomers
from tests.journeys.people import ANNA, PASSWORD, Person

HOST = "portal.example"
OFF = "payments requests registration applications"
FRESH = "trīs zaļi tilti 5"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that people reach over TLS only, behind a proxy, with parts of the portal switched off."""
    port = free_port()
    settings = {"PUBLIC_URL": f"https://{HOST}", "GATEWAY_TRUSTED_PROXIES": "1", "GATEWAY_SWITCHED_OFF": OFF}
    with beside("gateway", tmp_path_factory.mktemp("gateway") / "log", bind=port, **settings):
        yield f"http://127.0.0.1:{port}"


def ask(base: str, path: str, *, method: str = "GET", proto: str | None = "https", **how: object) -> requests.Response:
    """Ask as the proxy passes it on; without `proto` the proxy says nothing of TLS."""
    headers = {"Host": HOST, "X-Forwarded-For": "203.0.113.9"} | ({"X-Forwarded-Proto": proto} if proto else {})
    headers |= how.pop("headers", {})  # type: ignore[arg-type]
    return requests.request(method, base + path, headers=headers, timeout=30, allow_redirects=False, **how)  # type: ignore[arg-type]


@pytest.mark.requirement("S1-66")
def test_a_part_that_is_switched_off_is_in_no_menu_and_behind_no_door(
    base: str, other: str, api: Callable[[Person], Api]
) -> None:
    mine = {"Cookie": f"__Host-portal={api(ANNA).secret}"}
    home = ask(other, "/", headers=mine).text
    assert 'href="/permits"' in home and 'href="/invoices"' in home
    menu = home.split("<main")[0]
    assert 'href="/requests"' not in menu and 'href="/payments"' not in menu
    assert 'href="/requests"' in Api(base, str(api(ANNA).secret)).http.get(
        base + "/", cookies={"portal": str(api(ANNA).secret)}, timeout=30
    ).text, "where it is not switched off"  # fmt: skip
    for path in ("/payments", "/payments/new", "/requests", "/requests/new", "/register/account", "/applications/new"):
        page = ask(other, path, headers=mine)
        assert page.status_code == 503 and "Izmantojiet citu saziņas veidu" in page.text, path
    for path in ("/payments", "/requests", "/request-forms"):
        problem = ask(other, f"/api/v1{path}", headers=mine)
        assert (problem.status_code, problem.json()["code"]) == (503, "switched_off"), path
    for path in ("/registrations", "/applications"):
        problem = ask(other, f"/api/v1{path}", method="POST", json={})
        assert (problem.status_code, problem.json()["code"]) == (503, "switched_off"), path
    assert ask(other, "/permits", headers=mine).status_code == 200
    offered = ask(other, "/sign-in").text + ask(other, "/register").text
    assert "/register/terms" not in offered and "/register/identified" not in offered


@pytest.mark.requirement("S1-51", "S1-59")
def test_over_plain_http_no_session_begins_and_none_is_honoured(other: str, newcomers: Newcomers) -> None:
    person = newcomers.user("Atklātā Teksta")
    body = {"email": person.email, "password": PASSWORD}
    safe = ask(other, "/api/v1/session", method="POST", json=body)
    assert safe.status_code == 201 and "max-age=" in safe.headers["Strict-Transport-Security"]
    secret = safe.json()["secret"]
    with_cookie = {"Cookie": f"__Host-portal={secret}; portal={secret}"}
    as_bearer = {"Authorization": f"Bearer {secret}"}
    assert ask(other, "/api/v1/session", headers=with_cookie).json()["email"] == person.email
    for proto in ("http", None, "https, http"):
        page = ask(other, "/profile?x=1", proto=proto, headers=with_cookie)
        assert (page.status_code, page.headers["Location"]) == (308, f"https://{HOST}/profile?x=1")
        assert "Set-Cookie" not in page.headers and person.email not in page.text
        for headers in (with_cookie, as_bearer):
            refused = ask(other, "/api/v1/session", proto=proto, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "tls_needed")
        for path in ("/api/v1/session", "/sign-in", "/nowhere"):
            begun = ask(other, path, method="POST", proto=proto, json=body)
            assert begun.status_code == 403 and "Set-Cookie" not in begun.headers and "secret" not in begun.text
    page = ask(other, "/a%0d%0ab%3Fc?x=%0A", proto="http")
    assert (page.status_code, page.headers["Location"]) == (308, f"https://{HOST}/a%0D%0Ab%3Fc?x=%0A")
    for claim in ({"X-Forwarded-Ssl": "on"}, {"X-Forwarded-Protocol": "ssl"}):
        assert ask(other, "/api/v1/session", proto=None, headers=as_bearer | claim).status_code == 403, claim
    # The form, as a browser sends it: its cookies are such as no browser sends or takes without TLS.
    form = ask(other, "/sign-in")
    token = form.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    visit = form.headers["Set-Cookie"].split(";")[0]
    entered = ask(other, "/sign-in", method="POST", data=body | {"csrf_token": token}, headers={"Cookie": visit})
    assert entered.status_code == 303
    for cookie in (form.headers["Set-Cookie"], entered.headers["Set-Cookie"]):
        for one in cookie.split(", __Host-"):
            assert "; Secure" in one and "; HttpOnly" in one and "; Path=/" in one and "Domain" not in one, one
    assert "__Host-portal=" in entered.headers["Set-Cookie"]
    bare = entered.headers["Set-Cookie"].split("__Host-portal=")[1].split(";")[0]
    assert ask(other, "/api/v1/session", headers={"Cookie": f"portal={bare}"}).status_code == 401, "a planted name"


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One more identity, for which the change of an old password is a duty; it takes its share of the calls."""
    log = tmp_path_factory.mktemp("identity") / "log"
    with beside("identity", log, IDENTITY_PASSWORD_ENFORCE="true"):
        yield


@pytest.mark.requirement("S1-38")
def test_where_it_is_a_duty_an_old_password_is_changed_before_anything_else(
    base: str, newcomers: Newcomers, visit: Callable[..., Visitor], request: pytest.FixtureRequest
) -> None:
    old, young = newcomers.user("Vecā Parole"), newcomers.user("Jaunā Parole")
    for person, days in ((old, 91), (young, 89)):
        newcomers.represents(person, newcomers.client(f"SIA {days}"))
        Api.signed_in(base, person)  # accepts the terms
        with newcomers.db.unit_of_work(service_caller("identity")) as unit:
            aged = sa.text("UPDATE passwords SET changed_at = :at WHERE user_id = :id")
            unit.session.execute(aged, {"at": now() - timedelta(days=days), "id": newcomers.id_of(person)})
    assert Api.signed_in(base, old).send("GET", "/client").status_code == 200, "advice only, where it is no duty"

    request.getfixturevalue("enforcing")

    def refusal(person: Person) -> str | None:
        answer = Api.signed_in(base, person).send("GET", "/client")
        return None if answer.status_code == 200 else str(answer.json()["code"])

    assert eventually("the duty", lambda: refusal(old), 60) == "password_first"
    # Every process asked by now: what is young enough stays.
    assert {refusal(young) for _ in range(6)} == {None}
    visitor = visit()
    visitor.sign_in(old)
    visitor.go("/client")
    visitor.sees("Pirms turpināt, parole ir jānomaina")
    visitor.fill(old_password=PASSWORD, new_password=FRESH, new_password_again=FRESH)
    visitor.submit()
    visitor.go("/client")
    visitor.sees("SIA 91")
