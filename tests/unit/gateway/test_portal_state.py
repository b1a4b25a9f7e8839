"""Notices above the pages, closing for maintenance, parts that are switched off."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.days import now
from gateway import portal_state
from gateway.settings import settings
from services.identity.messages import ListUsers, NoticeView, PortalState, UpcomingTerms


@pytest.fixture(autouse=True)
def state() -> Iterator[Callable[..., None]]:
    def put(closes: bool, *, starts: float = -1, ends: float = 1, **more: Any) -> None:
        notice = NoticeView(
            notice_id=uuid.uuid4(), text_lv="Mainām serverus līdz 18.00", text_en="Changing servers until 18.00",
            closes=closes, starts_at=now() + timedelta(hours=starts), ends_at=now() + timedelta(hours=ends),
            made_by="Andris",
        )
        portal_state.use(PortalState(notices=[notice], **more))

    yield put
    portal_state.use(PortalState(notices=[]))


def test_a_closed_portal_says_how_else_to_reach_the_operator(client: Any, sign_in: Any, fake: Any, state: Any) -> None:
    state(True)
    for path in ("/", "/permits", "/sign-in"):
        answer = client.get(path)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, path
        assert "Mainām serverus līdz 18.00" in text and settings().operator_phone in text
        assert settings().operator_official_email in text and settings().operator_address in text
    api = client.get("/api/v1/permits")
    assert (api.status_code, api.json["code"]) == (503, "maintenance")
    assert client.post("/api/v1/session", json={"email": "a@b.lv", "password": "x"}).status_code == 503
    for path in ("/help", "/privacy", "/staff/sign-in"):
        assert client.get(path).status_code == 200, path
    sign_in("staff")
    fake.on(ListUsers, lambda request: ListUsers.reply(items=[]))
    assert client.get("/staff/users").status_code == 200, "staff go on working, or nobody could open it again"


def test_a_closing_to_come_is_announced_and_one_that_is_over_is_gone(client: Any, state: Any) -> None:
    state(True, starts=2, ends=3)
    assert "Mainām serverus" in client.get("/help").get_data(as_text=True)
    assert client.get("/sign-in").status_code == 200
    state(True, starts=-2, ends=-1)
    assert "Mainām serverus" not in client.get("/sign-in").get_data(as_text=True)
    state(False, starts=1, ends=2)
    assert "Mainām serverus" not in client.get("/sign-in").get_data(as_text=True)


def test_notices_speak_the_language_of_the_page(client: Any, state: Any) -> None:
    state(False)
    client.set_cookie("language", "en")
    assert "Changing servers" in client.get("/help").get_data(as_text=True)


def test_terms_to_come_are_shown_to_everybody_but_staff(client: Any, sign_in: Any, state: Any) -> None:
    coming = UpcomingTerms(terms_id=uuid.uuid4(), title="Noteikumi", valid_from=date(2031, 5, 2))
    portal_state.use(PortalState(notices=[], upcoming_terms=coming))
    assert "02.05.2031." in client.get("/help").get_data(as_text=True)
    sign_in()
    shown = client.get("/help").get_data(as_text=True)
    assert "02.05.2031." in shown and f"/terms/{coming.terms_id}" in shown
    assert "02.05.2031." not in client.get("/staff/sign-in").get_data(as_text=True)


def test_a_part_that_is_switched_off_answers_so(client: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in()
    off = settings().model_copy(update={"switched_off": "payments requests"})
    monkeypatch.setattr(portal_state, "settings", lambda: off)
    for path in ("/payments", "/requests", "/api/v1/payments"):
        assert client.get(path).status_code == 503, path
    assert client.get("/api/v1/requests/counts").json["code"] == "switched_off"
    assert client.get("/help").status_code == 200


def test_signing_up_is_offered_where_it_is_possible(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = "/register/terms?way=account", "/register/terms?way=application"
    assert [way in client.get("/sign-in").get_data(as_text=True) for way in ways] == [False, True]
    portal_state.use(PortalState(notices=[], registration=True))
    assert [way in client.get("/sign-in").get_data(as_text=True) for way in ways] == [True, True]
    off = settings().model_copy(update={"switched_off": "registration"})
    monkeypatch.setattr(portal_state, "settings", lambda: off)
    assert not portal_state.registration()


def test_a_refused_login_leads_on(client: Any) -> None:
    for code, way in (
        ("login_unknown_person", "/register/terms?way=application"), ("login_unknown_person", "/register/identified"),
        ("login_registration_refused", "/register/identified"), ("login_not_activated", "/sign-in/forgotten"),
        ("login_cancelled", "/sign-in\""),
    ):  # fmt: skip
        page = client.get(f"/sign-in/refused?code={code}").get_data(as_text=True)
        assert f'href="{way}' in page.split("<main")[1], (code, way)


def test_without_javascript_and_cookies_the_page_says_what_is_missing(client: Any) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    assert "<noscript>" in page and "JavaScript ir izslēgts" in page and "/help#browsers" in page
    refused = client.post("/sign-in", data={"email": "a@b.lv", "password": "x"})
    assert refused.status_code == 400 and "sīkdatn" in refused.get_data(as_text=True)
