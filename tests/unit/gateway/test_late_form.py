"""A form that comes after the session has ended: what was typed is not lost."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from chassis.days import now
from services.identity.messages import GetProfile, Profile, UpdateProfile
from tests.unit.gateway.conftest import FakeBus, token_of

OURS = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


def test_what_was_typed_into_a_late_form_can_be_sent_again(client: Any) -> None:
    typed = {"csrf_token": "old", "name": "Anna Ozola", "phone": "+37120000000", "old_password": "hemlig"}
    answer = client.post("/profile/edit", data=typed, headers=OURS)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401 and "Anna Ozola" in text and "hemlig" not in text
    assert 'href="/sign-in" target="_blank"' in text


def test_a_strangers_form_is_not_offered_again(client: Any) -> None:
    answer = client.post("/profile/edit", data={"name": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 303 and answer.location == "/sign-in"


def test_the_switch_of_language_shows_what_was_typed_and_hands_nothing_in(
    client: Any, fake: FakeBus, sign_in: Any
) -> None:
    sign_in()
    profile = Profile(
        user_id=uuid4(), version=1, kind="customer", name="Anna", email="a@b.lv", phone=None, language="lv", roles=[],
        created_at=now(), password_changed_at=None, last_sign_in_at=None, acts_for=[],
    )
    fake.on(GetProfile, profile)
    fake.on(UpdateProfile, profile)
    typed = {"csrf_token": token_of(client.get("/help")), "name": "Anna", "phone": "12 ab", "language": "de"}
    refused = client.post("/profile/edit", data=typed, headers=OURS).get_data(as_text=True)
    header = refused.split('class="preferences"', 1)[0].rsplit("<form", 1)[1]
    assert 'action="/profile/edit"' in header and 'name="show_language" value="en"' in refused
    before = len(fake.asked(UpdateProfile))
    answer = client.post("/profile/edit", data=typed | {"show_language": "en"}, headers=OURS)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and 'lang="en"' in text and 'value="12 ab"' in text
    assert [asked.phone for asked in fake.asked(UpdateProfile)[before:]] == [None]  # the language, nothing of the form
    assert any(cookie.startswith("language=en") for cookie in answer.headers.getlist("Set-Cookie"))


def test_the_switch_of_language_leads_back_to_where_a_page_is(client: Any) -> None:
    """A code from the mail refused at its own address."""
    typed = {"csrf_token": token_of(client.get("/help")), "email": "", "code": "ABCD"}
    text = client.post("/link/code", data=typed | {"show_language": "en"}, headers=OURS).get_data(as_text=True)
    assert 'value="ABCD"' in text and 'lang="en"' in text
    assert client.get("/link/code").status_code == 200
