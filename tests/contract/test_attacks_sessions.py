"""Attacks on sessions, from outside: fixed, forged, borrowed, replayed, kept for too long, piled up."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from chassis.days import now
from chassis.errors import PortalError
from services.identity.messages import ListWaysToConfirm, ResolveSession, SignIn, SignOut
from tests.contract.access import cast
from tests.journeys.api_client import Api, eventually, is_over
from tests.journeys.factor_tools import change_sessions, clone_sessions, newcomer
from tests.journeys.people import PASSWORD, Person


def page_session(base: str, person: Person, **cookies: str) -> requests.Session:
    """Sign in by the form, as a browser does."""
    http = requests.Session()
    http.cookies.update(cookies)
    page = http.get(base + person.sign_in_page, timeout=30).text
    form = {"csrf_token": token_of(page), "email": person.email, "password": PASSWORD}
    http.post(base + person.sign_in_page, data=form, timeout=30, allow_redirects=False)
    return http


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def opened(person: Person) -> Any:
    """A session opened on the bus, which no process of the gateway has seen."""
    return cast.bus().call(SignIn(email=person.email, password=PASSWORD, audience=person.audience), token="")  # type: ignore[arg-type]


def status(base: str, secret: str, path: str = "/session") -> int:
    return Api(base, secret).send("GET", path).status_code


@pytest.fixture(scope="module")
def person(base: str) -> Person:
    someone = newcomer()
    Api.signed_in(base, someone)  # accepts the terms
    return someone


@pytest.mark.requirement("S1-51", "S1-59")
def test_a_secret_chosen_by_somebody_else_is_never_a_session(base: str, person: Person) -> None:
    planted = secrets.token_urlsafe(32)
    http = page_session(base, person, portal=planted)
    mine = [cookie.value for cookie in http.cookies if cookie.name == "portal"]
    assert planted not in mine[1:] and any(value != planted for value in mine)
    assert status(base, planted) == 401


@pytest.mark.requirement("S1-51")
def test_every_sign_in_has_a_secret_of_its_own_and_leaves_none_behind(base: str, person: Person) -> None:
    found = {opened(person).secret for _ in range(3)}
    assert len(found) == 3 and all(len(secret) >= 43 for secret in found)
    first = Api.signed_in(base, person)
    rotated = first.post("/session/confirm", {"password": PASSWORD})["secret"]
    is_over(first)
    assert status(base, rotated) == 200


@pytest.mark.requirement("S1-51")
@pytest.mark.parametrize("token", ["missing", "empty", "of another session", "of a visitor", "cut"])
def test_a_form_without_its_own_token_does_nothing(base: str, person: Person, token: str) -> None:
    http, other = page_session(base, person), page_session(base, newcomer())
    own = token_of(http.get(f"{base}/profile/edit", timeout=30).text)
    given = {
        "missing": None, "empty": "", "cut": own[:-1],
        "of another session": token_of(other.get(f"{base}/terms/accept", timeout=30).text),
        "of a visitor": token_of(requests.get(f"{base}/sign-in", timeout=30).text),
    }[token]  # fmt: skip
    form = {"name": "Svešs Vārds", "language": "lv"} | ({} if given is None else {"csrf_token": given})
    answer = http.post(f"{base}/profile/edit", data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 400
    assert "Svešs" not in http.get(f"{base}/profile", timeout=30).text.split("<main")[1].split("facts")[0]
    api = requests.post(
        f"{base}/api/v1/profile/sessions/end-others", cookies={"portal": http.cookies.get("portal") or ""},
        headers={"X-CSRF-Token": given or ""}, timeout=30,
    )  # fmt: skip
    assert api.status_code == 400


@pytest.mark.requirement("S1-50", "S1-51", "S1-59")
def test_a_session_of_one_area_opens_nothing_in_the_other(base: str, person: Person) -> None:
    clerk = newcomer("administrator")
    theirs, mine = opened(clerk).secret, opened(person).secret
    for path in ("/staff", "/staff/users", "/staff/security"):
        answer = requests.get(base + path, cookies={"portal-staff": mine}, timeout=30, allow_redirects=False)
        assert answer.status_code == 403, path
        alone = requests.get(base + path, cookies={"portal": theirs}, timeout=30, allow_redirects=False)
        assert alone.status_code == 303 and "/staff/sign-in" in alone.headers["Location"], path
    for path in ("/profile", "/permits", "/client", "/profile/security"):
        answer = requests.get(base + path, cookies={"portal": theirs}, timeout=30, allow_redirects=False)
        assert answer.status_code == 403, path
    for path in ("/staff/users", "/staff/audit", "/staff/clients"):
        assert status(base, mine, path) == 403
    assert status(base, theirs, "/client") == 403


@pytest.mark.requirement("S1-51", "S3-26")
def test_a_token_kept_over_the_end_of_its_session_proves_nothing(person: Person) -> None:
    session = opened(person)
    bus, token = cast.bus(), session.session.token
    bus.call(SignOut(), token=token)
    for request in (ListWaysToConfirm(), ResolveSession(secret=session.secret)):
        with pytest.raises(PortalError) as refused:
            bus.call(request, token=token)
        # the service has heard of the end and refuses the token, or looks the session up
        assert refused.value.code in ("unauthenticated", "identity.session_ended")
    # What lies in a process's memory elsewhere dies by itself, soon.
    assert session.session.expires_at - now() <= timedelta(minutes=5)


@pytest.mark.requirement("S1-51", "S1-59")
@pytest.mark.parametrize(
    ("roles", "columns", "alive"),
    [
        ((), {"last_used_at": timedelta(minutes=29)}, True),
        ((), {"last_used_at": timedelta(minutes=36)}, False),
        (("auditor",), {"last_used_at": timedelta(minutes=21)}, False),
        (("auditor",), {"last_used_at": timedelta(minutes=14)}, True),
        ((), {"ends_at": timedelta(seconds=1)}, False),
    ],
    ids=["idle 29 min", "idle 36 min", "staff idle 21 min", "staff idle 14 min", "absolute"],
)
def test_a_session_ends_when_idle_and_when_old(
    base: str, roles: tuple[str, ...], columns: dict[str, timedelta], alive: bool
) -> None:
    """C13; a use may go unnoticed for the five minutes of a token, and nobody is thrown out earlier."""
    someone = newcomer(*roles)
    session = opened(someone)
    change_sessions(someone, **{name: now() - before for name, before in columns.items()})
    assert (status(base, session.secret) == 200) is alive


@pytest.mark.requirement("S1-51")
def test_the_absolute_end_is_twelve_hours_and_eight_for_staff() -> None:
    for someone, hours in ((newcomer(), 12), (newcomer("auditor"), 8)):
        left = opened(someone).ends_at - now()
        assert timedelta(hours=hours, minutes=-5) < left <= timedelta(hours=hours)


@pytest.mark.requirement("S3-26", "S1-21")
def test_an_ended_session_is_over_in_every_process_of_the_gateway(base: str) -> None:
    someone = newcomer()
    here = Api.signed_in(base, someone)
    there = opened(someone).secret
    assert {status(base, there) for _ in range(24)} == {200}, "known to every worker by now"
    assert here.post("/profile/sessions/end-others")["count"] >= 1

    def over() -> bool:
        with ThreadPoolExecutor(8) as pool:
            return set(pool.map(lambda _: status(base, there), range(24))) == {401}

    eventually("401 from every worker", over, 60)
    assert here.send("GET", "/session").status_code == 200


@pytest.mark.requirement("S1-51")
def test_signing_out_twice_at_once_is_one_end(base: str) -> None:
    session = opened(newcomer()).secret
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: Api(base, session).send("DELETE", "/session").status_code, range(6)))
    assert set(answers) <= {204, 401} and 204 in answers
    eventually("the end", lambda: all(status(base, session) == 401 for _ in range(12)), 60)


@pytest.mark.requirement("S1-51")
def test_sessions_do_not_pile_up_and_are_listed_page_by_page(base: str) -> None:
    someone = newcomer()
    opened(someone)
    clone_sessions(someone, 110)
    change_sessions(someone, last_used_at=now() - timedelta(minutes=5))
    api = Api.signed_in(base, someone)
    rows = list(api.all("/profile/sessions", limit=40))
    assert len(rows) == len({row["session_id"] for row in rows}) == 100
    assert [row["current"] for row in rows].count(True) == 1 and rows[0]["current"]
    used = [row["last_used_at"] for row in rows]
    assert used == sorted(used, reverse=True)
    assert api.send("GET", "/profile/sessions", params={"after": "nonsense"}).status_code == 422


@pytest.mark.requirement("S1-59")
def test_knowing_a_session_costs_no_call_to_identity(base: str, endpoints: dict[str, Any]) -> None:
    """Counted, not timed: of 300 pages at most one in a hundred asks identity whose session it is."""

    def asked() -> float:
        text = requests.get(f"http://127.0.0.1:{endpoints['ports']['identity-health']}/metrics", timeout=30).text
        lines = [one for one in text.splitlines() if one.startswith("portal_rpc_seconds_count{")]
        return sum(float(one.rsplit(" ", 1)[1]) for one in lines if 'method="identity.resolve_session"' in one)

    secret = opened(newcomer()).secret
    before = asked()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: status(base, secret), range(300)))
    assert set(answers) == {200}
    assert asked() - before <= 3
