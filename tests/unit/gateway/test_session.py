"""Sessions: one question to identity however many ask, renewed in time, forgotten the moment they are revoked."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chassis.days import now
from chassis.errors import PortalError
from gateway import session
from gateway.session import SessionCache
from services.identity.messages import (
    GetProfile,
    LinkView,
    LookAtLink,
    ResolveSession,
    SignedIn,
    SignIn,
    SignOut,
    UseLink,
)
from tests.unit.gateway.conftest import SECRET, claims, made_session, token_of


def test_many_requests_ask_identity_once() -> None:
    asked: list[str] = []
    gate = threading.Event()

    def resolve(secret: str) -> Any:
        asked.append(secret)
        gate.wait(2)
        return made_session(claims())

    cache = SessionCache(resolve, 10)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(cache.find, SECRET) for _ in range(20)]
        time.sleep(0.1)
        gate.set()
        found = [one.result() for one in waiting]
    assert len(asked) == 1 and all(entry is not None for entry in found)
    cache.find(SECRET)
    assert len(asked) == 1


def test_a_token_is_renewed_before_it_ends_and_others_do_not_wait() -> None:
    asked: list[str] = []

    def resolve(secret: str) -> Any:
        asked.append(secret)
        return made_session(claims(), seconds=30 if len(asked) == 1 else 300)

    cache = SessionCache(resolve, 10)
    first = cache.find(SECRET)
    second = cache.find(SECRET)
    assert len(asked) == 2 and first is not second
    cache.find(SECRET)
    assert len(asked) == 2


def test_identity_away_leaves_a_good_token_in_use() -> None:
    answers: list[Any] = [made_session(claims(), seconds=30), PortalError("unavailable")]

    def resolve(secret: str) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, PortalError):
            raise answer
        return answer

    cache = SessionCache(resolve, 10)
    assert cache.find(SECRET) is not None
    assert cache.find(SECRET) is not None


def test_a_refused_secret_is_not_asked_again_at_once() -> None:
    asked: list[str] = []

    def resolve(secret: str) -> Any:
        asked.append(secret)
        raise PortalError("unauthenticated")

    cache = SessionCache(resolve, 10)
    assert cache.find(SECRET) is None and cache.find(SECRET) is None
    assert len(asked) == 1


def test_a_revoked_session_is_out_at_once_even_by_an_answer_on_its_way() -> None:
    who = claims()
    cache = SessionCache(lambda secret: made_session(who), 10)
    assert cache.find(SECRET) is not None
    cache.drop(who.session_id)
    assert cache.find(SECRET) is None


def test_a_changed_session_is_asked_anew() -> None:
    asked: list[str] = []
    who = claims()

    def resolve(secret: str) -> Any:
        asked.append(secret)
        return made_session(who)

    cache = SessionCache(resolve, 10)
    cache.find(SECRET)
    cache.drop(who.session_id, ended=False)
    assert cache.find(SECRET) is not None and len(asked) == 2


def test_memory_is_bounded() -> None:
    cache = SessionCache(lambda secret: made_session(claims()), 100)
    for number in range(500):
        cache.find(f"{number:0>43}")
    assert len(cache) == 100


def test_a_lost_connection_forgets_everything() -> None:
    cache = SessionCache(lambda secret: made_session(claims()), 100)
    cache.find(SECRET)
    cache.drop_all()
    assert len(cache) == 0


def test_nobody_is_led_to_the_sign_in_form_and_back(client: Any) -> None:
    answer = client.get("/profile?x=1")
    assert answer.status_code == 303 and answer.location == "/sign-in?next=/profile%3Fx%3D1"
    assert client.get("/staff").location == "/staff/sign-in?next=/staff"


def test_a_customers_cookie_opens_no_staff_page(client: Any, sign_in: Any) -> None:
    sign_in()
    assert client.get("/staff").location.startswith("/staff/sign-in")


def test_sign_in_sets_a_strict_cookie_and_goes_on(client: Any, fake: Any) -> None:
    from chassis.days import now
    from services.identity.messages import SignedIn

    fake.on(SignIn, SignedIn(
        secret=SECRET, ends_at=now(), session=made_session(claims()), must_accept_terms=False,
    ))
    token = token_of(client.get("/sign-in?next=/profile"))
    answer = client.post("/sign-in", data={
        "csrf_token": token, "email": "anna@radiolinks.example", "password": "x", "next": "/profile",
    })
    assert answer.status_code == 303 and answer.location == "/profile"
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie" and value.startswith("portal="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert fake.asked(SignIn)[0].audience == "customer"
    # The session is known already: the next page asks identity nothing about it.
    client.get("/profile")
    assert fake.asked(ResolveSession) == []


def test_a_refused_sign_in_keeps_the_email_and_shows_no_password(client: Any, fake: Any) -> None:
    fake.on(SignIn, PortalError("identity.sign_in_refused"))
    token = token_of(client.get("/sign-in"))
    answer = client.post("/sign-in", data={"csrf_token": token, "email": "a@b.example", "password": "hemlig-42"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401 and "a@b.example" in text and "hemlig-42" not in text and 'role="alert"' in text


def test_sign_out_ends_the_session_everywhere(client: Any, sign_in: Any, fake: Any) -> None:
    who = sign_in()
    fake.on(GetProfile, PortalError("unavailable"))
    token = token_of(client.get("/help"))
    answer = client.post("/sign-out", data={"csrf_token": token})
    assert answer.status_code == 303 and fake.asked(SignOut)
    assert len(session.cache) == 0 and session.cache.put(SECRET, made_session(who)) is None
    assert any("portal=;" in value for name, value in answer.headers if name == "Set-Cookie")


def test_terms_come_before_anything_else(client: Any, sign_in: Any) -> None:
    sign_in(terms_to_accept=uuid.uuid4(), rights=[], client_id=None, client_name=None)
    assert client.get("/profile").location == "/terms/accept"
    assert client.get("/").location == "/terms/accept"
    assert client.get("/api/v1/session", headers={"Authorization": f"Bearer {SECRET}"}).json["terms_to_accept"]


def test_the_token_and_the_language_travel_with_every_call(client: Any, sign_in: Any, fake: Any) -> None:
    sign_in()
    client.set_cookie("language", "en")
    fake.on(GetProfile, PortalError("unavailable"))
    answer = client.get("/profile/edit")
    how = fake.how[-1]
    assert how["token"] == "signed" and how["language"] == "en"
    assert how["correlation_id"] == answer.headers["X-Request-ID"]
    assert how["address"] == "127.0.0.1"


def test_a_token_overtaken_on_the_way_is_exchanged_and_the_session_goes_on(
    client: Any, fake: Any, sign_in: Any
) -> None:
    who = sign_in()
    tokens = iter(("old", "new"))
    fake.on(ResolveSession, lambda request: made_session(who).model_copy(update={"token": next(tokens)}))
    answers = {"old": PortalError("unauthenticated"), "new": PortalError("not_found")}
    fake.on(GetProfile, lambda request: answers[fake.how[-1]["token"]])
    assert client.get("/api/v1/profile").status_code == 404, "asked once more, and answered as the new token is"
    asked = [how["token"] for call, how in zip(fake.calls, fake.how, strict=True) if isinstance(call, ResolveSession)]
    assert asked == [None, None], "identity itself refuses the token that was overtaken"


def test_a_session_that_ended_on_the_way_is_over(client: Any, fake: Any, sign_in: Any) -> None:
    answers: list[Any] = [made_session(sign_in()), PortalError("identity.session_ended")]
    fake.on(ResolveSession, lambda request: answers.pop(0))
    fake.on(GetProfile, PortalError("unauthenticated"))
    assert client.get("/api/v1/profile").status_code == 401
    assert len(fake.asked(GetProfile)) == 1


def test_what_a_link_did_is_said_in_the_language_of_the_account(client: Any, fake: Any) -> None:
    opened = made_session(claims(language="en"))
    fake.on(LookAtLink, LinkView(state="open", purpose="activation", audience="customer"))
    fake.on(UseLink, SignedIn(secret=SECRET, ends_at=now(), session=opened, must_accept_terms=False))
    fake.on(ResolveSession, opened)
    token = token_of(client.get("/help"))
    answer = client.post("/link", data={"csrf_token": token, "token": "t" * 30}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303
    assert "Your account is active." in client.get("/help").get_data(as_text=True)
